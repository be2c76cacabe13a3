/* Connections, lock and record of one run of `ashlar migrate`. */
#include "migrator.h"
#include "db/pipeline.h"
#include "module/registry.h"
#include <ashlar/text.h>
#include <stdarg.h>
#include <stdio.h>

enum { CONNECT_MS = 5000, IDLE_MS = 60000, POLL_MS = 200 };
/* "ashl", "migr": the advisory lock of this database's migrations. */
enum { LOCK_CLASS = 0x6173686c, LOCK_OBJECT = 0x6d696772 };

/* --- Output --- */

static void __attribute__((format(printf, 3, 0)))
write_line(struct buf *report, FILE *stream, const char *format, va_list args)
{
    char line[4096];

    if (report == NULL) {
        vfprintf(stream, format, args);
        fflush(stream);
        return;
    }
    vsnprintf(line, sizeof(line), format, args);
    buf_text(report, line);
}

void migrator_say(struct migrator *m, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(m->report, stdout, format, args);
    va_end(args);
}

void migrator_complain(struct migrator *m, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(m->report, stderr, format, args);
    va_end(args);
}

/* --- Queries --- */

static const char *field_of(const PGresult *r, int code)
{
    const char *text = PQresultErrorField(r, code);
    return text != NULL ? text : "";
}

bool migrator_sql(struct migrator *m, struct conn *k, const char *sql, const struct params *params,
    PGresult **out)
{
    PGresult *result = NULL;
    enum conn_outcome outcome = conn_exec(k, sql, params, 0, &result);
    bool good = outcome == CONN_OK && result_is_ok(result);

    if (outcome != CONN_OK)
        migrator_complain(m, "the connection to PostgreSQL broke: %s", PQerrorMessage(k->pg));
    else if (!good)
        migrator_complain(m, "PostgreSQL refused: %s (SQLSTATE %s)\n",
            field_of(result, PG_DIAG_MESSAGE_PRIMARY), result_sqlstate(result));
    if (good && out != NULL)
        *out = result;
    else
        PQclear(result);
    return good;
}

bool migrator_text(struct migrator *m, struct conn *k, const char *sql, const char **out)
{
    PGresult *result = NULL;

    if (!migrator_sql(m, k, sql, NULL, &result))
        return false;
    *out = PQntuples(result) > 0 ? arena_strdup(m->arena, PQgetvalue(result, 0, 0)) : "";
    PQclear(result);
    return true;
}

/* --- Connections --- */

static struct conn *connect_as(struct migrator *m, const char *role)
{
    struct conn_options o = {
        .url = db_role_url(DB_OWNER),
        .role = role,
        .application = "ashlar migrate",
        .lock_ms = OWNER_LOCK_MS,
        .idle_ms = IDLE_MS,
    };
    char why[512] = "";
    struct conn *k =
        conn_open(&o, clock_monotonic_us() + (int64_t)CONNECT_MS * 1000, why, sizeof(why));

    if (k == NULL)
        migrator_complain(m, "cannot connect to the database: %s\n", why);
    return k;
}

/* An unreadable migration in this binary's list prevents the whole run. */
static bool add_entries(struct migrator *m, const struct module *module)
{
    const char *problem;

    for (const struct migration *file = migrate_files(); file->module != NULL; file++) {
        if (!text_equal(file->module, module->name))
            continue;
        if (!migration_file_parse(m->arena, file, &m->entries[m->n_entries].file, &problem)) {
            migrator_complain(m, "%s/%s.sql: %s\n", file->module, file->name, problem);
            return false;
        }
        m->n_entries++;
    }
    return true;
}

static size_t count_embedded(void)
{
    size_t n = 0;

    while (migrate_files()[n].module != NULL)
        n++;
    return n;
}

int migrator_open(struct migrator *m, struct arena *a, struct buf *report)
{
    *m = (struct migrator){ .arena = a, .report = report };
    m->entries = arena_array(a, count_embedded() + 1, sizeof(*m->entries));
    for (const struct module *const *list = registry_modules(); *list != NULL; list++)
        if (!add_entries(m, *list))
            return MIGRATE_FAILED;
    m->login = connect_as(m, NULL);
    return m->login != NULL ? MIGRATE_OK : MIGRATE_FAILED;
}

int migrator_open_owner(struct migrator *m)
{
    m->owner = connect_as(m, db_role_name(DB_OWNER));
    return m->owner != NULL ? MIGRATE_OK : MIGRATE_FAILED;
}

void migrator_close(struct migrator *m)
{
    conn_close(m->owner);
    conn_close(m->login);
    m->owner = m->login = NULL;
}

/* --- The lock --- */

#define WHO                                                                                        \
    "format('process %%s (%%s%%s), connected since %%s', a.pid, a.application_name, "              \
    "coalesce(' from ' || host(a.client_addr), ''), a.backend_start::timestamp(0)) "

static void say_holder(struct migrator *m, int wait_s)
{
    const char *holder = "";
    const char *sql = arena_printf(m->arena,
        "SELECT " WHO "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %d AND l.objid = %d "
        "AND l.database = (SELECT oid FROM pg_catalog.pg_database "
        "WHERE datname = current_database())",
        LOCK_CLASS, LOCK_OBJECT);

    if (migrator_text(m, m->login, sql, &holder))
        migrator_say(m, "another migration holds the lock: %s; waiting at most %d s\n",
            holder[0] != '\0' ? holder : "just gone", wait_s);
}

/* Polled: a session that waits in a statement holds a snapshot, so CREATE INDEX CONCURRENTLY of the
 * lock's holder would wait for it for ever. */
int migrator_lock(struct migrator *m, int wait_s)
{
    const char *sql =
        arena_printf(m->arena, "SELECT pg_try_advisory_lock(%d, %d)", LOCK_CLASS, LOCK_OBJECT);
    int64_t until = clock_monotonic_us() + SECONDS(wait_s);
    const char *got = "";

    for (bool said = false;; said = true) {
        if (!migrator_text(m, m->login, sql, &got))
            return MIGRATE_FAILED;
        if (text_equal(got, "t"))
            return MIGRATE_OK;
        if (!said)
            say_holder(m, wait_s);
        if (clock_monotonic_us() >= until)
            break;
        usleep(POLL_MS * 1000);
    }
    migrator_complain(m, "gave up waiting for the migration lock\n");
    return MIGRATE_LOCKED;
}

/* --- The record --- */

static struct applied read_applied_row(struct arena *a, const PGresult *r, int row)
{
    int64_t number = 0;
    struct applied one = {
        .module = arena_strdup(a, PQgetvalue(r, row, 0)),
        .name = arena_strdup(a, PQgetvalue(r, row, 2)),
        .phase = arena_strdup(a, PQgetvalue(r, row, 3)),
        .checksum = arena_strdup(a, PQgetvalue(r, row, 4)),
        .applied_at = arena_strdup(a, PQgetvalue(r, row, 5)),
        .down = PQgetisnull(r, row, 6) ? NULL : arena_strdup(a, PQgetvalue(r, row, 6)),
    };

    if (text_to_int(PQgetvalue(r, row, 1), &number))
        one.number = (int)number;
    return one;
}

static void match_entries(struct migrator *m)
{
    for (size_t i = 0; i < m->n_entries; i++) {
        struct entry *e = &m->entries[i];
        e->applied = NULL;
        for (size_t j = 0; j < m->n_applied; j++)
            if (m->applied[j].number == e->file.number &&
                text_equal(m->applied[j].module, e->file.migration->module))
                e->applied = &m->applied[j];
    }
}

int migrator_read_applied(struct migrator *m)
{
    static const char exists[] =
        "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
        "c.relnamespace WHERE n.nspname = 'platform' AND c.relname = 'migration'";
    /* Read through the row: a migration adds the column `down`. */
    static const char all[] =
        "SELECT module, number, name, phase, checksum, to_char(applied_at, "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), to_jsonb(m) ->> 'down' FROM platform.migration m "
        "ORDER BY applied_at, module, number";
    const char *found;
    PGresult *r = NULL;

    m->n_applied = 0;
    if (!migrator_text(m, m->login, exists, &found))
        return MIGRATE_FAILED;
    if (found[0] == '\0') {
        match_entries(m);
        return MIGRATE_OK;
    }
    if (m->owner == NULL && migrator_open_owner(m) != MIGRATE_OK)
        return MIGRATE_FAILED;
    if (!migrator_sql(m, m->owner, all, NULL, &r))
        return MIGRATE_FAILED;
    m->applied = arena_array(m->arena, (size_t)PQntuples(r) + 1, sizeof(*m->applied));
    for (int i = 0; i < PQntuples(r); i++)
        m->applied[m->n_applied++] = read_applied_row(m->arena, r, i);
    PQclear(r);
    match_entries(m);
    return MIGRATE_OK;
}

bool entry_has_drifted(const struct entry *e)
{
    return e->applied != NULL && (!text_equal(e->applied->checksum, e->file.checksum) ||
                                     !text_equal(e->applied->name, e->file.migration->name));
}

const char *entry_down(struct arena *a, const struct entry *e)
{
    if (e->applied->down != NULL)
        return e->applied->down;
    if (entry_has_drifted(e) || e->file.down == NULL)
        return NULL;
    return arena_strndup(a, e->file.down, (size_t)(e->file.down_end - e->file.down));
}

bool migrator_find_servers(struct migrator *m, const char **out)
{
    const char *sql = arena_printf(m->arena,
        "SELECT string_agg(who, E'\\n') FROM (SELECT DISTINCT ON (a.client_addr, a.usename) " WHO
        "AS who FROM pg_catalog.pg_stat_activity a WHERE a.datname = current_database() "
        "AND a.application_name = 'ashlar' ORDER BY a.client_addr, a.usename, a.pid) AS servers");

    return migrator_text(m, m->login, sql, out);
}
