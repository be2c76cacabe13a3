/* Application of one migration file. */
#include "sql_file.h"
#include "migrator.h"
#include <ashlar/crypto.h>
#include <ashlar/text.h>

enum { LOCK_ATTEMPTS = 60, PAUSE_MIN_MS = 500, PAUSE_MAX_MS = 2000, DOWNS_MAX = 8 * 1024 * 1024 };

enum applied_how { DONE, BLOCKED, BROKEN };

/* --- Statements --- */

static int count_lines(const char *text, size_t size)
{
    int n = 0;

    for (size_t i = 0; i < size && text[i] != '\0'; i++)
        n += text[i] == '\n';
    return n;
}

/* The line of PostgreSQL's error position, or the statement's first. */
static int line_of_error(const struct sql_piece *p, const PGresult *r)
{
    const char *position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
    int64_t at = 0;

    if (position == NULL || !text_to_int(position, &at) || at < 1)
        return p->line;
    return p->line + count_lines(p->sql, (size_t)at - 1);
}

static void complain_of_statement(struct migrator *m, const struct migration_file *f,
    const struct sql_piece *p, const PGresult *r)
{
    const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = PQresultErrorField(r, PG_DIAG_MESSAGE_HINT);

    migrator_complain(m, "%s/%s.sql:%d: %s (SQLSTATE %s)\n", f->migration->module,
        f->migration->name, line_of_error(p, r), PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY),
        result_sqlstate(r));
    if (detail != NULL)
        migrator_complain(m, "    %s\n", detail);
    if (hint != NULL)
        migrator_complain(m, "    %s\n", hint);
}

/* A lock of another session blocked it, for longer than lock_timeout or in a deadlock. */
static bool was_blocked(const PGresult *r)
{
    const char *state = result_sqlstate(r);
    return strcmp(state, "55P03") == 0 || strcmp(state, "40P01") == 0;
}

static enum applied_how run_statement(
    struct migrator *m, const struct migration_file *f, const struct sql_piece *p)
{
    const char *sql = roles_in_sql(m->arena, p->sql, p->sql_size);
    PGresult *r = NULL;
    enum conn_outcome outcome = conn_exec(m->owner, sql, NULL, 0, &r);
    enum applied_how how = DONE;

    if (outcome != CONN_OK) {
        migrator_complain(m, "%s/%s.sql:%d: the connection broke: %s", f->migration->module,
            f->migration->name, p->line, PQerrorMessage(m->owner->pg));
        how = BROKEN;
    } else if (!result_is_ok(r) && was_blocked(r)) {
        how = BLOCKED;
    } else if (!result_is_ok(r)) {
        complain_of_statement(m, f, p, r);
        how = BROKEN;
    }
    PQclear(r);
    return how;
}

/* --- The record --- */

static const char *down_text(struct arena *a, const struct migration_file *f)
{
    return arena_strndup(a, f->down, (size_t)(f->down_end - f->down));
}

static bool record(struct migrator *m, const struct migration_file *f, int64_t started_us)
{
    /* Inserted through the table's current row type: a later migration adds the column `down`. */
    const char *sql =
        "INSERT INTO platform.migration SELECT (jsonb_populate_record(NULL::platform.migration, "
        "jsonb_build_object('module', $1::text, 'number', $2::int, 'name', $3::text, "
        "'phase', $4::text, 'checksum', $5::text, 'oldest_binary', $6::text, "
        "'duration_ms', $7::bigint, 'down', $8::text, 'applied_at', now()))).*";
    struct params params = params_make(
        m->arena, ARGS(ARG(f->migration->module), ARG(f->number), ARG(f->migration->name),
                      ARG(f->phase != NULL ? f->phase : "expand"), ARG((const char *)f->checksum),
                      ARG(f->oldest_binary), ARG((clock_monotonic_us() - started_us) / 1000),
                      ARG(f->down != NULL ? down_text(m->arena, f) : NULL)));

    return migrator_sql(m, m->owner, sql, &params, NULL);
}

static bool unrecord(struct migrator *m, const struct migration_file *f)
{
    struct params params = params_make(m->arena, ARGS(ARG(f->migration->module), ARG(f->number)));

    return migrator_sql(m, m->owner,
        "DELETE FROM platform.migration WHERE module = $1 AND number = $2", &params, NULL);
}

/* --- In one transaction --- */

static enum applied_how run_script(
    struct migrator *m, const struct migration_file *f, const char *at, const char *end, int line)
{
    enum applied_how how = DONE;
    struct sql_piece piece;
    const char *problem;

    while (how == DONE && sql_file_next_statement(&at, end, &line, &piece, &problem))
        how = run_statement(m, f, &piece);
    if (how == DONE && problem != NULL) {
        migrator_complain(
            m, "%s/%s.sql:%d: %s\n", f->migration->module, f->migration->name, piece.line, problem);
        how = BROKEN;
    }
    return how;
}

static enum applied_how commit_or_not(struct migrator *m, enum applied_how how)
{
    PGresult *r = NULL;
    bool committed;

    if (how != DONE) {
        if (!m->owner->lost && !migrator_sql(m, m->owner, "ROLLBACK", NULL, NULL))
            how = BROKEN;
        return how;
    }
    if (!migrator_sql(m, m->owner, "COMMIT", NULL, &r))
        return BROKEN;
    committed = strcmp(PQcmdStatus(r), "COMMIT") == 0;
    PQclear(r);
    return committed ? DONE : BROKEN;
}

static enum applied_how apply_in_transaction(struct migrator *m, const struct migration_file *f)
{
    int64_t started_us = clock_monotonic_us();
    enum applied_how how;

    if (!migrator_sql(m, m->owner, "BEGIN", NULL, NULL))
        return BROKEN;
    how = run_script(m, f, f->up, f->up_end, 1);
    /* A file may have changed the role for a backfill. The owner writes the record. */
    if (how == DONE &&
        (!migrator_sql(m, m->owner, "RESET ROLE", NULL, NULL) || !record(m, f, started_us)))
        how = BROKEN;
    return commit_or_not(m, how);
}

static enum applied_how revert_in_transaction(struct migrator *m, const struct migration_file *f)
{
    enum applied_how how;

    if (!migrator_sql(m, m->owner, "BEGIN", NULL, NULL))
        return BROKEN;
    how = run_script(m, f, f->down, f->down_end, f->down_line);
    if (how == DONE && (!migrator_sql(m, m->owner, "RESET ROLE", NULL, NULL) || !unrecord(m, f)))
        how = BROKEN;
    return commit_or_not(m, how);
}

/* --- Without a transaction: one statement, usually CREATE INDEX CONCURRENTLY --- */

static bool is_word(struct sql_token t, const char *word)
{
    return t.size == strlen(word) && strncasecmp(t.at, word, t.size) == 0;
}

/* Such a statement blocks no other session while it waits. */
static bool is_concurrent(const struct sql_piece *p)
{
    const char *at = p->sql, *end = p->sql + p->sql_size;
    struct sql_token t;

    while (sql_file_next_token(&at, end, &t))
        if (is_word(t, "CONCURRENTLY"))
            return true;
    return false;
}

/* Qualified name of the index that a statement builds concurrently. NULL: another statement. */
static const char *index_built_by(struct arena *a, const struct sql_piece *p)
{
    const char *at = p->sql, *end = p->sql + p->sql_size, *name = NULL;
    struct sql_token t, before = { 0 };
    bool concurrently = false;

    while (sql_file_next_token(&at, end, &t)) {
        concurrently = concurrently || is_word(t, "CONCURRENTLY");
        if (concurrently && is_word(t, "ON")) {
            name = text_lower(a, arena_strndup(a, before.at, before.size));
            break;
        }
        before = t;
    }
    if (name == NULL || !sql_file_next_token(&at, end, &t))
        return NULL;
    return arena_printf(a, "%s.%s", text_lower(a, arena_strndup(a, t.at, t.size)), name);
}

/* "t", "f", or "" without such an index. */
static bool index_is_valid(struct migrator *m, const char *index, const char **out)
{
    return migrator_text(m, m->owner,
        arena_printf(m->arena,
            "SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = to_regclass('%s')",
            index),
        out);
}

/* A failed attempt leaves an index that is updated by writes but used by no query. */
static bool drop_if_invalid(struct migrator *m, const char *index, const char **valid)
{
    if (!index_is_valid(m, index, valid))
        return false;
    if (strcmp(*valid, "f") != 0)
        return true;
    migrator_say(m, "    %s was left invalid by an earlier attempt: dropped\n", index);
    *valid = "";
    return migrator_sql(
        m, m->owner, arena_printf(m->arena, "DROP INDEX CONCURRENTLY %s", index), NULL, NULL);
}

/* Runs the file's one statement. An index it builds is valid afterwards, or does not exist. */
static enum applied_how run_alone(
    struct migrator *m, const struct migration_file *f, const struct sql_piece *piece)
{
    const char *index = index_built_by(m->arena, piece), *valid = "";
    enum applied_how how = DONE;

    if (index != NULL && !drop_if_invalid(m, index, &valid))
        return BROKEN;
    if (valid[0] == '\0')
        how = run_statement(m, f, piece);
    if (how != DONE && index != NULL && !m->owner->lost && !drop_if_invalid(m, index, &valid))
        how = BROKEN;
    return how;
}

static enum applied_how apply_alone(struct migrator *m, const struct migration_file *f)
{
    int64_t started_us = clock_monotonic_us();
    const char *at = f->up, *problem;
    enum applied_how how;
    struct sql_piece piece;
    int line = 1;

    if (!sql_file_next_statement(&at, f->up_end, &line, &piece, &problem))
        return BROKEN;
    /* It waits for old transactions, without a timeout. */
    if (is_concurrent(&piece) && !migrator_sql(m, m->owner, "SET lock_timeout = 0", NULL, NULL))
        return BROKEN;
    how = run_alone(m, f, &piece);
    if (!m->owner->lost && !migrator_sql(m, m->owner, "RESET lock_timeout", NULL, NULL))
        how = BROKEN;
    return how == DONE && !record(m, f, started_us) ? BROKEN : how;
}

/* --- One file, with retries --- */

static void pause_before_retry(struct migrator *m, const struct migration_file *f, int attempt)
{
    uint32_t r;

    random_bytes(&r, sizeof(r));
    migrator_say(m, "    %s/%s waits for a lock held by another session (attempt %d of %d)\n",
        f->migration->module, f->migration->name, attempt, LOCK_ATTEMPTS);
    usleep(1000 * (PAUSE_MIN_MS + r % (PAUSE_MAX_MS - PAUSE_MIN_MS)));
}

static int run_file(struct migrator *m, const struct migration_file *f,
    enum applied_how (*run)(struct migrator *m, const struct migration_file *f))
{
    enum applied_how how = BLOCKED;

    for (int attempt = 1; how == BLOCKED && attempt <= LOCK_ATTEMPTS; attempt++) {
        if (!conn_is_alive(m->login)) {
            migrator_complain(m, "the connection that holds the migration lock broke\n");
            return MIGRATE_FAILED;
        }
        how = run(m, f);
        if (how == BLOCKED)
            pause_before_retry(m, f, attempt);
    }
    if (how == BLOCKED)
        migrator_complain(m, "%s/%s: timed out waiting for locks, nothing of it was applied\n",
            f->migration->module, f->migration->name);
    return how == DONE ? MIGRATE_OK : MIGRATE_FAILED;
}

int migrator_apply(struct migrator *m, const struct entry *e)
{
    return run_file(m, &e->file, e->file.in_transaction ? apply_in_transaction : apply_alone);
}

int migrator_revert(struct migrator *m, const struct entry *e)
{
    struct migration_file f = e->file;

    if (e->applied->down != NULL && entry_has_drifted(e)) {
        f.down = e->applied->down;
        f.down_end = f.down + strlen(f.down);
        f.down_line = 1;
    }
    return run_file(m, &f, revert_in_transaction);
}

/* --- Down texts --- */

static void render_down(struct buf *b, const struct migration_file *f, struct arena *a)
{
    buf_text(b, b->size > 1 ? ",{\"module\":" : "{\"module\":");
    buf_json_text(b, f->migration->module);
    buf_printf(b, ",\"number\":%d,\"checksum\":\"%s\",\"down\":", f->number, f->checksum);
    buf_json_text(b, down_text(a, f));
    buf_char(b, '}');
}

int migrator_keep_downs(struct migrator *m)
{
    static const char keep[] =
        "UPDATE platform.migration m SET down = f.down FROM jsonb_to_recordset($1::jsonb) AS f "
        "(module text, number int, checksum text, down text) WHERE m.module = f.module "
        "AND m.number = f.number AND m.checksum = f.checksum AND m.down IS NULL";
    static const char has_place[] =
        "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = "
        "to_regclass('platform.migration') AND attname = 'down' AND NOT attisdropped";
    const char *place;
    struct params params;
    struct buf b;

    if (!migrator_text(m, m->owner, has_place, &place))
        return MIGRATE_FAILED;
    if (place[0] == '\0')
        return MIGRATE_OK;
    buf_init(&b, m->arena, DOWNS_MAX);
    buf_char(&b, '[');
    for (size_t i = 0; i < m->n_entries; i++)
        if (m->entries[i].file.down != NULL)
            render_down(&b, &m->entries[i].file, m->arena);
    buf_char(&b, ']');
    if (buf_is_full(&b)) {
        migrator_complain(
            m, "the down texts of all migrations have more than %d bytes\n", DOWNS_MAX);
        return MIGRATE_FAILED;
    }
    params = params_make(m->arena, ARGS(ARG((const char *)b.data)));
    return migrator_sql(m, m->owner, keep, &params, NULL) ? MIGRATE_OK : MIGRATE_FAILED;
}
