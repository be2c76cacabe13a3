/* The linter of migrations. Knows tokens, and of SQL only the heads of statements. */
#include "migrate_lint.h"
#include "sql_file.h"
#include <ashlar/text.h>
#include <strings.h>

enum { TOKENS_MAX = 4096, TABLES_MAX = 128 };

struct table {
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
    struct table tables[TABLES_MAX]; /* made in this file */
    size_t n_tables;
    int statements, findings;
};

static void find_at(struct lint *l, int line, const char *rule, const char *why)
{
    if (migration_file_allows(l->migration, rule))
        return;
    buf_printf(l->out, "%s/%s.sql:%d: %s: %s\n", l->migration->module, l->migration->name, line,
        rule, why);
    l->findings++;
}

static void find(struct lint *l, const char *rule, const char *why)
{
    find_at(l, l->line, rule, why);
}

/* --- Tokens --- */

static bool is(const struct lint *l, size_t i, const char *word)
{
    return i < l->n && l->tokens[i].size == strlen(word) &&
           strncasecmp(l->tokens[i].at, word, l->tokens[i].size) == 0;
}

/* Step over `words` ("IF NOT EXISTS") if they all stand here. */
static bool skip(const struct lint *l, size_t *i, const char *words)
{
    size_t at = *i;

    while (*words != '\0') {
        size_t size = strcspn(words, " ");
        if (at >= l->n || l->tokens[at].size != size ||
            strncasecmp(l->tokens[at].at, words, size) != 0)
            return false;
        at++;
        words += size + (words[size] == ' ');
    }
    *i = at;
    return true;
}

/* "schema.table" at *i, lower-cased as PostgreSQL does. */
static const char *read_name(const struct lint *l, size_t *i)
{
    struct buf b;

    buf_init(&b, l->arena, 256);
    for (bool more = true; more && *i < l->n; more = skip(l, i, ".")) {
        if (b.size > 0)
            buf_char(&b, '.');
        buf_add(&b, l->tokens[*i].at, l->tokens[*i].size);
        (*i)++;
    }
    return text_lower(l->arena, b.data);
}

/* Index of the first of `words` (one of "A|B") from i up to `end`; `end` when there is none. */
static size_t seek(const struct lint *l, size_t i, size_t end, const char *words)
{
    while (i < end &&
           !text_is_one_of(words,
               text_lower(l->arena, arena_strndup(l->arena, l->tokens[i].at, l->tokens[i].size)),
               l->tokens[i].size))
        i++;
    return i;
}

static bool has(const struct lint *l, size_t i, size_t end, const char *words)
{
    for (; i < end; i++) {
        size_t at = i;
        if (skip(l, &at, words) && at <= end)
            return true;
    }
    return false;
}

static struct table *table_made_here(struct lint *l, const char *name)
{
    for (size_t i = 0; i < l->n_tables; i++)
        if (strcmp(l->tables[i].name, name) == 0)
            return &l->tables[i];
    return NULL;
}

static bool is_expand(const struct lint *l)
{
    return !text_equal(l->file->phase, "contract");
}

/* --- CREATE --- */

static void check_create_table(struct lint *l, size_t i)
{
    const char *name;

    skip(l, &i, "IF NOT EXISTS");
    name = read_name(l, &i);
    if (l->n_tables < TABLES_MAX)
        l->tables[l->n_tables++] = (struct table){
            .name = name, .line = l->line, .is_partition = skip(l, &i, "PARTITION OF")
        };
}

static void check_create_index(struct lint *l, size_t i)
{
    bool concurrently = skip(l, &i, "CONCURRENTLY");

    if (concurrently && l->file->in_transaction)
        find(l, "concurrently-in-transaction",
            "CONCURRENTLY cannot run in a transaction; put it alone into a file that says "
            "\"-- transaction: none\"");
    i = seek(l, i, l->n, "on") + 1;
    skip(l, &i, "ONLY");
    if (!concurrently && table_made_here(l, read_name(l, &i)) == NULL)
        find(l, "require-concurrent-index-creation",
            "this blocks writes while the index is built; use CREATE INDEX CONCURRENTLY");
}

static void check_create(struct lint *l)
{
    size_t i = 1;

    skip(l, &i, "UNLOGGED");
    skip(l, &i, "UNIQUE");
    if (skip(l, &i, "TABLE"))
        check_create_table(l, i);
    else if (skip(l, &i, "INDEX"))
        check_create_index(l, i);
}

/* --- ALTER TABLE --- */

/* A default that is computed for each row, so that the table is rewritten. Constants and the stable
 * time functions are not. */
static bool has_volatile_default(const struct lint *l, size_t i, size_t end)
{
    i = seek(l, i, end, "default");
    for (; i + 1 < end; i++)
        if (is(l, i + 1, "(") && !is(l, i, "now") && !is(l, i, "default") &&
            ((l->tokens[i].at[0] | 0x20) >= 'a' && (l->tokens[i].at[0] | 0x20) <= 'z'))
            return true;
    return false;
}

static void check_add_column(struct lint *l, size_t i, size_t end)
{
    bool has_default = has(l, i, end, "DEFAULT");

    if (has(l, i, end, "NOT NULL") && !has_default)
        find(l, "adding-required-field",
            "fails on a table with rows; add it nullable, or with a constant DEFAULT");
    if (has_default && has_volatile_default(l, i, end))
        find(l, "adding-field-with-volatile-default",
            "rewrites the whole table under an exclusive lock; add it without, then backfill");
    if (has(l, i, end, "REFERENCES") || has(l, i, end, "CHECK"))
        find(l, "constraint-missing-not-valid",
            "scans the table under a lock; add the constraint NOT VALID in its own statement");
    if (has(l, i, end, "UNIQUE") || has(l, i, end, "PRIMARY KEY"))
        find(l, "disallowed-unique-constraint",
            "builds an index under an exclusive lock; create it CONCURRENTLY, then USING INDEX");
}

static void check_add_constraint(struct lint *l, size_t i, size_t end)
{
    bool scans = has(l, i, end, "FOREIGN KEY") || has(l, i, end, "CHECK");

    if (scans && !has(l, i, end, "NOT VALID"))
        find(l, "constraint-missing-not-valid",
            "scans the table under a lock; add it NOT VALID, and VALIDATE it in the next file");
    if (!scans && !has(l, i, end, "USING INDEX"))
        find(l, "disallowed-unique-constraint",
            "builds an index under an exclusive lock; create it CONCURRENTLY, then USING INDEX");
}

static void check_add(struct lint *l, size_t i, size_t end)
{
    static const char kinds[] = "constraint|foreign|check|unique|primary|exclude";

    if (seek(l, i, i + 1 < end ? i + 1 : end, kinds) == i && i < end)
        check_add_constraint(l, i, end);
    else
        check_add_column(l, i, end);
}

static void check_alter_column(struct lint *l, size_t i, size_t end)
{
    if (has(l, i, end, "SET NOT NULL"))
        find(l, "adding-not-nullable-field",
            "scans the table under an exclusive lock; add CHECK (… IS NOT NULL) NOT VALID, "
            "validate it, then allow this with the reason");
    if (has(l, i, end, "TYPE"))
        find(l, "changing-column-type",
            "rewrites the table and breaks the running binary; add a new column instead");
}

static void check_drop_or_rename(struct lint *l, size_t i, size_t end)
{
    bool keeps_data = has(l, i, end, "DROP CONSTRAINT");

    if (!is_expand(l) || keeps_data)
        return;
    if (is(l, i, "RENAME"))
        find(l, has(l, i, end, "COLUMN") ? "renaming-column" : "renaming-table",
            "the running binary knows the old name; add the new one, move over, contract later");
    else
        find(l, "ban-drop-column",
            "the running binary may still read it; drop in a contract migration");
}

static void check_action(struct lint *l, size_t i, size_t end)
{
    size_t next = i + 1;

    if (is(l, i, "ADD"))
        check_add(l, next, end);
    else if (is(l, i, "ALTER"))
        check_alter_column(l, next, end);
    else if (is(l, i, "DROP") || is(l, i, "RENAME"))
        check_drop_or_rename(l, i, end);
}

/* Up to the comma that ends this action of ALTER TABLE. */
static size_t end_of_action(const struct lint *l, size_t i)
{
    int depth = 0;

    for (; i < l->n; i++) {
        depth += is(l, i, "(") - is(l, i, ")");
        if (depth == 0 && is(l, i, ","))
            break;
    }
    return i;
}

static void check_alter(struct lint *l)
{
    size_t i = 1, end;

    if (!skip(l, &i, "TABLE"))
        return;
    skip(l, &i, "IF EXISTS");
    skip(l, &i, "ONLY");
    if (table_made_here(l, read_name(l, &i)) != NULL)
        return;
    for (; i < l->n; i = end + 1) {
        end = end_of_action(l, i);
        check_action(l, i, end);
    }
}

/* --- Others --- */

static void check_drop(struct lint *l)
{
    size_t i = 1;

    if (skip(l, &i, "TABLE") && is_expand(l))
        find(l, "ban-drop-table", "the running binary may still use it; drop in a contract one");
    i = 1;
    if (!skip(l, &i, "INDEX"))
        return;
    if (!is(l, i, "CONCURRENTLY"))
        find(l, "require-concurrent-index-deletion",
            "takes an exclusive lock on the table; use DROP INDEX CONCURRENTLY");
    else if (l->file->in_transaction)
        find(l, "concurrently-in-transaction",
            "CONCURRENTLY cannot run in a transaction; put it alone into a file that says "
            "\"-- transaction: none\"");
}

static void check_truncate(struct lint *l)
{
    find(l, "ban-truncate", "takes an exclusive lock and every row with it");
}

static void check_transaction(struct lint *l)
{
    find(l, "transaction-nesting", "the migrator opens and ends the transaction");
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

    for (size_t i = seek(l, 0, l->n, calls); i + 2 < l->n; i = seek(l, i + 1, l->n, calls)) {
        struct table *t = table_made_here(l, unquoted(l, l->tokens[i + 2]));
        if (t != NULL)
            t->is_declared = true;
    }
}

static const struct {
    const char *word;
    void (*check)(struct lint *l);
} heads[] = {
    { "CREATE", check_create },
    { "ALTER", check_alter },
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
    while (l->n < TOKENS_MAX && sql_file_next_token(&at, p->sql + p->sql_size, &l->tokens[l->n]))
        l->n++;
    for (size_t i = 0; i < COUNT(heads); i++)
        if (is(l, 0, heads[i].word))
            heads[i].check(l);
}

static void check_file(struct lint *l)
{
    for (size_t i = 0; i < l->n_tables; i++)
        if (!l->tables[i].is_declared && !l->tables[i].is_partition)
            find_at(l, l->tables[i].line, "undeclared-table",
                "say whose rows it holds: platform.declare_tenant, declare_person or "
                "declare_platform");
    if (l->file->phase == NULL)
        find_at(l, 1, "missing-phase", "add \"-- phase: expand\" or \"-- phase: contract\"");
    if (!is_expand(l) && l->file->oldest_binary == NULL)
        find_at(l, 1, "missing-oldest-binary",
            "a contract migration says whom it still serves: \"-- oldest-binary: 0.2.0\"");
    if (!l->file->in_transaction && l->statements != 1)
        find_at(l, 1, "one-statement-without-transaction",
            "without a transaction a file holds one statement: it happened or it did not");
}

int migrate_lint(struct arena *a, const struct migration *m, struct buf *out)
{
    struct migration_file file;
    struct lint *l = arena_alloc(a, sizeof(*l));
    const char *problem, *at;
    struct sql_piece piece = { .line = 1 };
    int line = 1;

    *l = (struct lint){ .arena = a, .out = out, .migration = m, .file = &file };
    l->tokens = arena_array(a, TOKENS_MAX, sizeof(*l->tokens));
    if (!migration_file_parse(a, m, &file, &problem)) {
        find_at(l, 1, "bad-header", problem);
        return l->findings;
    }
    at = file.up;
    while (sql_file_next_statement(&at, file.up_end, &line, &piece, &problem))
        check_statement(l, &piece);
    if (problem != NULL)
        find_at(l, piece.line, "bad-syntax", problem);
    else
        check_file(l);
    return l->findings;
}
