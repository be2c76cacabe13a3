/* Guessing is slow, for known and unknown addresses alike, and does not shut the owner out. */
#include "app_factory.h"
#include "auth_internal.h"
#include "db/tx.h"

static void guess(struct t *t, const char *email)
{
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'a wrong guess'}", email);
}

static void guess_in_vain(struct t *t, const char *email, int times)
{
    for (int i = 0; i < times; i++) {
        guess(t, email);
        expect_problem(t, 401, "auth/wrong-credentials");
    }
}

static int64_t retry_after(struct t *t)
{
    int64_t seconds = 0;

    assert_non_null(header_of(t, "Retry-After"));
    assert_true(text_to_int(header_of(t, "Retry-After"), &seconds));
    return seconds;
}

static void after_five_wrong_guesses_the_waiting_doubles_up_to_fifteen_minutes(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    int64_t expected = 1;
    as_nobody(t);
    guess_in_vain(t, ann->email, 5);

    for (int i = 0; i < 12; i++) {
        guess(t, ann->email);
        expect_problem(t, 429, "auth/too-many-attempts");
        assert_int_equal(retry_after(t), expected);
        advance(t, SECONDS(expected));
        guess_in_vain(t, ann->email, 1);
        expected = expected * 2 < 900 ? expected * 2 : 900;
    }
}

static void unknown_addresses_are_throttled_alike(void **state)
{
    struct t *t = *state;
    guess_in_vain(t, "nobody@example.org", 5);

    guess(t, "nobody@example.org");

    expect_problem(t, 429, "auth/too-many-attempts");
    assert_int_equal(retry_after(t), 1);
}

static void the_right_password_waits_too_but_from_elsewhere_it_opens(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    as_nobody(t);
    from_address(t, "198.51.100.7");
    guess_in_vain(t, ann->email, 5);

    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect_problem(t, 429, "auth/too-many-attempts");

    from_address(t, "203.0.113.9");
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201, "status", "active");
}

static void signing_in_forgets_the_failures_before_it(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    as_nobody(t);

    for (int round = 0; round < 3; round++) {
        guess_in_vain(t, ann->email, 4);
        POST_JSON(
            t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
        expect(t, 201);
    }
}

static void guesses_from_many_networks_are_counted_per_account(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    as_nobody(t);
    for (int i = 0; i < 20; i++) {
        from_address(t, at(t, "198.51.%d.7", i));
        guess_in_vain(t, ann->email, 1);
    }

    from_address(t, "198.51.99.7");
    guess(t, ann->email);

    expect_problem(t, 429, "auth/too-many-attempts");
}

static void a_browser_that_signed_in_before_is_not_kept_out(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t);
    const char *mark;
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    mark = at(t, "ashlar_device=%s", cookie_of(t, "ashlar_device"));
    as_nobody(t);
    guess_in_vain(t, ann->email, 5);
    guess_in_vain(t, bob->email, 5);

    with_header(t, "Cookie", mark);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201);
    with_header(t, "Cookie", mark); /* hers is no mark of another account */
    guess(t, bob->email);
    expect_problem(t, 429, "auth/too-many-attempts");

    for (int i = 0; i < 5; i++) { /* nor a licence to guess on from there */
        with_header(t, "Cookie", mark);
        guess_in_vain(t, ann->email, 1);
    }
    with_header(t, "Cookie", mark);
    guess(t, ann->email);
    expect_problem(t, 429, "auth/too-many-attempts");
}

static void a_strangers_guesses_do_not_keep_the_owner_from_reauthentication(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    as_nobody(t);
    guess_in_vain(t, ann->email, 5);
    guess(t, ann->email);
    expect_problem(t, 429, "auth/too-many-attempts");

    as_person(t, ann);
    with_header(t, "Cookie", at(t, "ashlar_session=%s", cookie_of(t, "ashlar_session")));
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", ann->password);
    expect(t, 200);
    for (int i = 0; i < 5; i++) { /* but whoever holds the session is counted as well */
        POST_JSON(t, "/v1/auth/sudo", "{'password':'a wrong guess'}");
        expect_problem(t, 403, "auth/wrong-password");
    }
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", ann->password);
    expect_problem(t, 429, "auth/too-many-attempts");
}

/* A stranger who has the password, too, and uses up challenge after challenge. */
static void a_strangers_codes_leave_the_owners_challenge_to_the_owner(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    const char *mark = at(t, "ashlar_device=%s", cookie_of(t, "ashlar_device")), *challenge,
               *theirs;

    with_header(t, "Cookie", mark);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201, "status", "second_factor_required");
    challenge = member_of(t, "challenge.token");
    for (int i = 0; i < 4; i++) {
        from_address(t, at(t, "192.%d.2.1", i + 1));
        theirs = challenge_for(t, ann);
        for (int n = 0; n < 4; n++)
            POST_JSON(
                t, "/v1/auth/sessions/second-factor", "{'challenge':'%s','code':'0'}", theirs);
        expect_problem(t, 403, "auth/wrong-code");
    }
    from_address(t, "192.99.2.1");
    guess(t, ann->email);
    expect_problem(t, 429, "auth/too-many-attempts"); /* from anywhere now */
    from_address(t, "127.0.0.1");
    with_header(t, "Cookie", mark);
    POST_JSON(t, "/v1/auth/sessions/second-factor", "{'challenge':'%s','code':'%s'}", challenge,
        fresh_code(t, &app));
    expect(t, 201, "status", "active");
}

/* As a unit of work without a request: the dispatcher would answer 500. */
static void tries_whose_password_could_not_be_looked_at_do_not_count(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const struct auth__sign_in in = { .email = ann->email, .password = ann->password };
    const struct auth__browser browser = { .token = NULL };
    int64_t before = sql_int(t, "SELECT sum(tries) FROM auth.throttle");
    sql_run(t, "UPDATE auth.credential SET password_hash = 'damaged'");

    for (int i = 0; i < 8; i++) {
        struct ctx *c = make_ctx(t, NULL, NULL);
        struct auth__signed_in out;
        expect_error(auth__sign_in(c, &in, &browser, &out), &ERR_INTERNAL);
        tx_run_what_is_apart(c);
    }

    assert_int_equal(sql_int(t, "SELECT sum(tries) FROM auth.throttle"), before);
}

struct burst {
    const char *email;
    _Atomic int looked_at, refused;
};

static void guess_at_once(struct t *one, int i, void *arg)
{
    struct burst *b = arg;

    (void)i;
    guess(one, b->email);
    if (status_of(one) == 401)
        b->looked_at++;
    else if (status_of(one) == 429)
        b->refused++;
}

static void many_guesses_at_once_do_not_get_around_the_count(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct burst burst = { .email = ann->email };
    as_nobody(t);

    run_parallel(t, 32, guess_at_once, &burst);

    assert_int_equal(burst.looked_at + burst.refused, 32);
    assert_int_equal(burst.looked_at, 5);
}

static void the_table_names_neither_address_nor_network(void **state)
{
    struct t *t = *state;
    from_address(t, "198.51.100.7");
    guess_in_vain(t, "nobody@example.org", 1);

    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.throttle"), 3);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM auth.throttle t WHERE to_jsonb(t)::text LIKE '%%nobody%%' "
                   "OR to_jsonb(t)::text LIKE '%%198.51%%'"),
        0);
}

int main(void)
{
    return run_db_tests(after_five_wrong_guesses_the_waiting_doubles_up_to_fifteen_minutes,
        unknown_addresses_are_throttled_alike,
        the_right_password_waits_too_but_from_elsewhere_it_opens,
        signing_in_forgets_the_failures_before_it,
        guesses_from_many_networks_are_counted_per_account,
        a_browser_that_signed_in_before_is_not_kept_out,
        a_strangers_guesses_do_not_keep_the_owner_from_reauthentication,
        a_strangers_codes_leave_the_owners_challenge_to_the_owner,
        tries_whose_password_could_not_be_looked_at_do_not_count,
        many_guesses_at_once_do_not_get_around_the_count,
        the_table_names_neither_address_nor_network);
}
