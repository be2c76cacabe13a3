/* Reauthentication: by all that signing in asks for. */
#include "app_factory.h"
#include "auth_internal.h"

#define NEW_PASSWORD "another-long-password"

static void sudo(struct t *t, const char *body)
{
    POST_JSON(t, "/v1/auth/sudo", "%s", body);
}

static const char *both(struct t *t, const char *password, const char *code)
{
    return at(t, "{'password':'%s','code':'%s'}", password, code);
}

static void the_password_alone_does_not_remove_the_factor(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);

    advance(t, MINUTES(16));
    sudo(t, at(t, "{'password':'%s'}", ann->password));
    expect_problem(t, 403, "auth/second-factor-required", .field = "code");
    DELETE_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");

    sudo(t, both(t, ann->password, code_at(t, &app, 0)));
    expect(t, 200);
    DELETE_AT(t, "/v1/auth/totp");
    expect(t, 204);
    sudo(t, at(t, "{'password':'%s'}", ann->password));
    expect(t, 200);
}

static void neither_half_may_be_wrong(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    const char *code;

    advance(t, MINUTES(16));
    code = code_at(t, &app, 0);
    sudo(t, both(t, ann->password, "000000"));
    expect_problem(t, 403, "auth/wrong-code", .field = "code");
    sudo(t, both(t, "not the password", code));
    expect_problem(t, 403, "auth/wrong-password", .field = "password");
    POST_AT(t, "/v1/auth/recovery-codes");
    expect_problem(t, 403, "sudo-required");
    /* The code was not looked at, so it is still good. */
    sudo(t, both(t, ann->password, code));
    expect(t, 200);
    sudo(t, both(t, ann->password, code));
    expect_problem(t, 403, "auth/wrong-code");
}

static void a_recovery_code_reauthenticates_once(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *recovery;

    enrol(t, ann, &recovery);
    advance(t, MINUTES(16));
    sudo(t, both(t, ann->password, recovery));
    expect(t, 200);
    expect_event(t, "auth.recovery_code_used");
    advance(t, MINUTES(16));
    sudo(t, both(t, ann->password, recovery));
    expect_problem(t, 403, "auth/wrong-code");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.recovery_code"), 9);
}

static void codes_are_counted_as_at_signing_in(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);

    advance(t, MINUTES(16));
    for (int i = 0; i < 5; i++) {
        sudo(t, both(t, ann->password, "000000"));
        expect_problem(t, 403, "auth/wrong-code");
    }
    sudo(t, both(t, ann->password, code_at(t, &app, 0)));
    expect_problem(t, 429, "auth/too-many-attempts");
}

static void where_there_is_no_factor_a_code_is_none(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    as_person(t, ann);
    sudo(t, both(t, ann->password, "000000"));
    expect_problem(t, 409, "auth/no-factor");
    sudo(t, "{}");
    expect_problem(t, 422, "invalid-fields", .field = "password");
}

/* The reauthentication a new password gives is that of the old one alone. */
static void a_new_password_is_no_reauthentication_where_there_is_a_factor(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t);

    enrol(t, ann, NULL);
    advance(t, MINUTES(16));
    POST_JSON(t, "/v1/auth/password", "{'current_password':'%s','password':'" NEW_PASSWORD "'}",
        ann->password);
    expect(t, 204);
    DELETE_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");

    as_person(t, bob);
    POST_JSON(t, "/v1/auth/password", "{'current_password':'%s','password':'" NEW_PASSWORD "'}",
        bob->password);
    expect(t, 204);
    POST_AT(t, "/v1/auth/totp");
    expect(t, 201);
}

/* As a release from before may have left one. */
static void a_session_without_the_factor_does_not_touch_it(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    enrol(t, ann, NULL);
    sql_run(t, "UPDATE auth.session SET factors = 'password'");
    DELETE_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");
    POST_AT(t, "/v1/auth/recovery-codes");
    expect_problem(t, 403, "sudo-required");
}

int main(void)
{
    return run_db_tests(the_password_alone_does_not_remove_the_factor, neither_half_may_be_wrong,
        a_recovery_code_reauthenticates_once, codes_are_counted_as_at_signing_in,
        where_there_is_no_factor_a_code_is_none,
        a_new_password_is_no_reauthentication_where_there_is_a_factor,
        a_session_without_the_factor_does_not_touch_it);
}
