/* Verbs of the binary. main.c parses nothing: the table in cli.c names each verb, its help and
 * function. */
#pragma once
int cli_main(int argc, char **argv);
