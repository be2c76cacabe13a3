/* What the linter's rules share: the statement at hand as tokens, and the tables its file makes. */
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
    struct sql_token *tokens; /* of the statement at hand */
    size_t n;
    int line;
    struct lint_table tables[LINT_TABLES_MAX]; /* made in this file */
    size_t n_tables;
    int statements, findings;
};

/* A finding at the statement at hand, or at a line. */
void lint_find(struct lint *l, const char *rule, const char *why);
void lint_find_at(struct lint *l, int line, const char *rule, const char *why);

bool lint_is(const struct lint *l, size_t i, const char *word);
/* Is token i one of "a|b|c" (in lower case)? */
bool lint_is_one_of(const struct lint *l, size_t i, const char *words);
/* Step over `words` ("IF NOT EXISTS") if they all stand here. */
bool lint_skip(const struct lint *l, size_t *i, const char *words);
/* Index of the first of "a|b|c" from i up to `end`; `end` when there is none. */
size_t lint_seek(const struct lint *l, size_t i, size_t end, const char *words);
/* Do `words` stand somewhere between i and `end`? */
bool lint_has(const struct lint *l, size_t i, size_t end, const char *words);
/* "schema.table" at *i, lower-cased as PostgreSQL does. */
const char *lint_name(const struct lint *l, size_t *i);

/* NULL when this file did not make it. */
struct lint_table *lint_table(struct lint *l, const char *name);
bool lint_is_expand(const struct lint *l);

/* ALTER TABLE, in lint_alter.c. */
void lint_alter(struct lint *l);
