/* Rules of the second factor: authenticator app and recovery codes. */
#include "auth_internal.h"

enum { SECRET_SIZE = 20 }; /* RFC 4226 section 4 R6 */

#define SEAL_PURPOSE "auth.totp"
#define ISSUER       "Ashlar"

static const char *bound_to(struct ctx *c)
{
    return arena_printf(c->arena, "auth.totp %s", typeid_text(c->arena, "person", c->actor.person));
}

/* The name the app shows next to the code: the host of the product's URL. */
static const char *issuer(struct ctx *c)
{
    const char *url = setting_text(&ASHLAR_APP_URL), *host = strstr(url, "://");

    host = host != NULL ? host + 3 : url;
    return *host ? arena_strndup(c->arena, host, strcspn(host, "/")) : ISSUER;
}

static err open_secret(struct ctx *c, const struct auth__totp *t, struct bytes *secret)
{
    struct bytes sealed;

    if (base64url_to_bytes(c->arena, t->secret, strlen(t->secret), &sealed) &&
        unseal(c->arena, SEAL_PURPOSE, bound_to(c), sealed, secret))
        return NULL;
    log_error(c, "auth.totp_unreadable",
        log_text("why", "ASHLAR_SECRET_KEY changed without ASHLAR_SECRET_KEY_PREVIOUS"));
    return &ERR_INTERNAL;
}

err auth__start_totp(struct ctx *c, struct auth__enrolment *out)
{
    uint8_t *secret = arena_alloc(c->arena, SECRET_SIZE);
    struct bytes sealed;
    bool same, started;

    TRY(auth__lock_own(c, NULL, &same));
    random_bytes(secret, SECRET_SIZE);
    sealed = seal(c->arena, SEAL_PURPOSE, bound_to(c), (struct bytes){ secret, SECRET_SIZE });
    TRY(auth__insert_totp(c, sealed, &started));
    if (!started)
        return problem(c, &AUTH_FACTOR_EXISTS, NULL, "The account already has a second factor.");

    out->secret = auth__base32(c->arena, secret, SECRET_SIZE);
    out->uri = auth__otpauth_uri(c->arena, issuer(c), c->actor.email, out->secret);
    wipe(secret, SECRET_SIZE);
    return NULL;
}

static err wrong_code(struct ctx *c)
{
    log_warn(c, "auth.code_refused", log_text("network", c->actor.network));
    return problem(c, &AUTH_WRONG_CODE, "code", "It is wrong, too old, or was used already.");
}

/* The time step a code belongs to. */
static err step_of(struct ctx *c, const struct auth__totp *t, const char *code, int64_t *step)
{
    struct bytes secret;

    TRY(open_secret(c, t, &secret));
    return auth__totp_step(secret, code, clock_now(), step) ? NULL : wrong_code(c);
}

/* The row is locked and stores the last used step: of several requests with one code, one
 * succeeds. */
err auth__take_totp(struct ctx *c, const char *code)
{
    struct auth__totp t;
    bool found, taken;
    int64_t step;

    TRY(auth__lock_totp(c, &t, &found));
    if (!found || t.confirmed_at.us == 0)
        return problem(c, &AUTH_NO_FACTOR, NULL, "The account has no authenticator app.");
    TRY(step_of(c, &t, code, &step));
    TRY(auth__take_totp_step(c, step, &taken));
    return taken ? NULL : wrong_code(c);
}

static err publish(struct ctx *c, const EVENT(auth_security_event) * kind, int64_t codes_left)
{
    const struct auth_security_event event = {
        .person_id = c->actor.person,
        .network = c->actor.network,
        .codes_left = codes_left,
    };

    return auth__publish_security_event(c, kind, &event);
}

static err take_recovery_code(struct ctx *c, const char *code)
{
    int64_t left;
    bool taken;

    TRY(auth__delete_recovery_code(c, code, &taken));
    if (!taken)
        return wrong_code(c);
    TRY(auth__count_recovery_codes(c, &left));
    return publish(c, &AUTH_RECOVERY_CODE_USED, left);
}

/* Six digits are a code of the app; eight letters and digits are a recovery code. */
err auth__take_second_factor(struct ctx *c, const char *code, const char **factor)
{
    const char *recovery = code_normalise(c->arena, code);

    *factor = recovery != NULL ? "recovery_code" : "totp";
    return recovery != NULL ? take_recovery_code(c, recovery) : auth__take_totp(c, code);
}

err auth__has_second_factor(struct ctx *c, bool *has)
{
    struct auth__totp t = { .secret = NULL };
    bool found;

    TRY(auth__find_totp(c, &t, &found));
    *has = found && t.confirmed_at.us != 0;
    return NULL;
}

/* Only a session that was authenticated by the factor may change it. */
static err require_factor(struct ctx *c)
{
    const char *factors;
    bool has, found;

    TRY(auth__has_second_factor(c, &has));
    if (!has)
        return problem(c, &AUTH_NO_FACTOR, NULL, "The account has no authenticator app.");
    TRY(auth__find_own_factors(c, &factors, &found));
    if (!found || strchr(factors, ' ') == NULL)
        return problem(c, &ERR_SUDO_REQUIRED, NULL, "This session did not prove the factor.");
    return NULL;
}

static err renew_recovery_codes(struct ctx *c, struct auth__recovery_codes *out)
{
    const char **codes = arena_array(c->arena, AUTH__RECOVERY_CODES, sizeof *codes);

    TRY(auth__delete_recovery_codes(c, c->actor.person));
    for (size_t i = 0; i < AUTH__RECOVERY_CODES; i++) {
        const char *code = secret_code(c->arena);
        TRY(auth__insert_recovery_code(c, code));
        codes[i] = arena_printf(c->arena, "%.4s-%s", code, code + 4);
    }
    *out = (struct auth__recovery_codes){ .codes = codes, .n_codes = AUTH__RECOVERY_CODES };
    return NULL;
}

err auth__confirm_totp(struct ctx *c, const char *code, struct auth__recovery_codes *out)
{
    struct auth__recovery_codes codes;
    struct auth__totp t;
    int64_t step, gone;
    bool found, same;

    /* The account first, in the order of a sign-in, which then requires the factor. */
    TRY(auth__lock_own(c, NULL, &same));
    TRY(auth__lock_totp(c, &t, &found));
    if (!found)
        return problem(c, &AUTH_NO_FACTOR, NULL, "Begin with POST /v1/auth/totp.");
    if (t.confirmed_at.us != 0)
        return problem(c, &AUTH_FACTOR_EXISTS, NULL, "It is confirmed already.");
    TRY(step_of(c, &t, code, &step));
    TRY(auth__set_totp_confirmed(c, step));
    TRY(renew_recovery_codes(c, &codes));
    /* Sessions and sign-ins without a second factor are revoked. */
    TRY(auth__delete_other_sessions(c, &gone));
    TRY(auth__delete_challenges(c, c->actor.person));
    TRY(auth__note_factors(c, "password totp"));
    TRY(publish(c, &AUTH_SECOND_FACTOR_ADDED, 0));

    *out = codes;
    return NULL;
}

err auth__drop_second_factor(struct ctx *c, struct uuid person, bool *removed)
{
    TRY(auth__delete_totp(c, person, removed));
    TRY(auth__delete_recovery_codes(c, person));
    TRY(auth__delete_challenges(c, person));
    return auth__forget_factors(c, person);
}

err auth__remove_totp(struct ctx *c)
{
    bool same, removed;

    TRY(auth__lock_own(c, NULL, &same));
    TRY(require_factor(c));
    TRY(auth__drop_second_factor(c, c->actor.person, &removed));
    return publish(c, &AUTH_SECOND_FACTOR_REMOVED, 0);
}

err auth__renew_recovery_codes(struct ctx *c, struct auth__recovery_codes *out)
{
    struct auth__recovery_codes codes;
    bool same;

    TRY(auth__lock_own(c, NULL, &same));
    TRY(require_factor(c));
    TRY(renew_recovery_codes(c, &codes));
    TRY(publish(c, &AUTH_RECOVERY_CODES_RENEWED, 0));

    *out = codes;
    return NULL;
}

err auth__get_factors(struct ctx *c, struct auth__factors *out)
{
    struct auth__totp t;
    int64_t left;
    bool found;

    TRY(auth__find_totp(c, &t, &found));
    TRY(auth__count_recovery_codes(c, &left));

    *out = (struct auth__factors){ .recovery_codes_left = left };
    if (found && t.confirmed_at.us != 0)
        *out = (struct auth__factors){ true, t.confirmed_at, left };
    return NULL;
}
