/* Staff routes: across tenants for staff with a second factor and a fresh session, invisible to
 * everybody else who is signed in, and taken away on the very next request. */
#include "testkit.h"

extern const struct module users_module, auth_module, notifications_module;

#define Q(n, text) static const struct query n = { #n, "test", text }
Q(count_orgs, "SELECT count(*) FROM users.org");
Q(add_note, "INSERT INTO test.note DEFAULT VALUES");
Q(staff_grant, "SELECT role, $3 > platform.now() - interval '12 hours' AS fresh, "
               "stale AND $2::uuid IS NOT NULL AS stale FROM test.staff WHERE person = $1");
Q(staff_touch, "UPDATE test.staff SET stale = false, uses = uses + 1 "
               "WHERE $1::uuid IS NOT NULL AND person = $2");

struct staff_out {
    int64_t orgs;
    const char *role;
    bool may_write, may_elsewhere;
};
static const struct field staff_out_fields[] = {
    INT(staff_out, orgs, .doc = "Organisations, of all tenants"),
    TEXT(staff_out, role, .doc = "Role"),
    BOOL(staff_out, may_write, .doc = "Holds test.write"),
    BOOL(staff_out, may_elsewhere, .doc = "Holds a permission of members"),
};
static SHAPE(staff_out);

static _Atomic int runs;

HANDLER(look, nothing, staff_out)
{
    (void)in;
    runs++;
    out->role = c->staff_role;
    out->may_write = ctx_may(c, "test.write");
    out->may_elsewhere = ctx_may(c, "users.invite");
    return db_int(c, &count_orgs, &out->orgs, NO_ARGS);
}

HANDLER(change, nothing, nothing)
{
    (void)in;
    (void)out;
    runs++;
    return db_exec(c, &add_note, NO_ARGS);
}

static err note(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &add_note, NO_ARGS);
}

HANDLER(change_slowly, nothing, nothing)
{
    (void)in;
    (void)out;
    runs++;
    TRY(tx_run(c, note, NULL));
    TRY(sleep_ms(c, 1));
    return tx_run(c, note, NULL);
}

#define ROW(m, p, i, fn, st)                                                                       \
    .method = m, .path = p, .id = i, .summary = "s", .auth = AUTH_SESSION, .scope = SCOPE_STAFF,   \
    .rate = RATE_READ, .status = st, .errors = NO_ERRORS, .hidden = true, .handler = BY(fn)
static const struct route routes[] = {
    { ROW(GET, "/test/staff", "look", look, 200), .permission = "test.read" },
    { ROW(POST, "/test/staff", "change", change, 204), .permission = "test.write" },
    { ROW(POST, "/test/staff/slow", "changeSlowly", change_slowly, 204), .permission = "test.write",
        .tx = TX_MANUAL },
    { .id = NULL },
};
static const struct permission staff_permissions[] = {
    { "test.read", "support|operator", "Look" },
    { "test.write", "operator", "Change" },
    { NULL, NULL, NULL },
};
static const struct staff_gate gate = { &staff_grant, &staff_touch };
static const struct module test_module = { .name = "test",
    .summary = "Test",
    .routes = ROUTES(routes),
    .staff_permissions = staff_permissions,
    .staff = &gate };
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &test_module, NULL };

/* `role` NULL: not staff. */
static struct person *signed_in(struct t *t, const char *role, const char *factors)
{
    struct person *p = make_person(t);

    sql_run(t,
        "CREATE SCHEMA IF NOT EXISTS test; GRANT USAGE ON SCHEMA test TO ashlar_system, ashlar_app;"
        "CREATE TABLE IF NOT EXISTS test.staff (person uuid, role text, "
        "stale boolean DEFAULT false, uses int DEFAULT 0);"
        "CREATE TABLE IF NOT EXISTS test.note (at timestamptz DEFAULT now());"
        "GRANT ALL ON ALL TABLES IN SCHEMA test TO ashlar_system;"
        "GRANT SELECT, UPDATE ON test.staff TO ashlar_app");
    sql_run(t, "UPDATE auth.session SET factors = '%s'", factors);
    if (role)
        sql_run(t,
            "INSERT INTO test.staff (person, role) SELECT id, '%s' FROM users.person "
            "WHERE email = '%s'",
            role, p->email);
    as_person(t, p);
    runs = 0;
    return p;
}

static int64_t notes(struct t *t)
{
    return sql_int(t, "SELECT count(*) FROM test.note");
}

static void staff_see_every_tenant_and_may_what_their_role_may(void **state)
{
    struct t *t = *state;
    make_org(t);
    make_org(t);
    signed_in(t, "support", "password totp");
    for (int i = 0; i < 2; i++) { /* asked for, then remembered */
        GET_AT(t, "/test/staff");
        expect(
            t, 200, "orgs", "2", "role", "support", "may_write", "false", "may_elsewhere", "false");
        POST_JSON(t, "/test/staff", "{}");
        expect_problem(t, 403, "forbidden", .detail = "test.write");
    }
    sql_run(t, "UPDATE test.staff SET role = 'operator'");
    GET_AT(t, "/test/staff");
    expect(t, 200, "role", "operator", "may_write", "true");
    POST_AT(t, "/test/staff");
    expect(t, 204);
    POST_AT(t, "/test/staff/slow");
    expect(t, 204);
    assert_int_equal(notes(t), 3);
}

static void to_others_there_is_no_such_route(void **state)
{
    struct t *t = *state;
    signed_in(t, NULL, "password totp");
    for (int i = 0; i < 2; i++) {
        GET_AT(t, "/test/staff");
        expect_problem(t, 404, "not-found", .detail = "This path does not exist.");
        POST_AT(t, "/test/staff");
        expect_problem(t, 404, "not-found");
        POST_AT(t, "/test/staff/slow");
        expect_problem(t, 404, "not-found");
    }
    as_nobody(t);
    GET_AT(t, "/test/staff");
    expect_problem(t, 401, "unauthenticated");
    assert_int_equal(runs, 0);
}

static void without_a_second_factor_staff_may_nothing(void **state)
{
    struct t *t = *state;
    signed_in(t, "operator", "password");
    GET_AT(t, "/test/staff");
    expect_problem(t, 403, "second-factor-required");
    POST_AT(t, "/test/staff/slow");
    expect_problem(t, 403, "second-factor-required");
    assert_int_equal(runs, 0);
    sql_run(t, "UPDATE auth.session SET factors = 'passkey'");
    GET_AT(t, "/test/staff");
    expect(t, 200);
}

static void a_session_that_is_no_longer_fresh_ends_staff_work_and_nothing_else(void **state)
{
    struct t *t = *state;
    signed_in(t, "operator", "password totp");
    GET_AT(t, "/test/staff");
    expect(t, 200);
    advance(t, HOURS(12) + SECONDS(1));
    GET_AT(t, "/test/staff");
    expect_problem(t, 403, "staff-session-ended");
    POST_AT(t, "/test/staff");
    expect_problem(t, 403, "staff-session-ended");
    GET_AT(t, "/v1/me");
    expect(t, 200);
    assert_int_equal(runs, 2); /* the remembered row let the first one begin; it was not answered */
    assert_int_equal(notes(t), 0);
}

static void a_role_taken_away_elsewhere_is_gone_on_the_next_request(void **state)
{
    struct t *t = *state;
    signed_in(t, "operator", "password totp");
    POST_AT(t, "/test/staff");
    expect(t, 204);
    sql_run(t, "DELETE FROM test.staff");
    POST_AT(t, "/test/staff");
    expect_problem(t, 404, "not-found");
    GET_AT(t, "/test/staff");
    expect_problem(t, 404, "not-found");
    POST_AT(t, "/test/staff/slow");
    expect_problem(t, 404, "not-found");
    assert_int_equal(notes(t), 1);
}

static void use_is_noted_when_it_was_not_lately_and_not_by_who_is_refused(void **state)
{
    struct t *t = *state;
    signed_in(t, "support", "password totp");
    sql_run(t, "UPDATE test.staff SET stale = true");
    POST_AT(t, "/test/staff");
    expect_problem(t, 403, "forbidden");
    assert_int_equal(sql_int(t, "SELECT uses FROM test.staff"), 0);
    for (int i = 0; i < 3; i++) {
        GET_AT(t, "/test/staff");
        expect(t, 200);
    }
    assert_int_equal(sql_int(t, "SELECT uses FROM test.staff"), 1);
}

static void a_crowd_of_requests_is_limited(void **state)
{
    struct t *t = *state;
    int refused = 0;
    signed_in(t, "support", "password totp");
    for (int i = 0; i < 80; i++) {
        GET_AT(t, "/test/staff");
        refused += status_of(t) == 429;
    }
    assert_true(refused > 0);
}

int main(void)
{
    static const char *const settings[] = { "ASHLAR_RATE_LIMITS=true", NULL };

    testkit_modules = modules;
    testkit_environment = settings;
    return run_db_tests(staff_see_every_tenant_and_may_what_their_role_may,
        to_others_there_is_no_such_route, without_a_second_factor_staff_may_nothing,
        a_session_that_is_no_longer_fresh_ends_staff_work_and_nothing_else,
        a_role_taken_away_elsewhere_is_gone_on_the_next_request,
        use_is_noted_when_it_was_not_lately_and_not_by_who_is_refused,
        a_crowd_of_requests_is_limited);
}
