/* A clone of the migrated template for each test, and SQL past every fence. Knows libpq. */
#include "kit.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "migrate/migrate.h"
#include "module/registry.h"
#include <libpq-fe.h>

enum { TEMPLATE_LOCK = 0x6b6974, REPORT_MAX = 64 * 1024 };

static void ignore_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

static PGconn *connect_to(const char *url)
{
    PGconn *conn = PQconnectdb(url);

    PQsetNoticeProcessor(conn, ignore_notice, NULL);
    if (PQstatus(conn) == CONNECTION_OK)
        return conn;
    print_error("test database: %s", PQerrorMessage(conn));
    PQfinish(conn);
    return NULL;
}

/* One statement; the first column of its first row lands in `out`, if there is one. */
static bool run_on(PGconn *conn, struct arena *a, const char *sql, const char **out)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (out)
        *out = NULL;
    if (!good)
        print_error("%s%s\n", PQerrorMessage(conn), sql);
    else if (out && PQntuples(result) > 0 && !PQgetisnull(result, 0, 0))
        *out = arena_strdup(a, PQgetvalue(result, 0, 0));
    PQclear(result);
    return good;
}

/* The same server and login, another database: what stands between the authority and the query. */
static const char *with_database(struct arena *a, const char *url, const char *name)
{
    const char *authority = strstr(url, "://");
    const char *rest = authority ? authority + 3 + strcspn(authority + 3, "/?") : url;
    const char *query = strchr(rest, '?');

    return arena_printf(a, "%.*s/%s%s", (int)(rest - url), url, name, query ? query : "");
}

/* FNV-1a, continued. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

/* Over all modules and migrations: another schema gets another template. */
static const char *template_name(struct arena *a)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (const struct module *const *m = registry_modules(); *m; m++)
        hash = hash_text(hash, (*m)->name);
    for (const struct migration *m = migrations_embedded; m->module; m++)
        hash = hash_text(hash_text(hash_text(hash, m->module), m->name), m->sql);
    return arena_printf(a, "ashlar_template_%016llx", (unsigned long long)hash);
}

/* Renamed only when complete, so that a template that exists is one that works. */
static bool make_template(struct arena *a, PGconn *server, const char *server_url, const char *name)
{
    struct buf report;
    const char *half = arena_printf(a, "half_%s", name);
    bool good;

    buf_init(&report, a, REPORT_MAX);
    good = run_on(server, a, arena_printf(a, "DROP DATABASE IF EXISTS %s", half), NULL) &&
           run_on(server, a, arena_printf(a, "CREATE DATABASE %s TEMPLATE template0", half), NULL);
    if (!good)
        return false;
    kit_use_database(with_database(a, server_url, half));
    if (migrate_up(&report) != 0) {
        print_error("migrating the template failed:\n%s\n", report.data);
        return false;
    }
    kit_use_database(NULL);
    return run_on(server, a, arena_printf(a, "ALTER DATABASE %s RENAME TO %s", half, name), NULL);
}

const char *kit_template(struct arena *a, const char *server_url)
{
    PGconn *server = connect_to(server_url);
    const char *name = template_name(a);
    const char *found = NULL;
    bool good;

    if (server == NULL)
        return NULL;
    good = run_on(server, a, arena_printf(a, "SELECT pg_advisory_lock(%d)", TEMPLATE_LOCK), NULL) &&
           run_on(server, a,
               arena_printf(a, "SELECT 1 FROM pg_database WHERE datname = '%s'", name), &found) &&
           (found || make_template(a, server, server_url, name));
    PQfinish(server);
    return good ? name : NULL;
}

/* Rights on a database are not cloned with it. */
const char *kit_clone_database(struct arena *a, const char *server_url, const char *name)
{
    const char *template = kit_template(a, server_url);
    PGconn *server = template ? connect_to(server_url) : NULL;
    bool good = server != NULL;

    good = good &&
           run_on(server, a,
               arena_printf(a, "CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, template),
               NULL) &&
           run_on(server, a,
               arena_printf(a, "REVOKE TEMP, CONNECT ON DATABASE %s FROM PUBLIC", name), NULL);
    PQfinish(server);
    return good ? with_database(a, server_url, name) : NULL;
}

void kit_drop_database(struct arena *a, const char *server_url, const char *name)
{
    PGconn *server = connect_to(server_url);

    if (server)
        (void)run_on(server, a, arena_printf(a, "DROP DATABASE %s WITH (FORCE)", name), NULL);
    PQfinish(server);
}

/* --- SQL of a test --- */

void kit_close_sql(struct t *t)
{
    PQfinish(t->sql);
    t->sql = NULL;
}

/* The fake clock holds here too. */
static void set_clock(PGconn *conn, struct arena *a)
{
    char now[INSTANT_TEXT_SIZE] = "";

    if (clock_is_fake())
        instant_format(clock_now(), now);
    (void)run_on(
        conn, a, arena_printf(a, "SELECT set_config('ashlar.now', '%s', false)", now), NULL);
}

__attribute__((format(printf, 2, 0))) static const char *sql_first(
    struct t *t, const char *format, va_list args)
{
    const char *value = NULL;

    if (t->sql == NULL)
        t->sql = connect_to(t->database_url);
    if (t->sql == NULL) {
        kit_fail(t, __FILE__, __LINE__, "no connection to %s", t->database_url);
        return NULL;
    }
    set_clock(t->sql, t->arena);
    if (!run_on(t->sql, t->arena, arena_vprintf(t->arena, format, args), &value))
        kit_fail(t, __FILE__, __LINE__, "the test's own SQL failed");
    return value;
}

const char *sql_text(struct t *t, const char *format, ...)
{
    va_list args;
    const char *value;

    va_start(args, format);
    value = sql_first(t, format, args);
    va_end(args);
    return value;
}

int64_t sql_int(struct t *t, const char *format, ...)
{
    va_list args;
    const char *value;
    int64_t number = 0;

    va_start(args, format);
    value = sql_first(t, format, args);
    va_end(args);
    if (value == NULL || !text_to_int(value, &number))
        kit_fail(t, __FILE__, __LINE__, "%s: no number but %s", format, value ? value : "NULL");
    return number;
}

void sql_run(struct t *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)sql_first(t, format, args);
    va_end(args);
}

const char *database_url_of(struct t *t)
{
    return t->database_url;
}

int64_t tables_with(struct t *t, const char *text)
{
    return sql_int(t,
        "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', "
        "'information_schema', 'testkit') AND strpos(query_to_xml(format('SELECT r::text FROM "
        "%%I.%%I AS r', "
        "schemaname, tablename), true, true, '')::text, '%s') > 0",
        text);
}
