/* The names a new module is made of, from what was typed. */
#pragma once
#include <stddef.h>

enum { MODULE_NAME_MAX = 24, MODULE_WORD_SIZE = MODULE_NAME_MAX + 8 };

struct module_name {
    char module[MODULE_WORD_SIZE]; /* "invoices": folder, schema, prefix */
    char noun[MODULE_WORD_SIZE];   /* "invoice": table, one item */
    char nouns[MODULE_WORD_SIZE];  /* "invoices": path */
};

/* `noun` NULL: guessed from `module`. NULL when both will do, otherwise why not (static text). */
const char *module_name_make(struct module_name *n, const char *module, const char *noun);
