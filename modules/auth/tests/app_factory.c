/* See app_factory.h. */
#include "app_factory.h"
#include "auth_internal.h"

static struct bytes from_base32(struct t *t, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t *out = arena_alloc(arena_of(t), strlen(text));
    unsigned bits = 0, n_bits = 0;
    size_t n = 0;

    for (; *text; text++) {
        bits = (bits << 5 | (unsigned)(strchr(digits, *text) - digits)) & 0xffff;
        n_bits += 5;
        if (n_bits >= 8)
            out[n++] = (uint8_t)(bits >> (n_bits -= 8));
    }
    return (struct bytes){ out, n };
}

const char *code_at(struct t *t, const struct app *app, int64_t steps_from_now)
{
    char *code = arena_alloc(arena_of(t), AUTH__TOTP_CODE_SIZE + 1);

    if (!auth__totp_code(app->secret, clock_now().us / SECONDS(30) + steps_from_now, code))
        fail_msg("no SHA-1");
    return code;
}

const char *fresh_code(struct t *t, const struct app *app)
{
    advance(t, SECONDS(30));
    return code_at(t, app, 0);
}

struct app start_app(struct t *t)
{
    POST_AT(t, "/v1/auth/totp");
    expect(t, 201);
    return (struct app){ .secret = from_base32(t, member_of(t, "secret")) };
}

struct app enrol(struct t *t, struct person *person, const char **recovery_code)
{
    struct app app;

    as_person(t, person);
    app = start_app(t);
    POST_JSON(t, "/v1/auth/totp/confirm", "{'code':'%s'}", code_at(t, &app, 0));
    expect(t, 200);
    assert_int_equal(count_of(t, "recovery_codes"), 10);
    if (recovery_code)
        *recovery_code = member_of(t, "recovery_codes.3");
    return app;
}

const char *challenge_for(struct t *t, const struct person *person)
{
    as_nobody(t);
    POST_JSON(
        t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", person->email, person->password);
    expect(t, 201, "status", "second_factor_required", "session", "null", "person", "null", "token",
        "null");
    assert_null(cookie_of(t, SESSION_COOKIE));
    return member_of(t, "challenge.token");
}
