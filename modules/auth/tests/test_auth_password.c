/* Changing and resetting a password, and what guessing does to it. */
#include "testkit.h"
#include "auth_internal.h"

#define NEW_PASSWORD "a-new-and-long-one"

static void sign_in(struct t *t, const struct person *person, const char *password)
{
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", person->email, password);
}

static void change(struct t *t, const char *current, const char *password)
{
    POST_JSON(
        t, "/v1/auth/password", "{'current_password':'%s','password':'%s'}", current, password);
}

static void reset(struct t *t, const char *token, const char *password)
{
    POST_JSON(
        t, "/v1/auth/password-resets/confirm", "{'token':'%s','password':'%s'}", token, password);
}

static void ask_reset(struct t *t, const char *email)
{
    as_nobody(t);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", email);
}

static err insert_reset(struct ctx *c, void *arg)
{
    const struct auth_reset_requested *r = arg;

    return auth__insert_reset(c, r->person_id, r->token);
}

/* Asked for over HTTP; then replaced by one whose token is known here. */
static const char *token_for(struct t *t, const struct person *person)
{
    struct auth_reset_requested r = { .person_id = person->id };

    as_nobody(t);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", person->email);
    expect(t, 202, "status", "pending");
    drain_jobs(t);
    expect_event(t, "auth.reset_requested");
    r.token = secret_token(arena_of(t), "reset");
    expect_ok(tx_run(make_ctx(t, NULL, NULL), insert_reset, &r));
    return r.token;
}

static void a_change_keeps_this_session_and_ends_the_others(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *other = other_browser_of(t, ann);

    as_person(t, ann);
    change(t, ann->password, NEW_PASSWORD);
    expect(t, 204);
    expect_event(t, "auth.password_changed");
    GET_AT(t, "/v1/me");
    expect(t, 200);
    as_person(t, other);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    sign_in(t, ann, ann->password);
    expect_problem(t, 401, "auth/wrong-credentials");
    sign_in(t, ann, NEW_PASSWORD);
    expect(t, 201);
}

static void a_change_wants_the_current_password(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    as_person(t, ann);
    change(t, "not the password", NEW_PASSWORD);
    expect_problem(t, 403, "auth/wrong-password", .field = "current_password");
    expect_no_event(t, "auth.password_changed");
    change(t, ann->password, "short");
    expect_problem(t, 422, "invalid-fields", .field = "password");
    change(t, ann->password, ann->email);
    expect_problem(t, 422, "invalid-fields", .field = "password");
    sign_in(t, ann, ann->password);
    expect(t, 201);
    as_nobody(t);
    change(t, ann->password, NEW_PASSWORD);
    expect_problem(t, 401, "unauthenticated");
}

static void tries_at_the_current_password_are_counted(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    as_person(t, ann);
    for (int i = 0; i < 5; i++) {
        change(t, "not the password", NEW_PASSWORD);
        expect_problem(t, 403, "auth/wrong-password");
    }
    change(t, ann->password, NEW_PASSWORD);
    expect_problem(t, 429, "auth/too-many-attempts");
}

static void a_mailed_link_sets_a_new_password_once(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *other = other_browser_of(t, ann);
    const char *token;

    as_nobody(t);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", ann->email);
    expect(t, 202, "status", "pending");
    token = mail_to(t, ann->email)->token;
    reset(t, token, "password123");
    expect_problem(t, 422, "invalid-fields", .field = "password");
    reset(t, token, NEW_PASSWORD);
    expect(t, 204);
    expect_event(t, "auth.password_reset");
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_person(t, other);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_nobody(t);
    reset(t, token, NEW_PASSWORD);
    expect_problem(t, 410, "auth/reset-invalid", .field = "token");
    sign_in(t, ann, ann->password);
    expect_problem(t, 401, "auth/wrong-credentials");
    sign_in(t, ann, NEW_PASSWORD);
    expect(t, 201);
}

static void a_link_ends_after_half_an_hour(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = token_for(t, ann);

    advance(t, MINUTES(30) + SECONDS(1));
    reset(t, token, NEW_PASSWORD);
    expect_problem(t, 410, "auth/reset-invalid");
    reset(t, "reset_nobody-was-ever-given-this", NEW_PASSWORD);
    expect_problem(t, 410, "auth/reset-invalid");
}

static void only_the_newest_link_works(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *older = token_for(t, ann), *newer = token_for(t, ann);

    reset(t, older, NEW_PASSWORD);
    expect_problem(t, 410, "auth/reset-invalid");
    reset(t, newer, NEW_PASSWORD);
    expect(t, 204);
}

static void an_unknown_address_is_answered_alike_and_mailed_nothing(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *known;

    as_nobody(t);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", ann->email);
    known = body_of(t);
    expect(t, 202);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'nobody@example.org'}");
    expect(t, 202);
    assert_string_equal(body_of(t), known);
    assert_int_equal(mails_to(t, "nobody@example.org"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.password_reset"), 1);
}

/* A link would open nothing; and whoever is restored asks again. */
static void one_who_is_suspended_is_mailed_no_link(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    drain_jobs(t);
    sql_run(t, "UPDATE auth.credential SET suspended_at = platform.now()");
    ask_reset(t, ann->email);
    expect(t, 202, "status", "pending");
    drain_jobs(t);
    expect_no_event(t, "auth.reset_requested");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.password_reset"), 0);
    sql_run(t, "UPDATE auth.credential SET suspended_at = NULL");
    ask_reset(t, ann->email);
    reset(t, mail_to(t, ann->email)->token, NEW_PASSWORD);
    expect(t, 204);
}

static void a_mailbox_is_not_flooded(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    for (int i = 0; i < 12; i++)
        POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", ann->email);
    drain_jobs(t);
    assert_true(sql_int(t, "SELECT count(*) FROM platform.event WHERE name = "
                           "'auth.reset_requested'") <= 5);
}

static void a_changed_password_ends_links_sent_before(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = token_for(t, ann);

    as_person(t, ann);
    change(t, ann->password, NEW_PASSWORD);
    expect(t, 204);
    reset(t, token, "another-long-password");
    expect_problem(t, 410, "auth/reset-invalid");
}

struct race {
    const char *token;
    _Atomic int won;
};

static void reset_at_once(struct t *one, int i, void *arg)
{
    struct race *r = arg;

    reset(one, r->token, at(one, "password number %d", i));
    if (status_of(one) == 204)
        r->won++;
}

static void one_link_at_once_sets_one_password(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct race r = { .token = token_for(t, ann) };
    int opens = 0;

    run_parallel(t, 6, reset_at_once, &r);
    assert_int_equal(r.won, 1);
    for (int i = 0; i < 6; i++) {
        advance(t, HOURS(1));
        sign_in(t, ann, at(t, "password number %d", i));
        opens += status_of(t) == 201;
    }
    assert_int_equal(opens, 1);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.event WHERE name = 'auth.password_reset'"), 1);
}

/* --- A hundred in a row --- */

static void guess(struct t *t, const char *email, int n)
{
    for (int i = 0; i < n; i++) {
        advance(t, MINUTES(16)); /* the longest wait */
        POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'guess %d'}", email, i);
        expect_problem(t, 401, "auth/wrong-credentials");
    }
}

static void a_hundred_wrong_ones_end_the_password_until_it_is_reset(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token;

    as_nobody(t);
    guess(t, ann->email, 100);
    drain_jobs(t);
    expect_no_event(t, "auth.password_guessed_at");
    for (int i = 0; i < 2; i++) {
        advance(t, MINUTES(16));
        POST_JSON(
            t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
        expect_problem(t, 403, "auth/password-locked");
    }
    drain_jobs(t);
    expect_event(t, "auth.password_guessed_at");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event WHERE name = "
                                "'auth.password_guessed_at'"),
        1);

    /* Waiting does not help, the sweeper neither. */
    advance(t, DAYS(3));
    drain_jobs(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect_problem(t, 403, "auth/password-locked");
    token = token_for(t, ann);
    reset(t, token, NEW_PASSWORD);
    expect(t, 204);
    sign_in(t, ann, NEW_PASSWORD);
    expect(t, 201);
}

static void a_right_one_begins_the_count_anew(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    as_nobody(t);
    guess(t, ann->email, 99);
    advance(t, MINUTES(16));
    sign_in(t, ann, ann->password);
    expect(t, 201);
    as_nobody(t);
    guess(t, ann->email, 99);
    advance(t, MINUTES(16));
    sign_in(t, ann, ann->password);
    expect(t, 201);
}

static void an_address_without_account_ends_alike(void **state)
{
    struct t *t = *state;

    guess(t, "nobody@example.org", 100);
    advance(t, MINUTES(16));
    POST_JSON(t, "/v1/auth/sessions", "{'email':'nobody@example.org','password':'whatever it is'}");
    expect_problem(t, 403, "auth/password-locked");
    drain_jobs(t);
    expect_no_event(t, "auth.password_guessed_at");
}

/* Whoever signed in before in this browser is counted apart: strangers do not lock the owner out.
 */
static void the_owners_browser_goes_on_while_others_guess(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    sign_in(t, ann, ann->password);
    expect(t, 201);
    const char *device = cookie_of(t, "ashlar_device");
    as_nobody(t);
    guess(t, ann->email, 100);
    advance(t, MINUTES(16));
    with_header(t, "Cookie", at(t, "ashlar_device=%s", device));
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201);
}

int main(void)
{
    return run_db_tests(a_change_keeps_this_session_and_ends_the_others,
        a_change_wants_the_current_password, tries_at_the_current_password_are_counted,
        a_mailed_link_sets_a_new_password_once, a_link_ends_after_half_an_hour,
        only_the_newest_link_works, an_unknown_address_is_answered_alike_and_mailed_nothing,
        one_who_is_suspended_is_mailed_no_link, a_mailbox_is_not_flooded,
        a_changed_password_ends_links_sent_before, one_link_at_once_sets_one_password,
        a_hundred_wrong_ones_end_the_password_until_it_is_reset, a_right_one_begins_the_count_anew,
        an_address_without_account_ends_alike, the_owners_browser_goes_on_while_others_guess);
}
