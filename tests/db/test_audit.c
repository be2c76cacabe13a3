/* Audit rows against a real database: with the change, redacted, readable by their tenant only. */
#include "testkit.h"
#include "db/tx.h"

struct thing {
    const char *name;
    const char *password;
};
static const struct field thing_fields[] = {
    TEXT(thing, name),
    TEXT(thing, password, .secret = true),
};
static SHAPE(thing);

static const struct module *const no_modules[] = { NULL };

struct change {
    const struct thing *before, *after;
    bool then_fail;
};

static err change(struct ctx *c, void *arg)
{
    struct change *w = arg;

    TRY(audit(c, "work.renamed", "thing", uuid_new(), thing, w->before, w->after));
    return w->then_fail ? &ERR_CONFLICT : NULL;
}

static const struct query count_seen = { "count_seen", "work",
    "SELECT count(*) FROM platform.audit" };
static const struct query forge = { "forge", "work",
    "INSERT INTO platform.audit (id, actor_kind, action, target_type, org_id) VALUES "
    "(gen_random_uuid(), 'none', 'x', 'x', $1)" };
static const struct query rewrite = { "rewrite", "work", "UPDATE platform.audit SET action = 'x'" };
static const struct query erase = { "erase", "work", "DELETE FROM platform.audit" };

static err count_rows(struct ctx *c, void *arg)
{
    return db_int(c, &count_seen, arg, NO_ARGS);
}

static err run_query(struct ctx *c, void *arg)
{
    return db_exec(c, arg, NO_ARGS);
}

static err forge_row(struct ctx *c, void *arg)
{
    return db_exec(c, &forge, ARGS(ARG(*(struct uuid *)arg)));
}

static struct ctx *ctx_in(struct t *t, struct uuid org)
{
    struct ctx *c = make_ctx(t, NULL, NULL);

    c->org = org;
    tx_set_role(c, DB_APP); /* as a request, not as a job of the system */
    return c;
}

static void a_row_says_who_what_where_and_leaves_secrets_out(void **state)
{
    struct t *t = *state;
    struct ctx *c = ctx_in(t, uuid_new());
    struct thing before = { "old", "hunter2" }, after = { "new", "hunter3" };
    struct change w = { &before, &after, false };
    char person[UUID_TEXT_SIZE + 1];

    c->actor.kind = ACTOR_PERSON;
    c->actor.person = uuid_new();
    c->actor.network = "192.0.2.0/24";
    c->request_id = "req_of_the_test";
    expect_ok(tx_run(c, change, &w));
    uuid_format(c->actor.person, person);
    assert_string_equal(sql_text(t, "SELECT actor_id FROM platform.audit"), person);
    assert_string_equal(
        sql_text(t, "SELECT concat_ws('|', actor_kind, request_id, operation, network, action, "
                    "target_type, before->>'name', after->>'name') FROM platform.audit"),
        "person|req_of_the_test|test|192.0.2.0/24|work.renamed|thing|old|new");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit a WHERE a::text LIKE '%%hunter%%'"), 0);
}

static void a_row_is_gone_when_its_change_is(void **state)
{
    struct t *t = *state;
    struct change w = { .then_fail = true };

    expect_error(tx_run(ctx_in(t, uuid_new()), change, &w), &ERR_CONFLICT);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit"), 0);
}

static void a_tenant_reads_its_own_rows_only(void **state)
{
    struct t *t = *state;
    struct uuid ours = uuid_new(), theirs = uuid_new();
    struct change w = { .then_fail = false };
    int64_t n = -1;

    expect_ok(tx_run(ctx_in(t, ours), change, &w));
    expect_ok(tx_run(ctx_in(t, theirs), change, &w));
    expect_ok(tx_run(ctx_in(t, UUID_NIL), change, &w)); /* outside any tenant */
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit"), 3);
    expect_ok(tx_read(ctx_in(t, ours), count_rows, &n));
    assert_int_equal(n, 1);
    expect_ok(tx_read(ctx_in(t, UUID_NIL), count_rows, &n));
    assert_int_equal(n, 0);
}

static void nobody_serving_rewrites_history_or_writes_anothers(void **state)
{
    struct t *t = *state;
    struct uuid ours = uuid_new(), theirs = uuid_new();
    struct change w = { .then_fail = false };

    expect_ok(tx_run(ctx_in(t, ours), change, &w));
    expect_error(tx_run(ctx_in(t, ours), run_query, (void *)(uintptr_t)&rewrite), &ERR_INTERNAL);
    expect_error(tx_run(ctx_in(t, ours), run_query, (void *)(uintptr_t)&erase), &ERR_INTERNAL);
    expect_error(tx_run(ctx_in(t, ours), forge_row, &theirs), &ERR_INTERNAL);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit"), 1);
}

int main(void)
{
    testkit_modules = no_modules;
    return run_db_tests(a_row_says_who_what_where_and_leaves_secrets_out,
        a_row_is_gone_when_its_change_is, a_tenant_reads_its_own_rows_only,
        nobody_serving_rewrites_history_or_writes_anothers);
}
