/* Signing up and proving an address: by link, by code, and never by guessing. */
#include "testkit.h"

#define PASSWORD "a long pass phrase"

static void sign_up(struct t *t, const char *email)
{
    POST_JSON(t, "/v1/auth/signup", "{'email':'%s','password':'" PASSWORD "','name':'Ann'}", email);
    expect(t, 202, "status", "pending");
}

static void confirm(struct t *t, const char *token)
{
    POST_JSON(t, "/v1/auth/email-verifications/confirm", "{'token':'%s'}", token);
}

static void confirm_by_code(struct t *t, const char *email, const char *code)
{
    POST_JSON(t, "/v1/auth/email-verifications/confirm", "{'email':'%s','code':'%s'}", email, code);
}

static void sign_in(struct t *t, const char *email, const char *password)
{
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", email, password);
}

static void the_mailed_link_signs_in_the_browser_that_signed_up(void **state)
{
    struct t *t = *state;
    sign_up(t, "Ann@Example.org");
    assert_null(cookie_of(t, "ashlar_session"));

    confirm(t, mail_to(t, "ann@example.org")->token);

    expect(t, 200, "status", "active", "person.email", "ann@example.org", "person.name", "Ann");
    expect_event(t, "auth.email_verified");
    assert_null(cookie_of(t, "ashlar_signup"));
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", "ann@example.org");
}

static void another_browser_is_asked_for_a_password(void **state)
{
    struct t *t = *state;
    const char *token;
    sign_up(t, "ann@example.org");

    as_nobody(t);
    token = mail_to(t, "ann@example.org")->token;
    confirm(t, token);

    expect(t, 200, "status", "set_password", "email", "ann@example.org", "session", "null");
    assert_null(cookie_of(t, "ashlar_session"));
    POST_JSON(t, "/v1/auth/email-verifications/confirm",
        "{'token':'%s','password':'chosen on a telephone','name':'Ann'}", token);
    expect(t, 200, "status", "active");
    sign_in(t, "ann@example.org", "chosen on a telephone");
    expect(t, 201, "status", "active");
    sign_in(t, "ann@example.org", PASSWORD);
    expect_problem(t, 401, "auth/wrong-credentials");
}

static void it_replaces_the_session_the_browser_had(void **state)
{
    struct t *t = *state;
    const char *before;
    as_person(t, make_person(t));
    before = at(t, "ashlar_session=%s", cookie_of(t, "ashlar_session"));
    sign_up(t, "ann@example.org");
    confirm(t, mail_to(t, "ann@example.org")->token);
    expect(t, 200, "status", "active");

    as_nobody(t);
    with_header(t, "Cookie", before);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void addresses_are_taken_as_devices_write_them(void **state)
{
    static const char *const same[] = { " ann@b\u00fccher.example ", "Ann@B\u00dcCHER.example",
        "\u00a0ann@xn--bcher-kva.example", "ann@bu\u0308cher.example\u200b" };
    struct t *t = *state;

    sign_up(t, " Ann@b\u00fccher.example");
    confirm(t, mail_to(t, "ann@xn--bcher-kva.example")->token);
    expect(t, 200, "status", "active", "person.email", "ann@xn--bcher-kva.example");
    for (size_t i = 0; i < COUNT(same); i++) {
        sign_in(t, same[i], PASSWORD);
        expect(t, 201, "status", "active");
    }
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'jos\u00e9@example.com','password':'" PASSWORD "','name':'Ann'}");
    expect_problem(t, 422, "invalid-fields", .field = "email");
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'ann smith@example.com','password':'" PASSWORD "','name':'Ann'}");
    expect_problem(t, 422, "invalid-fields", .field = "email");
}

static void names_are_no_addresses_and_show_something(void **state)
{
    static const char *const bad[] = { "PayPal Support www.evil.example", "https://evil.example",
        "evil.example", "\u3164", "\u2800", "\u200e", "\uffff", "\u115f\u00ad" };
    struct t *t = *state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        POST_JSON(t, "/v1/auth/signup",
            "{'email':'ann@example.org','password':'" PASSWORD "','name':'%s'}", bad[i]);
        expect_problem(t, 422, "invalid-fields", .field = "name");
    }
}

static void a_link_works_once(void **state)
{
    struct t *t = *state;
    const char *token;
    sign_up(t, "ann@example.org");
    token = mail_to(t, "ann@example.org")->token;
    confirm(t, token);
    expect(t, 200);

    confirm(t, token);

    expect_problem(t, 410, "auth/confirmation-invalid", .field = "token");
}

static void a_link_works_for_a_day(void **state)
{
    struct t *t = *state;
    const char *early, *late;
    sign_up(t, "ann@example.org");
    early = mail_to(t, "ann@example.org")->token;
    sign_up(t, "bob@example.org");
    late = mail_to(t, "bob@example.org")->token;

    advance(t, HOURS(24) - MINUTES(1));
    confirm(t, early);
    expect(t, 200);
    advance(t, MINUTES(2));
    confirm(t, late);
    expect_problem(t, 410, "auth/confirmation-invalid");
}

static void the_mailed_code_does_what_the_link_does(void **state)
{
    struct t *t = *state;
    const char *code;
    sign_up(t, "ann@example.org");
    code = mail_to(t, "ann@example.org")->code;
    assert_int_equal(strlen(code), 8);

    /* As people type: in lower case, with a gap. */
    confirm_by_code(t, "ann@example.org",
        at(t, "%.4s-%s", text_lower(arena_of(t), code), text_lower(arena_of(t), code + 4)));

    expect(t, 200, "status", "active");
}

static void a_code_works_for_ten_minutes(void **state)
{
    struct t *t = *state;
    const struct caught_mail *mail;
    sign_up(t, "ann@example.org");
    mail = mail_to(t, "ann@example.org");
    advance(t, MINUTES(10) + SECONDS(1));

    confirm_by_code(t, "ann@example.org", mail->code);
    expect_problem(t, 410, "auth/confirmation-invalid", .field = "code");

    confirm(t, mail->token);
    expect(t, 200);
}

static void a_code_survives_five_tries_and_its_link_all_of_them(void **state)
{
    struct t *t = *state;
    const struct caught_mail *mail;
    sign_up(t, "ann@example.org");
    mail = mail_to(t, "ann@example.org");

    for (int i = 0; i < 5; i++) {
        confirm_by_code(t, "ann@example.org", "00000000");
        expect_problem(t, 410, "auth/confirmation-invalid");
    }
    confirm_by_code(t, "ann@example.org", mail->code);
    expect_problem(t, 410, "auth/confirmation-invalid");

    confirm(t, mail->token);
    expect(t, 200, "status", "active");
}

/* Somebody who knows the address and no more: with nothing, or with a sign-up of their own for it.
 */
static void guess_as_stranger(struct t *t, bool signs_up, int times)
{
    as_nobody(t);
    if (signs_up)
        sign_up(t, "ann@example.org");
    for (int i = 0; i < times; i++) {
        confirm_by_code(t, "ann@example.org", "00000000");
        expect_problem(t, 410, "auth/confirmation-invalid");
    }
}

static void what_strangers_guess_leaves_the_code_to_who_signed_up(void **state)
{
    struct t *t = *state;

    for (int signs_up = 0; signs_up < 2; signs_up++) {
        const char *code, *mark;
        as_nobody(t);
        sign_up(t, "ann@example.org");
        code = mail_to(t, "ann@example.org")->code;
        mark = at(t, "ashlar_signup=%s", cookie_of(t, "ashlar_signup"));

        guess_as_stranger(t, signs_up, 8);
        confirm_by_code(t, "ann@example.org", code);
        expect_problem(t, 410, "auth/confirmation-invalid"); /* nor do they get more than five */

        as_nobody(t);
        with_header(t, "Cookie", mark);
        confirm_by_code(t, "ann@example.org", code);
        expect(t, 200, "status", "active");
        sql_run(t, "DELETE FROM auth.session; DELETE FROM auth.credential; "
                   "DELETE FROM auth.signup; UPDATE users.person SET email = id || '@x.example'");
    }
}

static void what_strangers_guess_leaves_the_code_to_a_program(void **state)
{
    struct t *t = *state;
    const char *code, *secret;
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'ann@example.org','password':'" PASSWORD "','name':'Ann','transport':'bearer'}");
    secret = member_of(t, "signup_secret");
    code = mail_to(t, "ann@example.org")->code;

    guess_as_stranger(t, false, 8);
    POST_JSON(t, "/v1/auth/email-verifications/confirm",
        "{'email':'ann@example.org','code':'%s','signup_secret':'%s','transport':'bearer'}", code,
        secret);
    expect(t, 200, "status", "active");
}

static void a_code_typed_elsewhere_has_five_tries_of_its_own(void **state)
{
    struct t *t = *state;
    const char *code, *mark;
    sign_up(t, "ann@example.org");
    code = mail_to(t, "ann@example.org")->code;
    mark = at(t, "ashlar_signup=%s", cookie_of(t, "ashlar_signup"));
    for (int i = 0; i < 5; i++)
        confirm_by_code(t, "ann@example.org", "00000000");

    guess_as_stranger(t, false, 4);
    confirm_by_code(t, "ann@example.org", code);
    expect(t, 200, "status", "set_password");
    as_nobody(t);
    with_header(t, "Cookie", mark);
    confirm_by_code(t, "ann@example.org", code);
    expect_problem(t, 410, "auth/confirmation-invalid");

    /* Sent again, to whoever signed up, it is a new one for both. */
    with_header(t, "Cookie", mark);
    POST_JSON(t, "/v1/auth/email-verifications", "{'email':'ann@example.org'}");
    code = mail_to(t, "ann@example.org")->code;
    as_nobody(t);
    confirm_by_code(t, "ann@example.org", code);
    expect(t, 200, "status", "set_password");
}

static void half_a_confirmation_is_refused(void **state)
{
    struct t *t = *state;
    const char *path = "/v1/auth/email-verifications/confirm";

    POST_JSON(t, path, "{}");
    expect_problem(t, 422, "invalid-fields", .field = "token");
    POST_JSON(t, path, "{'email':'ann@example.org'}");
    expect_problem(t, 422, "invalid-fields", .field = "token");
    POST_JSON(t, path, "{'token':'verify_x','email':'ann@example.org','code':'00000000'}");
    expect_problem(t, 422, "invalid-fields", .field = "token");
    POST_JSON(t, path, "{'email':'ann@example.org','code':'short'}");
    expect_problem(t, 422, "invalid-fields", .field = "code");
}

static void a_code_is_no_code_of_another_address(void **state)
{
    struct t *t = *state;
    sign_up(t, "ann@example.org");
    sign_up(t, "bob@example.org");

    confirm_by_code(t, "bob@example.org", mail_to(t, "ann@example.org")->code);

    expect_problem(t, 410, "auth/confirmation-invalid");
}

static void an_address_cannot_be_squatted(void **state)
{
    struct t *t = *state;
    const char *of_stranger, *of_ann;
    as_nobody(t);
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'ann@example.org','password':'known to a stranger','name':'Not Ann'}");
    of_stranger = mail_to(t, "ann@example.org")->token;
    as_nobody(t);
    sign_up(t, "ann@example.org");
    of_ann = mail_to(t, "ann@example.org")->token;

    confirm(t, of_ann);
    expect(t, 200, "person.name", "Ann");

    confirm(t, of_stranger);
    expect_problem(t, 410, "auth/confirmation-invalid");
    sign_in(t, "ann@example.org", "known to a stranger");
    expect_problem(t, 401, "auth/wrong-credentials");
}

static void who_has_an_account_is_told_so_by_mail_alone(void **state)
{
    struct t *t = *state;
    make_person(t, .email = "ann@example.org");

    as_nobody(t);
    sign_up(t, "ann@example.org");

    assert_null(mail_to(t, "ann@example.org")->token);
    expect_event(t, "auth.signup_for_existing_account");
    expect_no_event(t, "auth.signup_started");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.signup WHERE ended_at IS NULL"), 0);
}

static void a_password_attackers_know_is_refused_on_its_field(void **state)
{
    struct t *t = *state;

    POST_JSON(t, "/v1/auth/signup", "{'email':'a@b.example','password':'1234567890','name':'A'}");
    expect_problem(t, 422, "invalid-fields", .field = "password");
    expect(t, 422, "errors.0.code", "breached");
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'ann.lee@example.org','password':'Ann.Lee@example.org','name':'A'}");
    expect(t, 422, "errors.0.pointer", "/password", "errors.0.code", "equals-email");
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'ann.bo.lee@example.org','password':'Ann.Bo.Lee','name':'A'}");
    expect(t, 422, "errors.0.pointer", "/password", "errors.0.code", "equals-email");
    POST_JSON(
        t, "/v1/auth/signup", "{'email':'a@b.example','password':'~~~~~~~~~~~~~~','name':'A'}");
    expect(t, 422, "errors.0.pointer", "/password", "errors.0.code", "repeats");
    POST_JSON(t, "/v1/auth/signup", "{'email':'a@b.example','password':'too short','name':'A'}");
    expect_problem(t, 422, "invalid-fields", .field = "password");
}

static void asking_again_renews_the_link(void **state)
{
    struct t *t = *state;
    const char *old;
    sign_up(t, "ann@example.org");
    old = mail_to(t, "ann@example.org")->token;

    POST_JSON(t, "/v1/auth/email-verifications", "{'email':'ann@example.org'}");

    expect(t, 202, "status", "pending");
    assert_int_equal(mails_to(t, "ann@example.org"), 2);
    confirm(t, old);
    expect_problem(t, 410, "auth/confirmation-invalid");
    confirm(t, mail_to(t, "ann@example.org")->token);
    expect(t, 200, "status", "active");
}

static void asking_for_an_unknown_address_mails_nobody(void **state)
{
    struct t *t = *state;

    POST_JSON(t, "/v1/auth/email-verifications", "{'email':'nobody@example.org'}");

    expect(t, 202, "status", "pending");
    assert_int_equal(mails_to(t, "nobody@example.org"), 0);
}

static void an_address_gets_a_few_mails_an_hour_and_no_more(void **state)
{
    struct t *t = *state;

    for (int i = 0; i < 8; i++)
        sign_up(t, "ann@example.org");
    assert_int_equal(mails_to(t, "ann@example.org"), 5);

    advance(t, HOURS(1));
    sign_up(t, "ann@example.org");
    assert_int_equal(mails_to(t, "ann@example.org"), 6);
}

static void secrets_lie_in_no_table_in_clear(void **state)
{
    struct t *t = *state;
    const struct caught_mail *mail;
    sign_up(t, "ann@example.org");
    mail = mail_to(t, "ann@example.org");

    assert_true(tables_with(t, "ann@example.org") > 0);
    assert_int_equal(tables_with(t, mail->token), 0);
    assert_int_equal(tables_with(t, mail->code), 0);
    assert_int_equal(tables_with(t, PASSWORD), 0);
}

struct race {
    const char *token;
    _Atomic int confirmed, refused;
};

static void confirm_at_once(struct t *one, int i, void *arg)
{
    struct race *r = arg;

    (void)i;
    confirm(one, r->token);
    if (status_of(one) == 200)
        r->confirmed++;
    else if (status_of(one) == 410)
        r->refused++;
}

static void two_confirmations_of_one_token_make_one_person(void **state)
{
    struct t *t = *state;

    for (int round = 0; round < 5; round++) {
        const char *email = at(t, "ann%d@example.org", round);
        struct race race = { .confirmed = 0 };
        as_nobody(t);
        sign_up(t, email);
        race.token = mail_to(t, email)->token;

        run_parallel(t, 8, confirm_at_once, &race);

        assert_int_equal(race.confirmed, 1);
        assert_int_equal(race.refused, 7);
        assert_int_equal(
            sql_int(t, "SELECT count(*) FROM users.person WHERE email = '%s'", email), 1);
    }
}

struct contenders {
    const char *tokens[4];
    _Atomic int confirmed, refused;
};

static void confirm_own_at_once(struct t *one, int i, void *arg)
{
    struct contenders *k = arg;

    confirm(one, k->tokens[i]);
    if (status_of(one) == 200)
        k->confirmed++;
    else if (status_of(one) == 410)
        k->refused++;
}

static void of_several_signups_for_an_address_one_is_confirmed(void **state)
{
    struct t *t = *state;

    for (int round = 0; round < 5; round++) {
        const char *email = at(t, "bob%d@example.org", round);
        struct contenders k = { .confirmed = 0 };
        for (int i = 0; i < 4; i++) {
            sign_up(t, email);
            k.tokens[i] = mail_to(t, email)->token;
        }

        run_parallel(t, 4, confirm_own_at_once, &k);

        assert_int_equal(k.confirmed, 1);
        assert_int_equal(k.refused, 3);
        assert_int_equal(
            sql_int(t, "SELECT count(*) FROM users.person WHERE email = '%s'", email), 1);
    }
}

int main(void)
{
    return run_db_tests(the_mailed_link_signs_in_the_browser_that_signed_up,
        another_browser_is_asked_for_a_password, it_replaces_the_session_the_browser_had,
        addresses_are_taken_as_devices_write_them, names_are_no_addresses_and_show_something,
        a_link_works_once, a_link_works_for_a_day, the_mailed_code_does_what_the_link_does,
        a_code_works_for_ten_minutes, a_code_survives_five_tries_and_its_link_all_of_them,
        what_strangers_guess_leaves_the_code_to_who_signed_up,
        what_strangers_guess_leaves_the_code_to_a_program,
        a_code_typed_elsewhere_has_five_tries_of_its_own, half_a_confirmation_is_refused,
        a_code_is_no_code_of_another_address, an_address_cannot_be_squatted,
        who_has_an_account_is_told_so_by_mail_alone,
        a_password_attackers_know_is_refused_on_its_field, asking_again_renews_the_link,
        asking_for_an_unknown_address_mails_nobody, an_address_gets_a_few_mails_an_hour_and_no_more,
        secrets_lie_in_no_table_in_clear, two_confirmations_of_one_token_make_one_person,
        of_several_signups_for_an_address_one_is_confirmed);
}
