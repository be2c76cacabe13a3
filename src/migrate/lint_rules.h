/* State of the linter's rules: the current statement as tokens, and the tables created in its
 * file. */
#pragma once
#include "migrate_lint.h"
#include "sql_file.h"

enum { LINT_TOKENS_MAX = 4096, LINT_TABLES_MAX = 128 };

struct lint_table {
    const char *name; /* "users.org" */
    int line;
    bool is_partition, is_declared;
};

struct lint {
    struct arena *arena;
    struct buf *out;
    const struct migration *migration;
    const struct migration_file *file;
    struct sql_token *tokens; /* of the current statement */
    size_t n;
    int line;
    struct lint_table tables[LINT_TABLES_MAX]; /* created in this file */
    size_t n_tables;
    int statements, findings;
};

/* Reports a finding at the current statement, or at a line. */
void lint_find(struct lint *l, const char *rule, const char *why);
void lint_find_at(struct lint *l, int line, const char *rule, const char *why);

bool lint_is(const struct lint *l, size_t i, const char *word);
/* Whether token i is one of "a|b|c" (in lower case). */
bool lint_is_one_of(const struct lint *l, size_t i, const char *words);
/* Advances past `words` ("IF NOT EXISTS") if they are next. */
bool lint_skip(const struct lint *l, size_t *i, const char *words);
/* Index of the first of "a|b|c" from i up to `end`. `end` when there is none. */
size_t lint_seek(const struct lint *l, size_t i, size_t end, const char *words);
/* Whether `words` occur between i and `end`. */
bool lint_has(const struct lint *l, size_t i, size_t end, const char *words);
/* "schema.table" at *i, lower-cased as PostgreSQL does. */
const char *lint_name(const struct lint *l, size_t *i);

/* NULL when this file did not create it. */
struct lint_table *lint_table(struct lint *l, const char *name);
bool lint_is_expand(const struct lint *l);

/* Rules of ALTER TABLE, in lint_alter.c. */
void lint_alter(struct lint *l);
