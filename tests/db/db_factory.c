/* Databases for the suites of src/db. */
#include "db_factory.h"
#include "base/ctx_open.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "crypto/keys.h"
#include "module/registry.h"

static int made;

static const char *server_url(void)
{
    const char *url = getenv("ASHLAR_TEST_DATABASE_URL");

    if (url == NULL || url[0] == '\0') {
        print_error("ASHLAR_TEST_DATABASE_URL is not set: it names a superuser's URL of a "
                    "PostgreSQL cluster the tests may fill with databases\n");
        exit(2);
    }
    return url;
}

static PGconn *connect_or_exit(const char *url)
{
    PGconn *pg = PQconnectdb(url);

    if (PQstatus(pg) != CONNECTION_OK) {
        print_error("no connection: %s\n", PQerrorMessage(pg));
        exit(2);
    }
    return pg;
}

static const char *run(PGconn *pg, struct arena *a, const char *sql)
{
    PGresult *r = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(r);
    const char *value = "";

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        print_error("%s\n%s\n", sql, PQerrorMessage(pg));
    assert_true(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
    if (PQntuples(r) > 0)
        value = arena_strdup(a, PQgetvalue(r, 0, 0));
    PQclear(r);
    return value;
}

/* The server's URL with another database: what stands between authority and query. */
static const char *url_of(struct arena *a, const char *name)
{
    const char *url = server_url(), *rest = strstr(url, "://") + 3, *query;

    rest += strcspn(rest, "/?");
    query = strchr(rest, '?');
    return arena_printf(a, "%.*s/%s%s", (int)(rest - url), url, name, query ? query : "");
}

void testdb_use(const struct testdb *d, const char *url, const char *setting)
{
    struct arena *a = arena_new(0);
    char *list[] = {
        arena_strdup(
            a, setting != NULL ? setting : "ASHLAR_ENV=test"), /* the first of a name counts */
        arena_printf(a, "DATABASE_URL=%s", url),
        arena_strdup(a, "ASHLAR_ENV=test"),
        arena_strdup(a, "ASHLAR_LOG_LEVEL=error"),
        arena_strdup(a, "ASHLAR_SECRET_KEY=000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
                        "1c1d1e1f"),
        NULL,
    };
    struct buf problems;

    (void)d;
    buf_init(&problems, a, 65536);
    if (!config_load(registry_modules(), list, &problems))
        print_error("%s", problems.data);
    assert_int_equal(problems.size, 0);
    arena_free(a);
}

void testdb_make(struct testdb *d)
{
    PGconn *server = connect_or_exit(server_url());
    char name[64];

    snprintf(name, sizeof(name), "ashlar_db_%d_%d", (int)getpid(), ++made);
    *d = (struct testdb){ .arena = arena_new(0) };
    run(server, d->arena, arena_printf(d->arena, "CREATE DATABASE %s TEMPLATE template0", name));
    PQfinish(server);
    d->url = url_of(d->arena, name);
    d->admin = connect_or_exit(d->url);
    testdb_use(d, d->url, NULL);
    assert_true(crypto_start());
}

void testdb_drop(struct testdb *d)
{
    PQfinish(d->admin);
    arena_free(d->arena);
}

const char *testdb_sql(struct testdb *d, const char *sql)
{
    return run(d->admin, d->arena, sql);
}

void testdb_make_shop(struct testdb *d)
{
    static const struct module *const none[] = { NULL };
    struct buf report;

    buf_init(&report, d->arena, 65536);
    registry_set(none);
    if (migrate_up(&report) != 0)
        print_error("%s", report.data);
    assert_non_null(strstr(report.data, "the schema is up to date"));
    testdb_sql(d, "SET ROLE ashlar_owner;"
                  "SELECT platform.declare_schema('shop');"
                  "CREATE TABLE shop.item (org_id uuid NOT NULL, id uuid NOT NULL, name text,"
                  " stock bigint NOT NULL DEFAULT 0 CONSTRAINT item_stock_check CHECK (stock >= 0),"
                  " made_at timestamptz NOT NULL DEFAULT platform.now(),"
                  " PRIMARY KEY (org_id, id), CONSTRAINT item_org_name_key UNIQUE (org_id, name));"
                  "SELECT platform.declare_tenant('shop.item');"
                  "CREATE TABLE shop.counter (id bigint PRIMARY KEY, n bigint NOT NULL,"
                  " CONSTRAINT counter_once UNIQUE (n) DEFERRABLE INITIALLY DEFERRED);"
                  "SELECT platform.declare_platform('shop.counter');"
                  "GRANT SELECT, INSERT, UPDATE, DELETE ON shop.counter TO ashlar_app;"
                  "INSERT INTO shop.counter VALUES (1, 1), (2, 2);"
                  "RESET ROLE");
}

struct ctx *testdb_ctx(void)
{
    struct arena *a = arena_new(0);
    struct ctx *c = arena_alloc(a, sizeof(*c));

    ctx_open(c, a, "test");
    return c;
}

void testdb_close_ctx(struct ctx *c)
{
    assert_false(tx_is_open(c));
    arena_free(c->arena);
}

static struct migration platform_file(const char *name)
{
    const struct migration *m = migrations_embedded;

    while (m->module != NULL && strcmp(m->name, name) != 0)
        m++;
    assert_non_null(m->module);
    return *m;
}

struct migration *testdb_use_files(
    const char *const *platform, const char *const *names, const char *const *texts)
{
    enum { FILES_MAX = 8 };
    static struct migration files[FILES_MAX + 1];
    size_t n = 0;

    memset(files, 0, sizeof(files));
    for (; *platform != NULL && n < FILES_MAX; platform++)
        files[n++] = platform_file(*platform);
    for (; *texts != NULL && n < FILES_MAX; texts++, names++)
        files[n++] = (struct migration){ "shop", *names, *texts };
    migrate_use_files(files);
    return files;
}
