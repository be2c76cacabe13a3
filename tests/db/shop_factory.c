/* Module shop of the transaction suites. */
#include "shop_factory.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "module/registry.h"

const struct query SHOP_count_items = { "count_items", "shop", "SELECT count(*) FROM shop.item" };
const struct query SHOP_own_pid = { "own_pid", "shop", "SELECT pg_backend_pid()::bigint" };
const struct query SHOP_bump = { "bump", "shop", "UPDATE shop.counter SET n = $2 WHERE id = $1" };
const struct query SHOP_fail_some_times = { "fail_some_times", "shop",
    "SELECT shop.fail_until($1)" };
static const struct query insert_item = { "insert_item", "shop",
    "INSERT INTO shop.item (org_id, id, name) VALUES ($1, $2, $3)" };

const struct error_kind NAME_TAKEN = { "shop/name-taken", 409, "Name taken", "" };
const struct error_kind NO_STOCK = { "shop/no-stock", 409, "No stock", "" };
static const struct constraint constraints[] = {
    { "item_org_name_key", &NAME_TAKEN, "name" },
    { "item_stock_check", &NO_STOCK, NULL },
    { NULL },
};
static const struct module shop = { .name = "shop", .constraints = constraints };
static const struct module *const modules[] = { &shop, NULL };

struct testdb shop_db;

int shop_start(void **state)
{
    struct testdb *db = &shop_db;

    (void)state;
    testdb_make(db);
    testdb_make_shop(db);
    testdb_sql(db,
        "CREATE SEQUENCE shop.calls; GRANT USAGE ON SEQUENCE shop.calls TO ashlar_app;"
        "CREATE FUNCTION shop.fail_until(bigint) RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('shop.calls') < $1 THEN RAISE 'again' USING ERRCODE = '40001'; END IF; END $$;"
        "CREATE TABLE shop.plan_target (a integer);"
        "GRANT SELECT ON shop.plan_target TO ashlar_app");
    testdb_sql(db, arena_printf(db->arena, "ALTER DATABASE %s SET deadlock_timeout = '100ms'",
                       PQdb(db->admin)));
    registry_set(modules);
    config_override(&ASHLAR_DB_CONNECTIONS, "4");
    config_override(&ASHLAR_DB_STATEMENT_MS, "1000");
    pool_start();
    return 0;
}

int shop_stop(void **state)
{
    (void)state;
    pool_stop();
    testdb_drop(&shop_db);
    return 0;
}

struct world shop_world(void)
{
    struct world w = { .c = testdb_ctx(), .org = uuid_new() };

    w.c->org = w.org;
    testdb_sql(&shop_db, "DELETE FROM shop.item; ALTER SEQUENCE shop.calls RESTART");
    return w;
}

int64_t shop_items(void)
{
    int64_t n = -1;

    assert_true(text_to_int(testdb_sql(&shop_db, "SELECT count(*) FROM shop.item"), &n));
    return n;
}

err shop_insert(struct ctx *c, const char *name)
{
    return db_exec(c, &insert_item, ARGS(ARG(c->org), ARG(uuid_new()), ARG(name)));
}

err insert_one(struct ctx *c, void *arg)
{
    struct world *w = arg;

    w->runs++;
    return shop_insert(c, "one");
}

err insert_nameless(struct ctx *c, void *arg)
{
    (void)arg;
    return shop_insert(c, NULL);
}

err insert_then_refuse(struct ctx *c, void *arg)
{
    TRY(insert_one(c, arg));
    return problem(c, &NO_STOCK, NULL, "no");
}

err need_three_tries(struct ctx *c, void *arg)
{
    TRY(insert_one(c, arg));
    return db_exec(c, &SHOP_fail_some_times, ARGS(ARG(3)));
}
