/* Check of a module's lists for defects that the compiler cannot find. See lists.c. */
#pragma once

/* Checks all sources of one module (or the platform). Writes each defect as a line to stderr,
 * "file:line: …", and returns their number. */
int lists_check(int n, char **paths);

/* The whole content of a file plus a NUL, allocated by malloc. Exits when it cannot be read. */
char *embed_read_file(const char *path);
