/* Who asks is remembered, and every request has it checked: what another process took away is gone
 * on the very next request. */
#include "testkit.h"
#include "metrics/metrics_start.h"

extern const struct module users_module, auth_module, notifications_module;

#define Q(n, text) static const struct query n = { #n, "test", text }
Q(write_line, "INSERT INTO test.line (text) VALUES ($1)");
Q(count_lines, "SELECT count(*) FROM test.line");
Q(end_sessions, "SELECT test.end_sessions()");

struct text_in {
    const char *text;
};
static const struct field text_in_fields[] = {
    TEXT(text_in, text, .max = 10, .doc = "Text"),
};
static SHAPE(text_in);
struct text_in_org {
    struct uuid org_id;
    const char *text;
};
static const struct field text_in_org_fields[] = {
    ID(text_in_org, org_id, "org", .in = PATH, .doc = "Organisation"),
    TEXT(text_in_org, text, .max = 10, .doc = "Text"),
};
static SHAPE(text_in_org);

struct response_out {
    const char *role;
    int64_t lines;
};
static const struct field response_out_fields[] = {
    TEXT(response_out, role, .optional = true, .doc = "Role"),
    INT(response_out, lines, .doc = "Lines"),
};
static SHAPE(response_out);

static _Atomic int runs;

HANDLER(read_lines, nothing, response_out)
{
    (void)in;
    runs++;
    return db_int(c, &count_lines, &out->lines, NO_ARGS);
}

HANDLER(write_line_of, text_in, response_out)
{
    runs++;
    response_cookie(c, &(struct cookie){ .name = "crumb", .value = "x" });
    TRY(db_exec(c, &write_line, ARGS(ARG(in->text))));
    return db_int(c, &count_lines, &out->lines, NO_ARGS);
}

static err write_text(struct ctx *c, void *arg)
{
    return db_exec(c, &write_line, ARGS(ARG((const char *)arg)));
}

HANDLER(write_twice, text_in, response_out)
{
    (void)out;
    runs++;
    TRY(tx_run(c, write_text, arena_strdup(c->arena, in->text)));
    TRY(sleep_ms(c, 1));
    return tx_run(c, write_text, arena_strdup(c->arena, in->text));
}

static err write_and_end_sessions(struct ctx *c, void *arg)
{
    bool done;

    TRY(write_text(c, arg));
    return db_bool(c, &end_sessions, &done, NO_ARGS);
}

/* As if somebody else ended the session between the handler's two transactions. */
HANDLER(lose_session, text_in, response_out)
{
    (void)out;
    runs++;
    TRY(tx_run(c, write_and_end_sessions, arena_strdup(c->arena, in->text)));
    return tx_run(c, write_text, arena_strdup(c->arena, in->text));
}

HANDLER(answer_without_asking, nothing, response_out)
{
    (void)c;
    (void)in;
    runs++;
    out->lines = 42;
    return NULL;
}

HANDLER(write_in_org, text_in_org, response_out)
{
    runs++;
    TRY(db_exec(c, &write_line, ARGS(ARG(in->text))));
    out->role = c->role;
    return NULL;
}

#define ROW(m, p, i, fn)                                                                           \
    .method = m, .path = p, .id = i, .summary = "s", .auth = AUTH_SESSION, .rate = RATE_NONE,      \
    .status = 200, .errors = NO_ERRORS, .hidden = true, .handler = BY(fn)
static const struct route routes[] = {
    { ROW(GET, "/test/lines", "readLines", read_lines), .scope = SCOPE_SELF },
    { ROW(GET, "/test/answer", "answer", answer_without_asking), .scope = SCOPE_SELF },
    { ROW(POST, "/test/lines", "writeLine", write_line_of), .scope = SCOPE_SELF },
    { ROW(POST, "/test/twice", "writeTwice", write_twice), .scope = SCOPE_SELF, .tx = TX_MANUAL },
    { ROW(POST, "/test/lose", "loseSession", lose_session), .scope = SCOPE_SELF, .tx = TX_MANUAL },
    { ROW(POST, "/test/orgs/{org_id}/lines", "writeInOrg", write_in_org), .scope = SCOPE_ORG,
        .permission = "users.invite" },
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
        "CREATE SCHEMA test; GRANT USAGE ON SCHEMA test TO ashlar_app;"
        "CREATE TABLE test.line (text text); GRANT INSERT, SELECT ON test.line TO ashlar_app;"
        "CREATE FUNCTION test.end_sessions() RETURNS boolean LANGUAGE sql SECURITY DEFINER "
        "AS 'DELETE FROM auth.session; SELECT true'");
    as_person(t, make_person(t));
    GET_AT(t, "/v1/me");
    expect(t, 200);
    GET_AT(t, "/v1/me");
    expect(t, 200);
}

static int64_t lines(struct t *t)
{
    return sql_int(t, "SELECT count(*) FROM test.line");
}

/* As another process does it. */
static void end_session_elsewhere(struct t *t)
{
    sql_run(t, "DELETE FROM auth.session");
}

/* Of "name{label="value"}" on the page of metrics. */
static int64_t counted(struct t *t, const char *series)
{
    const char *name = at(t, "\n%s ", series), *found;
    struct buf b;

    buf_init(&b, arena_of(t), 4 * 1024 * 1024);
    metrics_render(&b);
    found = strstr(b.data, name);
    assert_non_null(found);
    return strtoll(found + strlen(name), NULL, 10);
}

static int64_t round_trips(struct t *t, const char *route)
{
    return counted(t, at(t, "ashlar_http_round_trips_total{route=\"%s\"}", route));
}

static int64_t identities(struct t *t, const char *outcome)
{
    return counted(t, at(t, "ashlar_identities_total{outcome=\"%s\"}", outcome));
}

static void a_warm_request_is_one_round_trip(void **state)
{
    struct t *t = *state;
    int64_t before;
    prepare(t);
    before = round_trips(t, "getMe");
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", me(t)->email);
    assert_int_equal(round_trips(t, "getMe") - before, 1);
    with_header(t, "Cookie", NULL);
    with_header(t, "Authorization", at(t, "Bearer %s", cookie_of(t, SESSION_COOKIE)));
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", me(t)->email);
    assert_int_equal(round_trips(t, "getMe") - before, 2);
}

static void a_warm_write_is_its_statements_and_the_commit(void **state)
{
    struct t *t = *state;
    int64_t before;
    prepare(t);
    before = round_trips(t, "writeLine");
    POST_JSON(t, "/test/lines", "{'text':'a'}");
    expect(t, 200, "lines", "1");
    assert_int_equal(round_trips(t, "writeLine") - before, 3);
    assert_int_equal(runs, 1);
}

static void a_session_ended_elsewhere_reads_nothing_more(void **state)
{
    struct t *t = *state;
    prepare(t);
    end_session_elsewhere(t);
    GET_AT(t, "/test/lines");
    expect_problem(t, 401, "unauthenticated");
    assert_int_equal(runs, 1);
    GET_AT(t, "/test/lines");
    expect_problem(t, 401, "unauthenticated");
    assert_int_equal(runs, 1); /* nobody remembers it any more */
}

static void a_session_ended_elsewhere_writes_nothing_more(void **state)
{
    struct t *t = *state;
    prepare(t);
    end_session_elsewhere(t);
    POST_JSON(t, "/test/lines", "{'text':'a'}");
    expect_problem(t, 401, "unauthenticated");
    assert_int_equal(lines(t), 0);
    assert_null(cookie_of(t, "crumb"));
}

static void a_session_ended_elsewhere_starts_no_work_that_waits(void **state)
{
    struct t *t = *state;
    prepare(t);
    end_session_elsewhere(t);
    POST_JSON(t, "/test/twice", "{'text':'a'}");
    expect_problem(t, 401, "unauthenticated");
    assert_int_equal(runs, 0);
    assert_int_equal(lines(t), 0);
}

static void work_that_waits_is_checked_in_each_transaction(void **state)
{
    struct t *t = *state;
    prepare(t);
    POST_JSON(t, "/test/twice", "{'text':'a'}");
    expect(t, 200);
    assert_int_equal(lines(t), 2);
    POST_JSON(t, "/test/lose", "{'text':'a'}");
    expect_problem(t, 401, "unauthenticated");
    assert_int_equal(lines(t), 3);
    assert_int_equal(runs, 2);
}

static void whoever_is_signed_out_is_not_told_what_is_wrong_with_the_body(void **state)
{
    struct t *t = *state;
    prepare(t);
    POST_JSON(t, "/test/lines", "{'text':'far too long a text'}");
    expect_problem(t, 422, "invalid-fields");
    end_session_elsewhere(t);
    POST_JSON(t, "/test/lines", "{'text':'far too long a text'}");
    expect_problem(t, 401, "unauthenticated");
    POST_JSON(t, "/test/twice", "{'text':'far too long a text'}");
    expect_problem(t, 401, "unauthenticated");
}

static void an_answer_without_a_statement_is_checked_too(void **state)
{
    struct t *t = *state;
    prepare(t);
    GET_AT(t, "/test/answer");
    expect(t, 200, "lines", "42");
    end_session_elsewhere(t);
    GET_AT(t, "/test/answer");
    expect_problem(t, 401, "unauthenticated");
}

static void a_changed_identity_that_still_holds_runs_the_handler_once_more(void **state)
{
    struct t *t = *state;
    prepare(t);
    sql_run(t, "UPDATE auth.session SET factors = 'password totp'");
    POST_JSON(t, "/test/lines", "{'text':'a'}");
    expect(t, 200, "lines", "1");
    assert_int_equal(runs, 2);
    assert_non_null(cookie_of(t, "crumb"));
    POST_JSON(t, "/test/lines", "{'text':'b'}");
    expect(t, 200, "lines", "2");
    assert_int_equal(runs, 3);
}

static void use_is_still_noted_while_the_identity_is_remembered(void **state)
{
    struct t *t = *state;
    prepare(t);
    advance(t, SECONDS(360));
    GET_AT(t, "/test/lines");
    expect(t, 200);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.session "
                                "WHERE last_used_at > signed_in_at + interval '5 min'"),
        1);
    runs = 0;
    for (int i = 0; i < 3; i++) {
        GET_AT(t, "/test/lines");
        expect(t, 200);
    }
    assert_int_equal(runs, 3);
}

static const char *lines_of_org(struct t *t)
{
    return at(t, "/test/orgs/%s/lines", org_of(t));
}

/* A stolen credential that only ever meets refusals must be seen in the list of sessions too. */
static void use_is_noted_when_the_request_fails_as_well(void **state)
{
    struct t *t = *state;
    char now[INSTANT_TEXT_SIZE];
    struct org *theirs;
    prepare(t);
    theirs = make_org(t);
    as_owner_of(t, make_org(t));
    for (int i = 0; i < 4; i++) {
        advance(t, SECONDS(360));
        instant_format(clock_now(), now);
        if (i == 0) {
            POST_JSON(t, "/test/lines", "{'text':'far too long a text'}");
            expect_problem(t, 422, "invalid-fields");
        } else if (i == 1) {
            POST_JSON(t, "/test/twice", "{'text':'far too long a text'}");
            expect_problem(t, 422, "invalid-fields");
        } else if (i == 2) {
            POST_JSON(t, at(t, "/test/orgs/%s/lines", theirs->id_text), "{'text':'a'}");
            expect_problem(t, 404, "not-found");
        } else {
            GET_AT(t, "/v1/orgs/%s", theirs->id_text);
            expect_problem(t, 404, "not-found");
        }
        assert_int_equal(
            sql_int(t, "SELECT count(*) FROM auth.session WHERE last_used_at >= '%s'", now), 1);
    }
}

static void use_of_a_key_is_noted_when_the_request_fails_as_well(void **state)
{
    struct t *t = *state;
    const char *bearer;
    prepare(t);
    as_owner_of(t, make_org(t));
    POST_JSON(
        t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'Sync','scopes':['users.read']}");
    expect(t, 201);
    bearer = at(t, "Bearer %s", member_of(t, "token"));
    with_header(t, "Cookie", NULL);
    with_header(t, "Authorization", bearer);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@example.org','role':'member'}");
    expect_problem(t, 403, "forbidden");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM auth.api_key WHERE last_used_at IS NOT NULL"), 1);
}

static void a_membership_ended_elsewhere_hides_the_organisation_at_once(void **state)
{
    struct t *t = *state;
    struct org *org;
    prepare(t);
    org = make_org(t);
    as_admin_of(t, org);
    for (int i = 0; i < 2; i++) {
        POST_JSON(t, lines_of_org(t), "{'text':'a'}");
        expect(t, 200, "role", "admin");
    }
    sql_run(t, "DELETE FROM users.membership WHERE role = 'admin'");
    POST_JSON(t, lines_of_org(t), "{'text':'a'}");
    expect_problem(t, 404, "not-found");
    assert_int_equal(lines(t), 2);
}

static void a_role_changed_elsewhere_counts_at_once(void **state)
{
    struct t *t = *state;
    struct org *org;
    prepare(t);
    org = make_org(t);
    as_admin_of(t, org);
    for (int i = 0; i < 2; i++) {
        POST_JSON(t, lines_of_org(t), "{'text':'a'}");
        expect(t, 200, "role", "admin");
    }
    sql_run(t, "UPDATE users.membership SET role = 'viewer' WHERE role = 'admin'");
    POST_JSON(t, lines_of_org(t), "{'text':'a'}");
    expect_problem(t, 403, "forbidden");
    POST_JSON(t, lines_of_org(t), "{'text':'a'}");
    expect_problem(t, 403, "forbidden");
    assert_int_equal(lines(t), 2);
    sql_run(t, "UPDATE users.membership SET role = 'admin' WHERE role = 'viewer'");
    POST_JSON(t, lines_of_org(t), "{'text':'a'}"); /* the remembered refusal is checked as well */
    expect(t, 200, "role", "admin");
}

static void remembering_one_organisation_opens_no_other(void **state)
{
    struct t *t = *state;
    struct org *mine, *theirs;
    prepare(t);
    mine = make_org(t);
    theirs = make_org(t);
    as_owner_of(t, mine);
    for (int i = 0; i < 2; i++) {
        POST_JSON(t, lines_of_org(t), "{'text':'a'}");
        expect(t, 200, "role", "owner");
        POST_JSON(t, at(t, "/test/orgs/%s/lines", theirs->id_text), "{'text':'a'}");
        expect_problem(t, 404, "not-found");
    }
}

static void where_identities_came_from_is_counted(void **state)
{
    struct t *t = *state;
    int64_t remembered, asked, outdated;
    prepare(t);
    remembered = identities(t, "remembered");
    asked = identities(t, "asked");
    outdated = identities(t, "outdated");
    GET_AT(t, "/v1/me");
    expect(t, 200);
    assert_int_equal(identities(t, "remembered"), remembered + 1);
    assert_int_equal(identities(t, "asked"), asked);
    end_session_elsewhere(t);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    assert_int_equal(identities(t, "remembered"), remembered + 2);
    assert_int_equal(identities(t, "outdated"), outdated + 1);
    assert_int_equal(identities(t, "asked"), asked + 1);
}

static void ask_in_parallel(struct t *one, int i, void *arg)
{
    (void)arg;
    for (int n = 0; n < 20; n++) {
        GET_AT(one, i % 2 ? "/v1/me" : "/test/lines");
        expect(one, 200);
    }
}

static void many_at_once_meet_their_own_identity(void **state)
{
    struct t *t = *state;
    prepare(t);
    run_parallel(t, 8, ask_in_parallel, NULL);
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(a_warm_request_is_one_round_trip,
        a_warm_write_is_its_statements_and_the_commit, a_session_ended_elsewhere_reads_nothing_more,
        a_session_ended_elsewhere_writes_nothing_more,
        a_session_ended_elsewhere_starts_no_work_that_waits,
        work_that_waits_is_checked_in_each_transaction,
        whoever_is_signed_out_is_not_told_what_is_wrong_with_the_body,
        an_answer_without_a_statement_is_checked_too,
        a_changed_identity_that_still_holds_runs_the_handler_once_more,
        use_is_still_noted_while_the_identity_is_remembered,
        use_is_noted_when_the_request_fails_as_well,
        use_of_a_key_is_noted_when_the_request_fails_as_well,
        a_membership_ended_elsewhere_hides_the_organisation_at_once,
        a_role_changed_elsewhere_counts_at_once, remembering_one_organisation_opens_no_other,
        where_identities_came_from_is_counted, many_at_once_meet_their_own_identity);
}
