/* Whose sign-up counts: a mailed link or code proves an address, and what was given at a sign-up
 * counts in the browser that made it and nowhere else. */
#include "testkit.h"
#include <string.h>

#define VICTIM   "victim@example.org"
#define PASSWORD "a long pass phrase"
#define ATTACKER "attacker-chosen-991"
#define CONFIRM  "/v1/auth/email-verifications/confirm"

static const char *signup_cookie(struct t *t)
{
    return at(t, "ashlar_signup=%s", cookie_of(t, "ashlar_signup"));
}

/* Signs up from a new browser; its mark. */
static const char *sign_up(struct t *t, const char *password, const char *name)
{
    as_nobody(t);
    POST_JSON(
        t, "/v1/auth/signup", "{'email':'" VICTIM "','password':'%s','name':'%s'}", password, name);
    expect(t, 202, "status", "pending");
    return signup_cookie(t);
}

static void with_mark(struct t *t, const char *mark)
{
    as_nobody(t);
    with_header(t, "Cookie", mark);
}

static void confirm(struct t *t, const char *mark, const char *token)
{
    with_mark(t, mark);
    POST_JSON(t, CONFIRM, "{'token':'%s'}", token);
}

static void confirm_code(struct t *t, const char *mark, const char *code)
{
    with_mark(t, mark);
    POST_JSON(t, CONFIRM, "{'email':'" VICTIM "','code':'%s'}", code);
}

static void set_password(struct t *t, const char *mark, const char *token)
{
    with_mark(t, mark);
    POST_JSON(t, CONFIRM, "{'token':'%s','password':'" PASSWORD "','name':'The Victim'}", token);
}

/* Each from a network of its own: what is counted is not what is asked here. */
static void sign_in(struct t *t, const char *mark, const char *password)
{
    static int networks;

    networks = (networks + 1) % 250;
    from_address(t, at(t, "10.0.%d.1", networks));
    with_mark(t, mark);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'" VICTIM "','password':'%s'}", password);
}

static void ask_again(struct t *t, const char *mark)
{
    with_mark(t, mark);
    POST_JSON(t, "/v1/auth/email-verifications", "{'email':'" VICTIM "'}");
    expect(t, 202, "status", "pending");
}

static void expect_set_password(struct t *t)
{
    expect(t, 200, "status", "set_password", "email", VICTIM, "person", "null", "session", "null",
        "token", "null");
    assert_null(header_of(t, "Set-Cookie"));
}

static void expect_nobody(struct t *t)
{
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.person"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.credential"), 0);
}

/* Neither with the mark nor without is there a way in, and the answers tell of no account. */
static void expect_kept_out(struct t *t, const char *mark, const char *password)
{
    sign_in(t, mark, password);
    expect_problem(t, 403, "auth/email-unverified");
    sign_in(t, NULL, password);
    expect_problem(t, 401, "auth/wrong-credentials");
}

static void the_owners_click_makes_no_account_with_a_strangers_password(void **state)
{
    struct t *t = *state;
    const char *attacker = sign_up(t, ATTACKER, "Attacker wrote this");
    const struct caught_mail *mail = mail_to(t, VICTIM);

    confirm(t, NULL, mail->token);
    expect_set_password(t);
    expect_no_event(t, "auth.email_verified");
    expect_nobody(t);
    expect_kept_out(t, attacker, ATTACKER);

    set_password(t, NULL, mail->token);
    expect(t, 200, "status", "active", "person.name", "The Victim", "person.email", VICTIM,
        "session.factors", "password");
    assert_non_null(cookie_of(t, SESSION_COOKIE));
    expect_event(t, "auth.email_verified");
    expect_kept_out(t, attacker, ATTACKER);
    sign_in(t, NULL, PASSWORD);
    expect(t, 201, "status", "active", "person.name", "The Victim");

    confirm(t, attacker, mail->token);
    expect_problem(t, 410, "auth/confirmation-invalid", .field = "token");
    confirm_code(t, attacker, mail->code);
    expect_problem(t, 410, "auth/confirmation-invalid", .field = "code");
}

/* The facts' second way: the newest sign-up, a stranger's, was what was mailed again. */
static void asking_again_from_elsewhere_renews_nobodys_signup(void **state)
{
    struct t *t = *state;
    const char *victim = sign_up(t, PASSWORD, "Victim"), *attacker, *third;
    const char *own = mail_to(t, VICTIM)->token;
    const struct caught_mail *mail;

    attacker = sign_up(t, ATTACKER, "Attacker");
    ask_again(t, NULL);
    assert_int_equal(mails_to(t, VICTIM), 3);
    mail = mail_to(t, VICTIM);
    third = mail->token;

    confirm_code(t, victim, mail->code);
    expect_set_password(t);
    confirm(t, attacker, third);
    expect_set_password(t);
    confirm(t, NULL, third);
    expect_set_password(t);
    expect_nobody(t);
    confirm(t, victim, own);
    expect(t, 200, "status", "active", "person.name", "Victim");
    expect_kept_out(t, attacker, ATTACKER);
    set_password(t, NULL, third);
    expect_problem(t, 410, "auth/confirmation-invalid");
    sign_in(t, NULL, PASSWORD);
    expect(t, 201);
}

static void what_is_mailed_again_to_another_browser_sets_a_password(void **state)
{
    struct t *t = *state;
    const char *attacker = sign_up(t, ATTACKER, "Attacker"), *third;

    ask_again(t, NULL);
    third = mail_to(t, VICTIM)->token;
    set_password(t, NULL, third);
    expect(t, 200, "status", "active", "person.name", "The Victim");
    expect_kept_out(t, attacker, ATTACKER);
}

static void a_strangers_code_counts_for_no_signup(void **state)
{
    struct t *t = *state;
    const char *victim = sign_up(t, PASSWORD, "Victim"), *attacker;
    const char *own = mail_to(t, VICTIM)->code, *strangers;

    attacker = sign_up(t, ATTACKER, "Attacker");
    strangers = mail_to(t, VICTIM)->code;
    confirm_code(t, victim, strangers);
    expect_set_password(t);
    expect_nobody(t);
    confirm_code(t, victim, own);
    expect(t, 200, "status", "active", "person.name", "Victim");
    expect_kept_out(t, attacker, ATTACKER);
    sign_in(t, NULL, PASSWORD);
    expect(t, 201);
}

static void a_code_typed_elsewhere_sets_a_password(void **state)
{
    struct t *t = *state;
    const char *code;

    sign_up(t, ATTACKER, "Attacker");
    code = mail_to(t, VICTIM)->code;
    confirm_code(t, NULL, code);
    expect_set_password(t);
    as_nobody(t);
    POST_JSON(t, CONFIRM,
        "{'email':'" VICTIM "','code':'%s','password':'" PASSWORD "','name':'The Victim'}", code);
    expect(t, 200, "status", "active", "person.name", "The Victim");
    sign_in(t, NULL, ATTACKER);
    expect_problem(t, 401, "auth/wrong-credentials");
}

static void asking_again_renews_the_browsers_own(void **state)
{
    struct t *t = *state;
    const char *victim = sign_up(t, PASSWORD, "Victim"), *attacker, *first, *strangers;

    first = mail_to(t, VICTIM)->token;
    attacker = sign_up(t, ATTACKER, "Attacker");
    strangers = mail_to(t, VICTIM)->token;
    ask_again(t, victim);
    drain_jobs(t);
    confirm(t, victim, first);
    expect_problem(t, 410, "auth/confirmation-invalid");
    confirm(t, victim, strangers);
    expect_set_password(t);
    confirm(t, victim, mail_to(t, VICTIM)->token);
    expect(t, 200, "status", "active", "person.name", "Victim");
    expect_kept_out(t, attacker, ATTACKER);
}

/* Tabs share their mark: either mail is answered here, each with its own password. */
static void two_signups_of_one_browser_are_both_its_own(void **state)
{
    struct t *t = *state;
    const char *mark = sign_up(t, "the first pass phrase", "First"), *first;

    first = mail_to(t, VICTIM)->token;
    with_mark(t, mark);
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'" VICTIM "','password':'the second pass phrase','name':'Second'}");
    expect(t, 202, "signup_secret", "null");
    assert_string_equal(signup_cookie(t), mark);

    confirm(t, mark, first);
    expect(t, 200, "status", "active", "person.name", "First");
    sign_in(t, NULL, "the second pass phrase");
    expect_problem(t, 401, "auth/wrong-credentials");
    sign_in(t, NULL, "the first pass phrase");
    expect(t, 201);
    confirm(t, mark, mail_to(t, VICTIM)->token);
    expect_problem(t, 410, "auth/confirmation-invalid");
}

static void a_mark_nobody_was_given_is_replaced(void **state)
{
    struct t *t = *state;

    as_nobody(t);
    with_header(t, "Cookie", "ashlar_signup=of-my-own");
    POST_JSON(
        t, "/v1/auth/signup", "{'email':'" VICTIM "','password':'" PASSWORD "','name':'Victim'}");
    expect(t, 202);
    assert_non_null(strstr(cookie_of(t, "ashlar_signup"), "browser_"));
}

static void a_refused_password_leaves_the_link_as_it_was(void **state)
{
    struct t *t = *state;
    const char *token;

    sign_up(t, ATTACKER, "Attacker");
    token = mail_to(t, VICTIM)->token;
    as_nobody(t);
    POST_JSON(t, CONFIRM, "{'token':'%s','password':'password123','name':'V'}", token);
    expect_problem(t, 422, "invalid-fields", .field = "password");
    POST_JSON(t, CONFIRM, "{'token':'%s','password':'" VICTIM "','name':'V'}", token);
    expect(t, 422, "errors.0.code", "equals-email");
    POST_JSON(t, CONFIRM, "{'token':'%s','password':'" PASSWORD "'}", token);
    expect_problem(t, 422, "invalid-fields", .field = "name");
    POST_JSON(t, CONFIRM, "{'token':'%s','name':'Only a name'}", token);
    expect_problem(t, 422, "invalid-fields", .field = "password");
    POST_JSON(t, CONFIRM, "{'token':'verify_x','password':'" PASSWORD "','name':'V'}");
    expect_problem(t, 410, "auth/confirmation-invalid");
    expect_nobody(t);
    set_password(t, NULL, token);
    expect(t, 200, "status", "active");
    set_password(t, NULL, token);
    expect_problem(t, 410, "auth/confirmation-invalid");
}

static void a_password_is_set_while_the_link_works(void **state)
{
    struct t *t = *state;
    const char *token;

    sign_up(t, ATTACKER, "Attacker");
    token = mail_to(t, VICTIM)->token;
    confirm(t, NULL, token);
    expect_set_password(t);
    advance(t, HOURS(24) + SECONDS(1));
    set_password(t, NULL, token);
    expect_problem(t, 410, "auth/confirmation-invalid");
    expect_nobody(t);
}

static void programs_carry_the_mark_themselves(void **state)
{
    struct t *t = *state;
    const char *secret, *token;

    as_nobody(t);
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'" VICTIM "','password':'" PASSWORD "','name':'Victim','transport':'bearer'}");
    expect(t, 202, "status", "pending");
    assert_null(header_of(t, "Set-Cookie"));
    secret = member_of(t, "signup_secret");
    POST_JSON(t, "/v1/auth/sessions",
        "{'email':'" VICTIM "','password':'" PASSWORD "','signup_secret':'%s'}", secret);
    expect_problem(t, 403, "auth/email-unverified");
    POST_JSON(
        t, "/v1/auth/email-verifications", "{'email':'" VICTIM "','signup_secret':'%s'}", secret);
    expect(t, 202);
    token = mail_to(t, VICTIM)->token;

    POST_JSON(t, CONFIRM, "{'token':'%s','transport':'bearer'}", token);
    expect_set_password(t);
    POST_JSON(t, CONFIRM, "{'token':'%s','signup_secret':'browser_of-somebody-else'}", token);
    expect_set_password(t);
    POST_JSON(
        t, CONFIRM, "{'token':'%s','signup_secret':'%s','transport':'bearer'}", token, secret);
    expect(t, 200, "status", "active", "person.name", "Victim");
    assert_null(cookie_of(t, SESSION_COOKIE));
    with_header(t, "Authorization", at(t, "Bearer %s", member_of(t, "token")));
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", VICTIM);
}

/* A form on somebody's page would mark its reader's browser with a sign-up of its own. */
static void no_page_elsewhere_signs_its_reader_up(void **state)
{
    static const char *const types[] = { "text/plain", "application/x-www-form-urlencoded", NULL };
    const char *body = "{\"email\":\"" VICTIM "\",\"password\":\"" ATTACKER "\",\"name\":\"A\"}";
    struct t *t = *state;

    for (size_t i = 0; i < COUNT(types); i++) {
        as_nobody(t);
        SEND(t, "POST", "/v1/auth/signup", types[i], body, strlen(body));
        expect_problem(t, 415, "unsupported-media-type");
        assert_null(header_of(t, "Set-Cookie"));
    }
}

static void setting_a_password_replaces_the_session_there_was(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t);
    const char *before, *token;

    sign_up(t, ATTACKER, "Attacker");
    token = mail_to(t, VICTIM)->token;
    as_person(t, bob);
    before = at(t, "%s=%s", SESSION_COOKIE, cookie_of(t, SESSION_COOKIE));
    POST_JSON(t, CONFIRM, "{'token':'%s'}", token);
    expect(t, 200, "status", "set_password");
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", bob->email);
    POST_JSON(t, CONFIRM, "{'token':'%s','password':'" PASSWORD "','name':'The Victim'}", token);
    expect(t, 200, "status", "active");
    with_mark(t, before);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

/* --- Whether there is an account --- */

static void signing_up_and_in_tells_of_no_account(void **state)
{
    struct t *t = *state;
    const char *mark;

    make_person(t, .email = VICTIM);
    mark = sign_up(t, ATTACKER, "Attacker");
    expect_kept_out(t, mark, ATTACKER);
    drain_jobs(t);
    expect_kept_out(t, mark, ATTACKER);
    ask_again(t, mark);
    expect_kept_out(t, mark, ATTACKER);
    sign_in(t, mark, "another wrong one");
    expect_problem(t, 401, "auth/wrong-credentials");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.signup WHERE ended_at IS NULL"), 0);
}

static void nor_does_an_address_that_becomes_an_accounts(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *mark = sign_up(t, ATTACKER, "Attacker"), *strangers = mail_to(t, VICTIM)->token;

    as_person(t, ann);
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'" VICTIM "'}");
    expect(t, 202);
    POST_JSON(t, "/v1/auth/email-changes/confirm", "{'token':'%s'}", mail_to(t, VICTIM)->token);
    expect(t, 204);
    expect_kept_out(t, mark, ATTACKER);
    confirm(t, mark, strangers);
    expect_problem(t, 410, "auth/confirmation-invalid");
}

/* Whoever has an account and signed up once more is let in by the account's password. */
static void an_owner_who_signed_up_again_signs_in(void **state)
{
    struct t *t = *state;
    const char *mark;

    make_person(t, .email = VICTIM, .password = PASSWORD);
    mark = sign_up(t, "yet another pass phrase", "Victim");
    drain_jobs(t);
    sign_in(t, mark, PASSWORD);
    expect(t, 201, "status", "active");
}

/* --- At once --- */

struct race {
    const char *marks[4], *tokens[4];
    _Atomic int active, over;
};

static void answer(struct t *one, int i, void *arg)
{
    struct race *r = arg;

    with_header(one, "Cookie", r->marks[i]);
    if (r->marks[i] != NULL)
        POST_JSON(one, CONFIRM, "{'token':'%s'}", r->tokens[i]);
    else
        POST_JSON(one, CONFIRM, "{'token':'%s','password':'" PASSWORD "','name':'The Victim'}",
            r->tokens[i]);
    if (status_of(one) == 410)
        r->over++;
    else if (text_equal(member_of(one, "status"), "active"))
        r->active++;
}

static void of_all_who_answer_at_once_one_has_the_account(void **state)
{
    struct t *t = *state;

    for (int round = 0; round < 5; round++) {
        struct race r = { .active = 0 };

        sql_run(t, "UPDATE auth.throttle SET tries = 0"); /* of mails */
        r.marks[0] = sign_up(t, PASSWORD, "The Victim");
        r.tokens[0] = mail_to(t, VICTIM)->token;
        r.marks[1] = sign_up(t, PASSWORD, "The Victim");
        r.tokens[1] = mail_to(t, VICTIM)->token;
        ask_again(t, NULL);
        r.tokens[2] = mail_to(t, VICTIM)->token;
        r.tokens[3] = r.tokens[0];
        as_nobody(t);
        run_parallel(t, 4, answer, &r);
        assert_int_equal(r.active, 1);
        assert_int_equal(r.over, 3);
        assert_int_equal(sql_int(t, "SELECT count(*) FROM users.person"), 1);
        sign_in(t, NULL, PASSWORD);
        expect(t, 201);
        DELETE_AT(t, "/v1/me");
        expect(t, 204);
        drain_jobs(t);
    }
}

int main(void)
{
    return run_db_tests(the_owners_click_makes_no_account_with_a_strangers_password,
        asking_again_from_elsewhere_renews_nobodys_signup,
        what_is_mailed_again_to_another_browser_sets_a_password,
        a_strangers_code_counts_for_no_signup, a_code_typed_elsewhere_sets_a_password,
        asking_again_renews_the_browsers_own, two_signups_of_one_browser_are_both_its_own,
        a_mark_nobody_was_given_is_replaced, a_refused_password_leaves_the_link_as_it_was,
        a_password_is_set_while_the_link_works, programs_carry_the_mark_themselves,
        no_page_elsewhere_signs_its_reader_up, setting_a_password_replaces_the_session_there_was,
        signing_up_and_in_tells_of_no_account, nor_does_an_address_that_becomes_an_accounts,
        an_owner_who_signed_up_again_signs_in, of_all_who_answer_at_once_one_has_the_account);
}
