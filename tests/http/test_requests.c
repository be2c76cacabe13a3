/* The unit of work around a handler: what commits, what runs again, what outlives a failure. */
#include "testkit.h"
#include <stdatomic.h>

extern const struct module users_module, auth_module, notifications_module;

#define Q(n, text) static const struct query n = { #n, "test", text }
Q(fail_some_times, "SELECT test.fail_until($1)");
Q(write_line, "INSERT INTO test.line (text) VALUES ($1)");
Q(who_reads, "SELECT (current_user = 'ashlar_system')::boolean");

struct line_in {
    const char *text;
    int64_t times;
};
static const struct field line_in_fields[] = {
    TEXT(line_in, text, .doc = "Text"),
    INT(line_in, times, .min = 0, .max = 100, .optional = true, .doc = "Fails before this call"),
};
static SHAPE(line_in);

struct line {
    const char *text;
};
static const struct field line_fields[] = {
    TEXT(line, text, .max = INT32_MAX, .doc = "Text"),
};
static SHAPE(line);

static atomic_int runs;

HANDLER(append, line_in, line)
{
    bool answered;

    atomic_fetch_add(&runs, 1);
    response_cookie(c, &(struct cookie){ .name = "crumb", .value = "x" });
    TRY(db_exec(c, &write_line, ARGS(ARG(in->text))));
    if (in->times)
        TRY(db_bool(c, &fail_some_times, &answered, ARGS(ARG(in->times))));
    out->text = in->text;
    return NULL;
}

static err note_attempt(struct ctx *c, void *arg)
{
    return db_exec(c, &write_line, ARGS(ARG((const char *)arg)));
}

HANDLER(fail_noted, line_in, line)
{
    (void)out;
    TRY(db_exec(c, &write_line, ARGS(ARG(in->text))));
    tx_apart(c, note_attempt, arena_strdup(c->arena, "attempt"));
    return problem(c, &ERR_CONFLICT, NULL, "No.");
}

HANDLER(answer_too_much, line_in, line)
{
    enum { SIZE = 9 * 1024 * 1024 };
    char *text = arena_alloc(c->arena, SIZE + 1);

    TRY(db_exec(c, &write_line, ARGS(ARG(in->text))));
    memset(text, 'x', SIZE);
    out->text = text;
    return NULL;
}

HANDLER(who, nothing, line)
{
    bool is_system;

    (void)in;
    TRY(db_bool(c, &who_reads, &is_system, NO_ARGS));
    out->text = is_system ? "system" : "app";
    return NULL;
}

HANDLER(write_on_get, nothing, line)
{
    (void)in;
    out->text = "x";
    return db_exec(c, &write_line, ARGS(ARG("from GET")));
}

HANDLER(wait_inside, line_in, line)
{
    (void)out;
    TRY(db_exec(c, &write_line, ARGS(ARG(in->text))));
    return sleep_ms(c, 1);
}

#define ROW(m, p, i, fn)                                                                           \
    .method = m, .path = p, .id = i, .summary = "s", .auth = AUTH_PUBLIC, .rate = RATE_NONE,       \
    .status = 200, .errors = NO_ERRORS, .hidden = true, .handler = BY(fn)
static const struct route routes[] = {
    { ROW(POST, "/test/lines", "append", append) },
    { ROW(POST, "/test/noted", "failNoted", fail_noted) },
    { ROW(POST, "/test/much", "answerTooMuch", answer_too_much) },
    { ROW(POST, "/test/wait", "waitInside", wait_inside) },
    { ROW(GET, "/test/writing-get", "writeOnGet", write_on_get) },
    { ROW(GET, "/test/who", "who", who) },
    { ROW(GET, "/test/system-who", "systemWho", who), .scope = SCOPE_SYSTEM, .only_in = ENV_TEST },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &test_module, NULL };

static void prepare(struct t *t)
{
    runs = 0;
    sql_run(t,
        "CREATE SCHEMA test; GRANT USAGE ON SCHEMA test TO ashlar_app, ashlar_system;"
        "CREATE TABLE test.line (text text); GRANT INSERT, SELECT ON test.line TO ashlar_app;"
        "CREATE SEQUENCE test.calls; GRANT USAGE ON SEQUENCE test.calls TO ashlar_app;"
        "CREATE FUNCTION test.fail_until(bigint) RETURNS boolean LANGUAGE plpgsql AS $$ "
        "BEGIN IF nextval('test.calls') < $1 THEN RAISE 'again' USING ERRCODE = '40001'; "
        "END IF; RETURN true; END $$");
}

static const char *lines(struct t *t)
{
    const char *all = sql_text(t, "SELECT string_agg(text, ',') FROM test.line");
    return all ? all : "";
}

static void a_serialisation_failure_runs_the_handler_again(void **state)
{
    struct t *t = *state;
    prepare(t);
    POST_JSON(t, "/test/lines", "{'text':'a','times':3}");
    expect(t, 200, "text", "a");
    assert_int_equal(runs, 3);
    assert_string_equal(lines(t), "a");
    assert_non_null(header_of(t, "Set-Cookie"));
}

static void after_five_runs_it_is_given_up(void **state)
{
    struct t *t = *state;
    prepare(t);
    POST_JSON(t, "/test/lines", "{'text':'a','times':50}");
    assert_true(status_of(t) >= 500);
    assert_int_equal(runs, 5);
    assert_string_equal(lines(t), "");
    assert_null(header_of(t, "Set-Cookie"));
}

static void what_was_registered_apart_outlives_the_failure(void **state)
{
    struct t *t = *state;
    prepare(t);
    POST_JSON(t, "/test/noted", "{'text':'a'}");
    expect_problem(t, 409, "conflict");
    assert_string_equal(lines(t), "attempt");
}

static void a_reply_that_cannot_be_rendered_has_no_effect(void **state)
{
    struct t *t = *state;
    prepare(t);
    POST_JSON(t, "/test/much", "{'text':'a'}");
    expect_problem(t, 500, "too-much-at-once");
    assert_string_equal(lines(t), "");
}

static void a_get_cannot_write(void **state)
{
    struct t *t = *state;
    prepare(t);
    GET_AT(t, "/test/writing-get");
    expect_problem(t, 500, "internal");
    assert_string_equal(lines(t), "");
}

static void waiting_inside_a_transaction_is_refused(void **state)
{
    struct t *t = *state;
    prepare(t);
    POST_JSON(t, "/test/wait", "{'text':'a'}");
    expect_problem(t, 500, "internal");
    assert_string_equal(lines(t), "");
}

static void only_system_routes_run_as_the_system(void **state)
{
    struct t *t = *state;
    prepare(t);
    GET_AT(t, "/test/who");
    expect(t, 200, "text", "app");
    GET_AT(t, "/test/system-who");
    expect(t, 200, "text", "system");
}

static void a_revoked_session_ends_with_the_next_request(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t));
    GET_AT(t, "/v1/me");
    expect(t, 200);
    sql_run(t, "DELETE FROM auth.session");
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    assert_non_null(strstr(header_of(t, "Set-Cookie"), "Max-Age=0"));
}

static void a_dead_cookie_does_not_keep_anyone_from_public_routes(void **state)
{
    struct t *t = *state;
    prepare(t);
    as_person(t, make_person(t));
    sql_run(t, "DELETE FROM auth.session");
    POST_JSON(t, "/test/lines", "{'text':'a'}");
    expect(t, 200);
    assert_string_equal(lines(t), "a");
}

static void organisations_one_is_not_in_do_not_exist(void **state)
{
    struct t *t = *state;
    struct org *theirs = make_org(t);

    as_owner_of(t, make_org(t));
    GET_AT(t, "/v1/orgs/%s", theirs->id_text);
    expect_problem(t, 404, "not-found");
    GET_AT(t, "/v1/orgs/org_01h455vb4pex5vsknk084sn02q");
    expect_problem(t, 404, "not-found");
    GET_AT(t, "/v1/orgs/nonsense");
    expect_problem(t, 404, "not-found");
}

static void a_missing_permission_is_named(void **state)
{
    struct t *t = *state;
    as_member_of(t, make_org(t));
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect_problem(t, 403, "forbidden", .detail = "users.delete_org");
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(a_serialisation_failure_runs_the_handler_again,
        after_five_runs_it_is_given_up, what_was_registered_apart_outlives_the_failure,
        a_reply_that_cannot_be_rendered_has_no_effect, a_get_cannot_write,
        waiting_inside_a_transaction_is_refused, only_system_routes_run_as_the_system,
        a_revoked_session_ends_with_the_next_request,
        a_dead_cookie_does_not_keep_anyone_from_public_routes,
        organisations_one_is_not_in_do_not_exist, a_missing_permission_is_named);
}
