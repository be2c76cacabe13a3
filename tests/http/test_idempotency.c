/* Idempotency-Key: one effect, the same answer, whoever dies in between. */
#include "testkit.h"
#include "db/tx.h"
#include "http/request/idempotency.h"
#include "module/registry.h"
#include <stdatomic.h>

extern const struct module users_module, auth_module, notifications_module;

struct note {
    const char *text;
    int64_t n;
};
static const struct field note_fields[] = {
    TEXT(note, text, .doc = "Text"),
    INT(note, n, .doc = "How often it ran", .min = 0, .max = 1000000),
};
static SHAPE(note);

struct secret_note {
    const char *token;
};
static const struct field secret_note_fields[] = {
    TEXT(secret_note, token, .secret = true, .doc = "Token"),
};
static SHAPE(secret_note);

struct note_in {
    const char *text;
};
static const struct field note_in_fields[] = {
    TEXT(note_in, text, .doc = "Text"),
};
static SHAPE(note_in);

static atomic_int runs;

HANDLER(write_note, note_in, note)
{
    (void)c;
    *out = (struct note){ .text = in->text, .n = atomic_fetch_add(&runs, 1) + 1 };
    return NULL;
}

HANDLER(call_third_party, note_in, note)
{
    int n = atomic_fetch_add(&runs, 1) + 1;

    TRY(sleep_ms(c, 200)); /* no transaction is open, so waiting is allowed */
    if (strcmp(in->text, "fail") == 0)
        return problem(c, &ERR_CONFLICT, NULL, "It said no.");
    *out = (struct note){ .text = in->text, .n = n };
    return NULL;
}

HANDLER(hand_out, note_in, secret_note)
{
    (void)in;
    atomic_fetch_add(&runs, 1);
    out->token = secret_token(c->arena, "test");
    return NULL;
}

HANDLER(set_cookie, note_in, note)
{
    response_cookie(c, &(struct cookie){ .name = "crumb", .value = "x" });
    *out = (struct note){ .text = in->text, .n = atomic_fetch_add(&runs, 1) + 1 };
    return NULL;
}

#define ROW(p, i, fn)                                                                              \
    .method = POST, .path = p, .id = i, .summary = "s", .auth = AUTH_PUBLIC, .rate = RATE_NONE,    \
    .status = 201, .errors = NO_ERRORS, .hidden = true, .handler = BY(fn)
static const struct route routes[] = {
    { ROW("/test/notes", "writeNote", write_note) },
    { ROW("/test/other-notes", "writeOtherNote", write_note) },
    { ROW("/test/calls", "callThirdParty", call_third_party), .tx = TX_MANUAL },
    { ROW("/test/secrets", "handOut", hand_out) },
    { ROW("/test/cookies", "setCookie", set_cookie) },
    { ROW("/test/strict", "strict", write_note), .idempotency = KEY_REQUIRED },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &test_module, NULL };

static void post(struct t *t, const char *path, const char *key, const char *text)
{
    with_header(t, "Idempotency-Key", key);
    POST_JSON(t, path, "{'text':'%s'}", text);
}

static bool is_replay(struct t *t)
{
    return header_of(t, "Idempotency-Replayed") != NULL;
}

static void a_repeated_request_gets_the_first_answer(void **state)
{
    struct t *t = *state;
    runs = 0;
    post(t, "/test/notes", "k", "a");
    expect(t, 201, "n", "1");
    assert_false(is_replay(t));
    for (int i = 0; i < 3; i++) {
        post(t, "/test/notes", "k", "a");
        expect(t, 201, "n", "1", "text", "a");
        assert_true(is_replay(t));
        assert_string_equal(header_of(t, "Content-Type"), "application/json");
    }
    assert_int_equal(runs, 1);
    post(t, "/test/notes", NULL, "a");
    expect(t, 201, "n", "2");
}

static void another_body_with_the_key_is_refused(void **state)
{
    struct t *t = *state;
    runs = 0;
    post(t, "/test/notes", "k", "a");
    post(t, "/test/notes", "k", "b");
    expect_problem(t, 422, "idempotency-key-reused", .pointer = "header:Idempotency-Key");
    assert_int_equal(runs, 1);
}

static void keys_of_different_routes_and_clients_do_not_meet(void **state)
{
    struct t *t = *state;
    runs = 0;
    post(t, "/test/notes", "k", "a");
    post(t, "/test/other-notes", "k", "b");
    expect(t, 201, "n", "2");
    from_address(t, "198.51.100.9");
    post(t, "/test/notes", "k", "c");
    expect(t, 201, "n", "3");
}

static void keys_of_two_people_do_not_meet(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t);

    as_person(t, ann);
    with_header(t, "Idempotency-Key", "k");
    POST_JSON(t, "/v1/orgs", "{'name':'Acme'}");
    expect(t, 201);
    with_header(t, "Idempotency-Key", "k");
    POST_JSON(t, "/v1/orgs", "{'name':'Acme'}");
    expect(t, 201);
    assert_true(is_replay(t));
    as_person(t, bob);
    with_header(t, "Idempotency-Key", "k");
    POST_JSON(t, "/v1/orgs", "{'name':'Acme'}");
    expect(t, 201);
    assert_false(is_replay(t));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org WHERE name = 'Acme'"), 2);
}

static void make_org_with_key(struct t *one, int i, void *arg)
{
    (void)i, (void)arg;
    with_header(one, "Idempotency-Key", "parallel");
    POST_JSON(one, "/v1/orgs", "{'name':'Race'}");
    if (status_of(one) == 409)
        expect_problem(one, 409, "idempotency-in-flight");
    else
        expect(one, 201, "name", "Race");
}

static void many_at_once_have_one_effect(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t));
    run_parallel(t, 16, make_org_with_key, NULL);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org WHERE name = 'Race'"), 1);
}

static void a_failed_request_does_not_use_up_its_key(void **state)
{
    struct t *t = *state;
    runs = 0;
    with_header(t, "Idempotency-Key", "k");
    POST_JSON(t, "/test/notes", "{'text':1}");
    expect_problem(t, 422, "invalid-fields");
    post(t, "/test/notes", "k", "a");
    expect(t, 201, "n", "1");
    post(t, "/test/calls", "m", "fail");
    expect_problem(t, 409, "conflict");
    post(t, "/test/calls", "m", "fail");
    expect_problem(t, 409, "conflict");
    assert_int_equal(runs, 3);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.idempotency WHERE key = 'm'"), 0);
}

static void secrets_are_not_kept_in_clear(void **state)
{
    struct t *t = *state;
    const char *token;

    post(t, "/test/secrets", "k", "a");
    token = member_of(t, "token");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.idempotency WHERE sealed"), 1);
    assert_int_equal(
        sql_int(
            t, "SELECT count(*) FROM platform.idempotency i WHERE i::text LIKE '%%%s%%'", token),
        0);
    post(t, "/test/secrets", "k", "a");
    expect(t, 201, "token", token);
    assert_true(is_replay(t));
}

static void a_sealed_reply_moved_to_another_key_does_not_open(void **state)
{
    struct t *t = *state;

    post(t, "/test/secrets", "k", "a");
    sql_run(t, "UPDATE platform.idempotency SET key = 'stolen'");
    post(t, "/test/secrets", "stolen", "a");
    expect_problem(t, 500, "internal");
}

static void a_reply_with_a_cookie_is_not_kept(void **state)
{
    struct t *t = *state;
    runs = 0;
    post(t, "/test/cookies", "k", "a");
    expect(t, 201, "n", "1");
    post(t, "/test/cookies", "k", "a");
    expect(t, 201, "n", "2");
    assert_non_null(header_of(t, "Set-Cookie"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.idempotency"), 0);
}

static void a_third_party_is_called_once(void **state)
{
    struct t *t = *state;
    runs = 0;
    post(t, "/test/calls", "k", "a");
    expect(t, 201, "n", "1");
    post(t, "/test/calls", "k", "a");
    expect(t, 201, "n", "1");
    assert_true(is_replay(t));
    post(t, "/test/calls", "k", "b");
    expect_problem(t, 422, "idempotency-key-reused");
    assert_int_equal(runs, 1);
}

static void call_with_key(struct t *one, int i, void *arg)
{
    (void)i, (void)arg;
    with_header(one, "Idempotency-Key", "parallel");
    POST_JSON(one, "/test/calls", "{'text':'a'}");
    if (status_of(one) == 409)
        expect_problem(one, 409, "idempotency-in-flight");
    else
        expect(one, 201, "n", "1");
}

static void while_it_is_called_others_are_told_to_wait(void **state)
{
    struct t *t = *state;
    runs = 0;
    run_parallel(t, 8, call_with_key, NULL);
    assert_int_equal(runs, 1);
}

/* As a process leaves it that was killed while its handler ran. */
static void leave_intent(struct t *t, const char *deadline)
{
    sql_run(t,
        "UPDATE platform.idempotency SET status = NULL, body = NULL, etag = NULL, "
        "attempt = gen_random_uuid(), deadline = platform.now() + interval '%s'",
        deadline);
}

static void an_intent_whose_process_died_can_be_repeated_after_its_deadline(void **state)
{
    struct t *t = *state;
    runs = 0;
    post(t, "/test/calls", "k", "a");
    leave_intent(t, "10 seconds");
    post(t, "/test/calls", "k", "a");
    expect_problem(t, 409, "idempotency-in-flight");
    assert_string_equal(header_of(t, "Retry-After"), "1");
    leave_intent(t, "-1 seconds");
    post(t, "/test/calls", "k", "b");
    expect_problem(t, 422, "idempotency-key-reused");
    post(t, "/test/calls", "k", "a");
    expect(t, 201, "n", "2");
    post(t, "/test/calls", "k", "a");
    expect(t, 201, "n", "2");
    assert_true(is_replay(t));
}

static void a_key_is_printable_and_not_too_long(void **state)
{
    struct t *t = *state;
    char key[257];

    memset(key, 'k', sizeof key);
    key[256] = '\0';
    post(t, "/test/notes", key, "a");
    expect_problem(t, 400, "bad-request", .pointer = "header:Idempotency-Key");
    key[255] = '\0';
    post(t, "/test/notes", key, "a");
    expect(t, 201);
    post(t, "/test/notes", "caf\xc3\xa9", "a");
    expect_problem(t, 400, "bad-request", .pointer = "header:Idempotency-Key");
    post(t, "/test/notes", "", "a");
    expect_problem(t, 400, "bad-request", .pointer = "header:Idempotency-Key");
}

static void where_a_key_is_required_none_is_an_error(void **state)
{
    struct t *t = *state;
    runs = 0;
    post(t, "/test/strict", NULL, "a");
    expect_problem(t, 400, "bad-request", .pointer = "header:Idempotency-Key");
    assert_int_equal(runs, 0);
    post(t, "/test/strict", "k", "a");
    expect(t, 201);
}

static void replies_are_kept_for_two_days_and_then_swept(void **state)
{
    struct t *t = *state;
    runs = 0;
    post(t, "/test/notes", "k", "a");
    advance(t, HOURS(47));
    post(t, "/test/notes", "k", "a");
    expect(t, 201, "n", "1");
    advance(t, HOURS(2));
    post(t, "/test/notes", "k", "b");
    expect(t, 201, "n", "2");
    advance(t, HOURS(1));
    post(t, "/test/notes", "l", "c");
    advance(t, HOURS(47) + MINUTES(30));
    run_sweep(t, &IDEMPOTENCY_SWEEP);
    assert_string_equal(sql_text(t, "SELECT string_agg(key, ',') FROM platform.idempotency"), "l");
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(a_repeated_request_gets_the_first_answer,
        another_body_with_the_key_is_refused, keys_of_different_routes_and_clients_do_not_meet,
        keys_of_two_people_do_not_meet, many_at_once_have_one_effect,
        a_failed_request_does_not_use_up_its_key, secrets_are_not_kept_in_clear,
        a_sealed_reply_moved_to_another_key_does_not_open, a_reply_with_a_cookie_is_not_kept,
        a_third_party_is_called_once, while_it_is_called_others_are_told_to_wait,
        an_intent_whose_process_died_can_be_repeated_after_its_deadline,
        a_key_is_printable_and_not_too_long, where_a_key_is_required_none_is_an_error,
        replies_are_kept_for_two_days_and_then_swept);
}
