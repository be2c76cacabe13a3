/* Reauthentication of a signed-in person: by password, second factor, or both. */
#include "auth_internal.h"

struct reauthentication {
    struct auth__authentication authentication;
    const char *password, *code; /* NULL: not given */
};

/* Checked again with the account locked: the password may have changed, and a factor may have been
 * added, since the comparison. */
static err reauthenticate(struct ctx *c, void *arg)
{
    struct reauthentication *k = arg;
    const char *hash = k->password != NULL ? k->authentication.known.password_hash : NULL;
    const char *factor = NULL;
    bool same, has_factor;

    TRY(auth__lock_own(c, hash, &same));
    if (!same)
        return problem(c, &AUTH_WRONG_PASSWORD, "password",
            "The password changed while the request was running.");
    TRY(auth__has_second_factor(c, &has_factor));
    if (k->code != NULL && !has_factor)
        return problem(
            c, &AUTH_NO_FACTOR, NULL, "The account has no authenticator app. Leave out the code.");
    if (k->code != NULL)
        TRY(auth__take_second_factor(c, k->code, &factor));
    else if (has_factor)
        return problem(c, &AUTH_SECOND_FACTOR_REQUIRED, "code", "Send a code, too.");
    TRY(auth__end_authentication(c, &k->authentication));
    TRY(auth__note_reauthentication(c, factor));
    return audit_act(c, "auth.sudo", "session", c->actor.session);
}

err auth__sudo(struct ctx *c, const char *password, const char *code,
    const struct auth__browser *browser, struct instant *until)
{
    struct reauthentication k = {
        .authentication = { .email = c->actor.email, .browser = browser },
        .password = password,
        .code = code,
    };

    if (password == NULL && code == NULL)
        return problem(c, &ERR_INVALID, "password", "Send the password, a code, or both.");
    if (password != NULL)
        TRY(auth__reauthenticate_by_password(c, &k.authentication, "password", password));
    else
        TRY(auth__begin_authentication(c, &k.authentication));
    TRY(tx_run(c, reauthenticate, &k));

    *until = instant_add(clock_now(), MINUTES(AUTH__SUDO_MINUTES));
    return NULL;
}
