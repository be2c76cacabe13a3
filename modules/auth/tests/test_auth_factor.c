/* The second factor: enrolling, signing in with it, and everything that must not work. */
#include "app_factory.h"
#include "auth_internal.h"

static void answer(struct t *t, const char *challenge, const char *code)
{
    POST_JSON(t, "/v1/auth/sessions/second-factor",
        "{'challenge':'%s','code':'%s','transport':'bearer'}", challenge, code);
}

static void an_app_is_enrolled_and_then_asked_for(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);

    expect_event(t, "auth.second_factor_added");
    GET_AT(t, "/v1/auth/factors");
    expect(t, 200, "totp", "true", "recovery_codes_left", "10");
    GET_AT(t, "/v1/auth/sessions/current");
    expect(t, 200, "session.factors", "password totp");

    const char *challenge = challenge_for(t, ann);
    const char *code = fresh_code(t, &app);
    POST_JSON(
        t, "/v1/auth/sessions/second-factor", "{'challenge':'%s','code':'%s'}", challenge, code);
    expect(t, 201, "status", "active", "session.factors", "password totp", "person.email",
        ann->email, "challenge", "null");
    assert_non_null(cookie_of(t, SESSION_COOKIE));
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", ann->email);
    assert_null(strstr(body_of(t), "secret"));
}

static err take_totp(struct ctx *c, void *arg)
{
    return auth__take_totp(c, arg);
}

static void what_is_stored_opens_nothing(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *recovery;
    struct app app = enrol(t, ann, &recovery);
    const char *hex = hex_from_bytes(arena_of(t), app.secret.data, app.secret.size);

    assert_int_equal(app.secret.size, 20);
    assert_int_equal(sql_int(t,
                         "SELECT count(*) FROM auth.totp WHERE encode(secret, 'hex') LIKE "
                         "'%%%s%%'",
                         hex),
        0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.recovery_code"), 10);
    assert_int_equal(
        sql_int(t,
            "SELECT count(*) FROM auth.recovery_code WHERE encode(code_hash, 'escape') LIKE "
            "'%%%s%%'",
            recovery),
        0);
    /* Sealed to its person: moved to another's row it opens nothing. */
    struct person *bob = make_person(t);
    enrol(t, bob, NULL);
    sql_run(t,
        "UPDATE auth.totp SET secret = (SELECT secret FROM auth.totp WHERE person_id = "
        "(SELECT person_id FROM auth.credential WHERE email = '%s')) WHERE person_id = "
        "(SELECT person_id FROM auth.credential WHERE email = '%s')",
        ann->email, bob->email);
    expect_error(
        tx_run(make_ctx(t, bob, NULL), take_totp, arena_strdup(arena_of(t), fresh_code(t, &app))),
        &ERR_INTERNAL);
}

static void a_code_works_once(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    const char *code = fresh_code(t, &app);

    answer(t, challenge_for(t, ann), code);
    expect(t, 201);
    answer(t, challenge_for(t, ann), code);
    expect_problem(t, 403, "auth/wrong-code", .field = "code");
    /* Nor one older than the last. */
    answer(t, challenge_for(t, ann), code_at(t, &app, -1));
    expect_problem(t, 403, "auth/wrong-code");
    const char *challenge = challenge_for(t, ann);
    answer(t, challenge, fresh_code(t, &app));
    expect(t, 201);
}

static void a_code_is_read_as_apps_and_keyboards_write_it(void **state)
{
    static const char *const forms[] = { "%.3s %.3s", " %.3s%.3s ", "%.3s-%.3s", "%.3s\u00a0%.3s",
        "%.3s\u200b%.3s", "%.3s %.3s \u00a0" };
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);

    for (size_t i = 0; i < COUNT(forms); i++) {
        const char *code = fresh_code(t, &app);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        answer(t, challenge_for(t, ann), at(t, forms[i], code, code + 3));
#pragma GCC diagnostic pop
        expect(t, 201);
    }
    answer(t, challenge_for(t, ann), "12 34");
    expect_problem(t, 403, "auth/wrong-code");
}

static void the_code_of_enrolling_does_not_sign_in(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);

    answer(t, challenge_for(t, ann), code_at(t, &app, 0));
    expect_problem(t, 403, "auth/wrong-code");
}

static void codes_of_the_future_and_the_past_are_wrong(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);

    advance(t, MINUTES(5));
    const char *challenge = challenge_for(t, ann);
    answer(t, challenge, code_at(t, &app, 2));
    expect_problem(t, 403, "auth/wrong-code");
    answer(t, challenge, code_at(t, &app, -2));
    expect_problem(t, 403, "auth/wrong-code");
    answer(t, challenge, code_at(t, &app, -1));
    expect(t, 201);
}

static void a_challenge_has_five_tries(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    const char *challenge = challenge_for(t, ann);

    for (int i = 0; i < 5; i++) {
        advance(t, MINUTES(1)); /* past what the throttle makes one wait */
        answer(t, challenge, "000000");
        expect_problem(t, 403, "auth/wrong-code");
    }
    advance(t, MINUTES(2));
    answer(t, challenge, fresh_code(t, &app));
    expect_problem(t, 410, "auth/challenge-invalid", .field = "challenge");
}

static void many_challenges_do_not_give_many_tries(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *challenge;

    enrol(t, ann, NULL);
    advance(t, DAYS(1)); /* the browser's cookies play no part */
    challenge = challenge_for(t, ann);
    for (int i = 0; i < 4; i++) {
        answer(t, challenge, "000000");
        expect_problem(t, 403, "auth/wrong-code");
    }
    answer(t, challenge, "000000");
    expect_problem(t, 429, "auth/too-many-attempts");
    assert_non_null(header_of(t, "Retry-After"));
    /* The right password does not forgive what the code step has counted. */
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect_problem(t, 429, "auth/too-many-attempts");
}

static void a_challenge_ends_after_ten_minutes(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    const char *challenge = challenge_for(t, ann);

    advance(t, MINUTES(10) + SECONDS(1));
    answer(t, challenge, fresh_code(t, &app));
    expect_problem(t, 410, "auth/challenge-invalid");
    answer(t, "challenge_nobody-was-ever-given-this", "000000");
    expect_problem(t, 410, "auth/challenge-invalid");
}

static void a_challenge_is_no_session(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    enrol(t, ann, NULL);
    const char *challenge = challenge_for(t, ann);
    with_header(t, "Authorization", at(t, "Bearer %s", challenge));
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void a_recovery_code_signs_in_once(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *recovery, *lower;

    enrol(t, ann, &recovery);
    lower = text_lower(arena_of(t), recovery);
    answer(t, challenge_for(t, ann), lower);
    expect(t, 201, "session.factors", "password recovery_code");
    expect_event(t, "auth.recovery_code_used");
    answer(t, challenge_for(t, ann), recovery);
    expect_problem(t, 403, "auth/wrong-code");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.recovery_code"), 9);
}

static void new_recovery_codes_replace_the_old(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *old, *fresh;

    enrol(t, ann, &old);
    POST_AT(t, "/v1/auth/recovery-codes");
    expect(t, 201);
    fresh = member_of(t, "recovery_codes.0");
    expect_event(t, "auth.recovery_codes_renewed");
    answer(t, challenge_for(t, ann), old);
    expect_problem(t, 403, "auth/wrong-code");
    answer(t, challenge_for(t, ann), fresh);
    expect(t, 201);
}

static void enrolling_ends_sessions_without_a_factor(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *other = other_browser_of(t, ann);

    enrol(t, ann, NULL);
    GET_AT(t, "/v1/me");
    expect(t, 200);
    as_person(t, other);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void removing_the_app_takes_the_factor_from_every_session(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *recovery;

    enrol(t, ann, &recovery);
    POST_AT(t, "/v1/auth/totp");
    expect_problem(t, 409, "auth/factor-exists");
    POST_JSON(t, "/v1/auth/totp/confirm", "{'code':'000000'}");
    expect_problem(t, 409, "auth/factor-exists");
    DELETE_AT(t, "/v1/auth/totp");
    expect(t, 204);
    expect_event(t, "auth.second_factor_removed");
    GET_AT(t, "/v1/auth/sessions/current");
    expect(t, 200, "session.factors", "password");
    GET_AT(t, "/v1/auth/factors");
    expect(t, 200, "totp", "false", "totp_since", "null", "recovery_codes_left", "0");
    DELETE_AT(t, "/v1/auth/totp");
    expect_problem(t, 409, "auth/no-factor");
    POST_AT(t, "/v1/auth/recovery-codes");
    expect_problem(t, 409, "auth/no-factor");
    POST_JSON(t, "/v1/auth/sudo", "{'code':'000000'}");
    expect_problem(t, 409, "auth/no-factor");
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201, "status", "active");
}

static err remove_as_staff(struct ctx *c, void *arg)
{
    const struct person *person = arg;
    bool removed;

    TRY(auth_remove_second_factor(c, person->id, &removed));
    return removed ? NULL : &AUTH_NO_FACTOR;
}

/* Also of one who is suspended; codes and challenges go with it, and the owner is told. */
static void staff_take_a_factor_away(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    const char *challenge = challenge_for(t, ann);

    sql_run(t, "UPDATE auth.credential SET suspended_at = platform.now()");
    expect_ok(tx_run(make_ctx(t, NULL, NULL), remove_as_staff, ann));
    expect_error(tx_run(make_ctx(t, NULL, NULL), remove_as_staff, ann), &AUTH_NO_FACTOR);
    expect_event(t, "auth.second_factor_removed_by_staff");
    sql_run(t, "UPDATE auth.credential SET suspended_at = NULL");
    answer(t, challenge, fresh_code(t, &app));
    expect_problem(t, 410, "auth/challenge-invalid");
    as_person(t, ann);
    GET_AT(t, "/v1/auth/sessions/current");
    expect(t, 200, "session.factors", "password");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.recovery_code"), 0);
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201, "status", "active");
}

static void nothing_is_confirmed_by_a_wrong_code(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    as_person(t, ann);
    POST_JSON(t, "/v1/auth/totp/confirm", "{'code':'123456'}");
    expect_problem(t, 409, "auth/no-factor");
    POST_AT(t, "/v1/auth/totp");
    expect(t, 201);
    POST_JSON(t, "/v1/auth/totp/confirm", "{'code':'12345'}");
    expect_problem(t, 403, "auth/wrong-code");
    expect_no_event(t, "auth.second_factor_added");
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201, "status", "active");
}

/* Whoever finds a browser signed in cannot take the account over. */
static void factors_want_reauthentication_of_the_last_quarter_of_an_hour(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app;

    as_person(t, ann);
    advance(t, MINUTES(15) + SECONDS(1));
    POST_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");
    POST_JSON(t, "/v1/auth/totp/confirm", "{'code':'123456'}");
    expect_problem(t, 403, "sudo-required");
    DELETE_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");
    POST_AT(t, "/v1/auth/recovery-codes");
    expect_problem(t, 403, "sudo-required");

    POST_JSON(t, "/v1/auth/sudo", "{'password':'not the password'}");
    expect_problem(t, 403, "auth/wrong-password", .field = "password");
    POST_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", ann->password);
    expect(t, 200);
    app = enrol(t, ann, NULL);

    advance(t, MINUTES(20));
    DELETE_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");
    POST_JSON(t, "/v1/auth/sudo", "{'code':'%s'}", "000000");
    expect_problem(t, 403, "auth/wrong-code");
    const char *code = code_at(t, &app, 0);
    POST_JSON(t, "/v1/auth/sudo", "{'code':'%s'}", code);
    expect(t, 200);
    POST_JSON(t, "/v1/auth/sudo", "{'code':'%s'}", code);
    expect_problem(t, 403, "auth/wrong-code");
    DELETE_AT(t, "/v1/auth/totp");
    expect(t, 204);
    POST_JSON(t, "/v1/auth/sudo", "{}");
    expect_problem(t, 422, "invalid-fields", .field = "password");
}

static void reauthentication_of_one_session_is_none_of_another(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *other = other_browser_of(t, ann);

    advance(t, MINUTES(16));
    as_person(t, ann);
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", ann->password);
    expect(t, 200);
    as_person(t, other);
    POST_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");
}

static void tries_at_sudo_are_counted(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    as_person(t, ann);
    for (int i = 0; i < 5; i++) {
        POST_JSON(t, "/v1/auth/sudo", "{'password':'not the password'}");
        expect_problem(t, 403, "auth/wrong-password");
    }
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", ann->password);
    expect_problem(t, 429, "auth/too-many-attempts");
}

/* As if a hundred had been wrong in a row, wherever tries are counted. */
static void end_passwords(struct t *t)
{
    sql_run(t, "UPDATE auth.throttle SET tries = 100 WHERE forget_after = '90 days'");
}

static void after_a_hundred_wrong_ones_no_way_of_reauthentication_is_open(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    const char *challenge;

    POST_JSON(t, "/v1/auth/sudo", "{'password':'not the password'}");
    expect_problem(t, 403, "auth/wrong-password");
    end_passwords(t);
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", ann->password);
    expect_problem(t, 403, "auth/password-locked");
    POST_JSON(t, "/v1/auth/password",
        "{'current_password':'%s','password':'another-long-password'}", ann->password);
    expect_problem(t, 403, "auth/password-locked");

    challenge = challenge_for(t, ann);
    end_passwords(t);
    answer(t, challenge, fresh_code(t, &app));
    expect_problem(t, 403, "auth/password-locked");
}

static void suspended_between_the_two_steps_nobody_gets_in(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    const char *challenge = challenge_for(t, ann);

    sql_run(t, "UPDATE auth.credential SET suspended_at = platform.now()");
    answer(t, challenge, fresh_code(t, &app));
    expect_problem(t, 410, "auth/challenge-invalid");
}

/* --- Races --- */

struct race {
    const char *challenges[16], *code;
    _Atomic int won, lost;
};

static void answer_at_once(struct t *one, int i, void *arg)
{
    struct race *r = arg;

    answer(one, r->challenges[i], r->code);
    if (status_of(one) == 201)
        r->won++;
    else
        r->lost++;
}

/* Under eight, each from a network of its own, so that the throttle is out of the way. */
static void race_with(struct t *t, const struct person *person, struct race *r, int n)
{
    for (int i = 0; i < n; i++) {
        from_address(t, at(t, "10.%d.0.1", i));
        r->challenges[i] = challenge_for(t, person);
    }
    from_address(t, "10.99.0.1");
    run_parallel(t, n, answer_at_once, r);
}

static void one_code_at_once_signs_in_once(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    struct race r = { .won = 0 };

    r.code = fresh_code(t, &app);
    race_with(t, ann, &r, 4);
    assert_int_equal(r.won, 1);
    assert_int_equal(r.lost, 3);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.session"), 2);
}

static void one_recovery_code_at_once_signs_in_once(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct race r = { .won = 0 };

    enrol(t, ann, &r.code);
    race_with(t, ann, &r, 4);
    assert_int_equal(r.won, 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.recovery_code"), 9);
}

static void one_challenge_at_once_opens_one_session(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    struct race r = { .won = 0 };
    const char *challenge = challenge_for(t, ann);

    r.code = fresh_code(t, &app);
    for (int i = 0; i < 4; i++)
        r.challenges[i] = challenge;
    run_parallel(t, 4, answer_at_once, &r);
    assert_int_equal(r.won, 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.session"), 2);
}

static void an_erased_person_leaves_no_factor(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    enrol(t, ann, NULL);
    challenge_for(t, ann);
    as_nobody(t);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", ann->email);
    expect(t, 202);
    drain_jobs(t);
    as_person(t, ann);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    assert_int_equal(sql_int(t, "SELECT (SELECT count(*) FROM auth.totp) + (SELECT count(*) FROM "
                                "auth.recovery_code) + (SELECT count(*) FROM auth.challenge) + "
                                "(SELECT count(*) FROM auth.password_reset)"),
        0);
}

int main(void)
{
    return run_db_tests(an_app_is_enrolled_and_then_asked_for, what_is_stored_opens_nothing,
        a_code_works_once, a_code_is_read_as_apps_and_keyboards_write_it,
        the_code_of_enrolling_does_not_sign_in, codes_of_the_future_and_the_past_are_wrong,
        a_challenge_has_five_tries, many_challenges_do_not_give_many_tries,
        a_challenge_ends_after_ten_minutes, a_challenge_is_no_session,
        a_recovery_code_signs_in_once, new_recovery_codes_replace_the_old,
        enrolling_ends_sessions_without_a_factor,
        removing_the_app_takes_the_factor_from_every_session, staff_take_a_factor_away,
        nothing_is_confirmed_by_a_wrong_code,
        factors_want_reauthentication_of_the_last_quarter_of_an_hour,
        reauthentication_of_one_session_is_none_of_another, tries_at_sudo_are_counted,
        after_a_hundred_wrong_ones_no_way_of_reauthentication_is_open,
        suspended_between_the_two_steps_nobody_gets_in, one_code_at_once_signs_in_once,
        one_recovery_code_at_once_signs_in_once, one_challenge_at_once_opens_one_session,
        an_erased_person_leaves_no_factor);
}
