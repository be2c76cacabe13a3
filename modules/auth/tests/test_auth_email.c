/* Changing the address of an account, and taking the change back. */
#include "testkit.h"
#include "auth_internal.h"

#define NEW_PASSWORD "a-new-and-long-one"

static void ask(struct t *t, const char *email)
{
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'%s'}", email);
}

static void confirm(struct t *t, const char *token)
{
    POST_JSON(t, "/v1/auth/email-changes/confirm", "{'token':'%s'}", token);
}

static void undo(struct t *t, const char *token)
{
    POST_JSON(t, "/v1/auth/email-changes/undo", "{'token':'%s'}", token);
}

static void sign_in(struct t *t, const char *email, const char *password)
{
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", email, password);
}

/* The token mailed to the new address, still to be confirmed. */
static const char *ask_as(struct t *t, struct person *person, const char *email)
{
    as_person(t, person);
    ask(t, email);
    expect(t, 202, "status", "pending");
    return mail_to(t, email)->token;
}

/* The token mailed to the old address. */
static const char *change(struct t *t, struct person *person, const char *from, const char *to)
{
    const char *token = ask_as(t, person, to);

    confirm(t, token);
    expect(t, 204);
    return mail_to(t, from)->token;
}

static void a_link_to_the_new_address_changes_it(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = ask_as(t, ann, "New@Example.org");

    expect_event(t, "auth.email_change_asked");
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", ann->email);
    confirm(t, token);
    expect(t, 204);
    expect_event(t, "auth.email_changed");
    GET_AT(t, "/v1/me"); /* sessions go on */
    expect(t, 200, "email", "new@example.org");
    sign_in(t, "new@example.org", ann->password);
    expect(t, 201);
    sign_in(t, ann->email, ann->password);
    expect_problem(t, 401, "auth/wrong-credentials");
    as_person(t, ann);
    confirm(t, token);
    expect_problem(t, 410, "auth/email-change-invalid", .field = "token");
}

/* Whoever reads the mailbox may never have heard of the account: a click gives them none. */
static void the_link_is_worth_nothing_without_a_session_of_the_account(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t);
    const char *token = ask_as(t, ann, "new@example.org");

    as_nobody(t);
    confirm(t, token);
    expect_problem(t, 401, "unauthenticated");
    as_person(t, bob);
    confirm(t, token);
    expect_problem(t, 410, "auth/email-change-invalid", .field = "token");
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", ann->email);
    as_person(t, other_browser_of(t, ann)); /* any of them */
    confirm(t, token);
    expect(t, 204);
}

static void asking_wants_reauthentication(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t));
    advance(t, MINUTES(15) + SECONDS(1));
    ask(t, "new@example.org");
    expect_problem(t, 403, "sudo-required");
    as_nobody(t);
    ask(t, "new@example.org");
    expect_problem(t, 401, "unauthenticated");
}

static void nothing_tells_whether_the_new_address_is_taken(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *taken;

    make_person(t, .email = "taken@example.org");
    as_person(t, ann);
    ask(t, "taken@example.org");
    taken = body_of(t);
    expect(t, 202);
    assert_null(mail_to(t, "taken@example.org")->token);
    assert_int_equal(mails_to(t, ann->email), 2); /* sign-up, and this */
    ask(t, "free@example.org");
    expect(t, 202);
    assert_string_equal(body_of(t), taken);
    assert_int_equal(mails_to(t, ann->email), 3);
    ask(t, ann->email);
    expect_problem(t, 422, "invalid-fields", .field = "email");
}

static void the_link_ends_after_an_hour_and_only_the_newest_works(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *older = ask_as(t, ann, "one@example.org");
    const char *newer = ask_as(t, ann, "two@example.org");

    confirm(t, older);
    expect_problem(t, 410, "auth/email-change-invalid");
    advance(t, HOURS(1) + SECONDS(1));
    confirm(t, newer);
    expect_problem(t, 410, "auth/email-change-invalid");
    undo(t, newer);
    expect_problem(t, 410, "auth/email-change-invalid");
}

static void a_new_password_stops_a_change_that_waits(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = ask_as(t, ann, "new@example.org");

    POST_JSON(t, "/v1/auth/password", "{'current_password':'%s','password':'%s'}", ann->password,
        NEW_PASSWORD);
    expect(t, 204);
    confirm(t, token);
    expect_problem(t, 410, "auth/email-change-invalid");

    token = ask_as(t, ann, "new@example.org");
    as_nobody(t);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", ann->email);
    POST_JSON(t, "/v1/auth/password-resets/confirm", "{'token':'%s','password':'another-long-one'}",
        mail_to(t, ann->email)->token);
    expect(t, 204);
    ann->password = "another-long-one";
    as_person(t, other_browser_of(t, ann));
    confirm(t, token);
    expect_problem(t, 410, "auth/email-change-invalid");
}

static void a_link_in_the_old_mailbox_sets_no_password_any_more(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = ask_as(t, ann, "new@example.org"), *reset;

    as_nobody(t);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", ann->email);
    reset = mail_to(t, ann->email)->token;
    as_person(t, ann);
    confirm(t, token);
    expect(t, 204);
    POST_JSON(t, "/v1/auth/password-resets/confirm", "{'token':'%s','password':'%s'}", reset,
        NEW_PASSWORD);
    expect_problem(t, 410, "auth/reset-invalid");
}

static void one_who_is_suspended_gets_no_other_address(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = ask_as(t, ann, "new@example.org");

    sql_run(t, "UPDATE auth.credential SET suspended_at = now() WHERE email = '%s'", ann->email);
    confirm(t, token);
    expect_problem(t, 401, "unauthenticated");
    sql_run(t, "UPDATE auth.credential SET suspended_at = NULL");
    as_person(t, other_browser_of(t, ann));
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", ann->email);
}

static void asking_is_bounded(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t));
    for (int i = 0; i < AUTH__EMAIL_CHANGES_PER_HOUR; i++) {
        ask(t, at(t, "new%d@example.org", i));
        expect(t, 202);
    }
    ask(t, "new9@example.org");
    expect_problem(t, 429, "auth/too-many-attempts");
    assert_string_equal(header_of(t, "Retry-After"), "3600");
}

static void members_see_the_new_address_and_invitations_go_by_it(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t), *other = make_org(t);
    struct person *bob = make_member(t, acme, "member");

    change(t, bob, bob->email, "bob@new.example.org");
    as_owner_of(t, acme);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 200, "data.1.email", "bob@new.example.org");
    as_owner_of(t, other);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@new.example.org','role':'member'}");
    expect(t, 201);
    as_person(t, bob);
    POST_JSON(
        t, "/v1/invitations/accept", "{'token':'%s'}", mail_to(t, "bob@new.example.org")->token);
    expect(t, 200);
}

/* --- Taking it back --- */

static void set_new_password(struct t *t, const char *email)
{
    drain_jobs(t);
    advance(t, SECONDS(1)); /* the newest mail is of this moment */
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", email);
    POST_JSON(t, "/v1/auth/password-resets/confirm", "{'token':'%s','password':'%s'}",
        mail_to(t, email)->token, NEW_PASSWORD);
    expect(t, 204);
}

static void the_old_address_takes_it_back(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = change(t, ann, ann->email, "new@example.org");

    advance(t, DAYS(7) - SECONDS(1));
    undo(t, token);
    expect(t, 204);
    expect_event(t, "auth.email_restored");
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    sign_in(t, ann->email, ann->password);
    expect_problem(t, 401, "auth/wrong-credentials");
    expect_event(t, "auth.reset_requested");
    set_new_password(t, ann->email);
    sign_in(t, "new@example.org", NEW_PASSWORD);
    expect_problem(t, 401, "auth/wrong-credentials");
    sign_in(t, ann->email, NEW_PASSWORD);
    expect(t, 201, "person.email", ann->email);
    undo(t, token);
    expect_problem(t, 410, "auth/email-change-invalid");
}

/* Once whoever reads the new mailbox has set a password the account is theirs, with all they did in
 * it since: no older mailbox takes it from them. */
static void a_password_set_from_the_new_mailbox_ends_the_way_back(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *first = change(t, ann, ann->email, "one@example.org"), *second;

    second = change(t, ann, "one@example.org", "two@example.org");
    as_nobody(t);
    set_new_password(t, "two@example.org");
    undo(t, second);
    expect_problem(t, 410, "auth/email-change-invalid", .field = "token");
    undo(t, first);
    expect_problem(t, 410, "auth/email-change-invalid", .field = "token");
    sign_in(t, "two@example.org", NEW_PASSWORD);
    expect(t, 201, "person.email", "two@example.org");
}

static void one_who_is_suspended_gets_the_address_back_and_no_link(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = change(t, ann, ann->email, "new@example.org");

    sql_run(t, "UPDATE auth.credential SET suspended_at = platform.now()");
    undo(t, token);
    expect(t, 204);
    drain_jobs(t);
    expect_event(t, "auth.email_restored");
    expect_no_event(t, "auth.reset_requested");
    assert_string_equal(sql_text(t, "SELECT email FROM auth.credential"), ann->email);
}

static void after_a_week_it_stays(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = change(t, ann, ann->email, "new@example.org");

    advance(t, DAYS(7) + SECONDS(1));
    undo(t, token);
    expect_problem(t, 410, "auth/email-change-invalid");
    drain_jobs(t); /* with the hourly sweep */
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.email_change"), 0);
}

/* A thief's chain of addresses, taken back by the thief as well, does not cut the owner off. */
static void whoever_was_first_can_take_it_back_over_all_that_followed(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *first = change(t, ann, ann->email, "one@example.org"), *second;

    as_person(t, ann);
    second = change(t, ann, "one@example.org", "two@example.org");
    undo(t, second);
    expect(t, 204);
    sign_in(t, "two@example.org", ann->password);
    expect_problem(t, 401, "auth/wrong-credentials");
    undo(t, first);
    expect(t, 204);
    assert_string_equal(
        sql_text(t, "SELECT email FROM auth.credential WHERE person_id = (SELECT person_id FROM "
                    "auth.password_reset)"),
        ann->email);
    undo(t, second);
    expect_problem(t, 410, "auth/email-change-invalid");
}

static void enrol(struct t *t)
{
    POST_AT(t, "/v1/auth/totp");
    expect(t, 201);
    sql_run(t, "UPDATE auth.totp SET confirmed_at = platform.now(), created_at = platform.now()");
}

static void a_second_factor_added_since_goes_and_an_older_one_stays(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t);
    const char *ann_token, *bob_token;

    as_person(t, bob);
    enrol(t);
    advance(t, SECONDS(1));
    ann_token = change(t, ann, ann->email, "ann@new.example.org");
    bob_token = change(t, bob, bob->email, "bob@new.example.org");
    as_person(t, ann);
    POST_AT(t, "/v1/auth/totp");
    expect(t, 201);
    undo(t, ann_token);
    expect(t, 204);
    undo(t, bob_token);
    expect(t, 204);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.totp"), 1);
}

static void it_is_not_taken_back_from_another_account(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token = change(t, ann, ann->email, "new@example.org");

    make_person(t, .email = ann->email);
    undo(t, token);
    expect_problem(t, 410, "auth/email-change-invalid", .field = "token");
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", "new@example.org");
}

static void a_person_who_goes_leaves_no_change_behind(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    change(t, ann, ann->email, "new@example.org");
    ask_as(t, ann, "newer@example.org");
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    drain_jobs(t);
    assert_int_equal(tables_with(t, "new@example.org"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.email_change"), 0);
}

/* --- At once --- */

enum { RACERS = 6 };

struct race {
    const char *tokens[RACERS];
    const char *path;
    struct person *people[RACERS]; /* NULL: whoever acts */
    _Atomic int won, late;
};

static void run(struct t *one, int i, void *arg)
{
    struct race *race = arg;

    if (race->people[i] != NULL)
        as_person(one, race->people[i]);
    POST_JSON(one, race->path, "{'token':'%s'}", race->tokens[i]);
    if (status_of(one) == 204)
        race->won++;
    else if (status_of(one) == 410)
        race->late++;
}

static void a_link_followed_many_times_at_once_works_once(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct race there = { .path = "/v1/auth/email-changes/confirm" };
    struct race back = { .path = "/v1/auth/email-changes/undo" };
    const char *token = ask_as(t, ann, "new@example.org");

    for (int i = 0; i < RACERS; i++)
        there.tokens[i] = token;
    run_parallel(t, RACERS, run, &there);
    assert_int_equal(there.won, 1);
    assert_int_equal(there.late, RACERS - 1);
    token = mail_to(t, ann->email)->token;
    for (int i = 0; i < RACERS; i++)
        back.tokens[i] = token;
    run_parallel(t, RACERS, run, &back);
    assert_int_equal(back.won, 1);
    assert_int_equal(back.late, RACERS - 1);
}

static void of_many_who_want_one_address_one_gets_it(void **state)
{
    struct t *t = *state;
    struct race race = { .path = "/v1/auth/email-changes/confirm" };

    for (int i = 0; i < RACERS - 1; i++) {
        struct person *one = make_person(t);
        sql_run(t, "DELETE FROM auth.throttle");
        race.people[i] = one;
        race.tokens[i] = ask_as(t, one, "wanted@example.org");
    }
    as_nobody(t);
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'wanted@example.org','password':'a long pass phrase','name':'Zoe'}");
    race.tokens[RACERS - 1] = mail_to(t, "wanted@example.org")->token;
    race.path = "/v1/auth/email-changes/confirm";
    run_parallel(t, RACERS - 1, run, &race);
    assert_int_equal(race.won, 1);
    assert_int_equal(race.late, RACERS - 2);
    POST_JSON(t, "/v1/auth/email-verifications/confirm", "{'token':'%s'}", race.tokens[RACERS - 1]);
    expect_problem(t, 410, "auth/confirmation-invalid");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM auth.credential WHERE email = 'wanted@example.org'"), 1);
}

int main(void)
{
    return run_db_tests(a_link_to_the_new_address_changes_it,
        the_link_is_worth_nothing_without_a_session_of_the_account, asking_wants_reauthentication,
        nothing_tells_whether_the_new_address_is_taken,
        the_link_ends_after_an_hour_and_only_the_newest_works,
        a_new_password_stops_a_change_that_waits,
        a_link_in_the_old_mailbox_sets_no_password_any_more,
        one_who_is_suspended_gets_no_other_address, asking_is_bounded,
        members_see_the_new_address_and_invitations_go_by_it, the_old_address_takes_it_back,
        a_password_set_from_the_new_mailbox_ends_the_way_back,
        one_who_is_suspended_gets_the_address_back_and_no_link, after_a_week_it_stays,
        whoever_was_first_can_take_it_back_over_all_that_followed,
        a_second_factor_added_since_goes_and_an_older_one_stays,
        it_is_not_taken_back_from_another_account, a_person_who_goes_leaves_no_change_behind,
        a_link_followed_many_times_at_once_works_once, of_many_who_want_one_address_one_gets_it);
}
