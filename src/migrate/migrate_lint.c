/* The linter of migrations: each statement, then the whole file. It reads tokens and parses only
 * the start of SQL statements. */
#include "lint_rules.h"
#include <ashlar/text.h>

static void check_create_table(struct lint *l, size_t i)
{
    const char *name;

    lint_skip(l, &i, "IF NOT EXISTS");
    name = lint_name(l, &i);
    if (l->n_tables < LINT_TABLES_MAX)
        l->tables[l->n_tables++] = (struct lint_table){
            .name = name, .line = l->line, .is_partition = lint_skip(l, &i, "PARTITION OF")
        };
    else
        lint_find(l, "too-many-tables", "one file creates at most 128 tables");
}

static void check_alone(struct lint *l)
{
    if (l->file->in_transaction)
        lint_find(l, "concurrently-in-transaction",
            "CONCURRENTLY cannot run in a transaction. Put it alone into a file with \"-- "
            "transaction: none\"");
}

static void check_create_index(struct lint *l, size_t i)
{
    bool concurrently = lint_skip(l, &i, "CONCURRENTLY");

    if (concurrently)
        check_alone(l);
    i = lint_seek(l, i, l->n, "on") + 1;
    lint_skip(l, &i, "ONLY");
    if (!concurrently && lint_table(l, lint_name(l, &i)) == NULL)
        lint_find(l, "require-concurrent-index-creation",
            "this blocks writes while the index is built. Use CREATE INDEX CONCURRENTLY");
}

static void check_create(struct lint *l)
{
    size_t i = 1;

    lint_skip(l, &i, "UNLOGGED");
    lint_skip(l, &i, "UNIQUE");
    if (lint_skip(l, &i, "TABLE"))
        check_create_table(l, i);
    else if (lint_skip(l, &i, "INDEX"))
        check_create_index(l, i);
}

static void check_drop(struct lint *l)
{
    size_t i = 1;

    if (lint_skip(l, &i, "TABLE") && lint_is_expand(l))
        lint_find(l, "ban-drop-table",
            "the running binary may still use it. Drop it in a contract migration");
    i = 1;
    if (!lint_skip(l, &i, "INDEX"))
        return;
    if (!lint_is(l, i, "CONCURRENTLY"))
        lint_find(l, "require-concurrent-index-deletion",
            "takes an exclusive lock on the table. Use DROP INDEX CONCURRENTLY");
    else
        check_alone(l);
}

static void check_truncate(struct lint *l)
{
    lint_find(l, "ban-truncate", "takes an exclusive lock and deletes every row");
}

static void check_transaction(struct lint *l)
{
    lint_find(l, "transaction-nesting", "the migrator opens and ends the transaction");
}

static const char *unquoted(const struct lint *l, struct sql_token t)
{
    return t.size >= 2 && t.at[0] == '\''
               ? text_lower(l->arena, arena_strndup(l->arena, t.at + 1, t.size - 2))
               : "";
}

/* SELECT platform.declare_tenant('users.org', 'id') */
static void note_declarations(struct lint *l)
{
    static const char calls[] = "declare_tenant|declare_person|declare_platform";

    for (size_t i = lint_seek(l, 0, l->n, calls); i + 2 < l->n;
         i = lint_seek(l, i + 1, l->n, calls)) {
        struct lint_table *t = lint_table(l, unquoted(l, l->tokens[i + 2]));
        if (t != NULL)
            t->is_declared = true;
    }
}

static const struct {
    const char *word;
    void (*check)(struct lint *l);
} heads[] = {
    { "CREATE", check_create },
    { "ALTER", lint_alter },
    { "DROP", check_drop },
    { "TRUNCATE", check_truncate },
    { "SELECT", note_declarations },
    { "BEGIN", check_transaction },
    { "START", check_transaction },
    { "COMMIT", check_transaction },
    { "END", check_transaction },
    { "ROLLBACK", check_transaction },
};

static void check_statement(struct lint *l, const struct sql_piece *p)
{
    const char *at = p->sql;

    l->n = 0;
    l->line = p->line;
    l->statements++;
    while (
        l->n < LINT_TOKENS_MAX && sql_file_next_token(&at, p->sql + p->sql_size, &l->tokens[l->n]))
        l->n++;
    for (size_t i = 0; i < COUNT(heads); i++)
        if (lint_is(l, 0, heads[i].word))
            heads[i].check(l);
}

static void check_file(struct lint *l)
{
    for (size_t i = 0; i < l->n_tables; i++)
        if (!l->tables[i].is_declared && !l->tables[i].is_partition)
            lint_find_at(l, l->tables[i].line, "undeclared-table",
                "declare the owner of its rows: platform.declare_tenant, declare_person or "
                "declare_platform");
    if (l->file->phase == NULL)
        lint_find_at(l, 1, "missing-phase", "add \"-- phase: expand\" or \"-- phase: contract\"");
    if (!lint_is_expand(l) && l->file->oldest_binary == NULL)
        lint_find_at(l, 1, "missing-oldest-binary",
            "a contract migration must name the oldest compatible binary: \"-- oldest-binary: "
            "0.2.0\"");
    if (!l->file->in_transaction && l->statements != 1)
        lint_find_at(l, 1, "one-statement-without-transaction",
            "without a transaction a file must contain one statement, so that it is applied fully "
            "or not at all");
}

int migrate_lint(struct arena *a, const struct migration *m, struct buf *out)
{
    struct migration_file file;
    struct lint *l = arena_alloc(a, sizeof(*l));
    const char *problem, *at;
    struct sql_piece piece = { .line = 1 };
    int line = 1;

    *l = (struct lint){ .arena = a, .out = out, .migration = m, .file = &file };
    l->tokens = arena_array(a, LINT_TOKENS_MAX, sizeof(*l->tokens));
    if (!migration_file_parse(a, m, &file, &problem)) {
        lint_find_at(l, 1, "bad-header", problem);
        return l->findings;
    }
    at = file.up;
    while (sql_file_next_statement(&at, file.up_end, &line, &piece, &problem))
        check_statement(l, &piece);
    if (problem != NULL)
        lint_find_at(l, piece.line, "bad-syntax", problem);
    else
        check_file(l);
    return l->findings;
}
