/* Names of a new module, derived from the command's arguments. */
#pragma once
#include <stddef.h>

enum { MODULE_NAME_MAX = 24, MODULE_WORD_SIZE = MODULE_NAME_MAX + 8 };

struct module_name {
    char module[MODULE_WORD_SIZE]; /* "invoices": folder, schema, prefix */
    char noun[MODULE_WORD_SIZE];   /* "invoice": table, one item */
    char nouns[MODULE_WORD_SIZE];  /* "invoices": path */
};

/* `noun` NULL: derived from `module`. Returns NULL when both are valid, otherwise the reason
 * (static text). */
const char *module_name_make(struct module_name *n, const char *module, const char *noun);
