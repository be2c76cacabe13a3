/* Rules of password authentication: counting of attempts and comparison. */
#include "auth_internal.h"

struct counted {
    struct auth__authentication *authentication;
    int64_t wait_s, guesses;
};

/* The attempt is counted as failed and committed before the secret is compared: neither failing nor
 * concurrent requests bypass the count. The same steps run with and without an account. */
static err count(struct ctx *c, void *arg)
{
    struct counted *k = arg;
    struct auth__authentication *p = k->authentication;
    const char *marked = p->browser != NULL ? p->browser->token : NULL;

    k->guesses = 0;
    p->known = (struct auth__known){ .password_hash = NULL };
    TRY(auth__lock_throttles(c, p->subject, &k->wait_s));
    if (k->wait_s > 0)
        return NULL;
    TRY(auth__count_failure(c, p->subject, &k->guesses));
    if (k->guesses == AUTH__GUESSES_MAX + 1)
        TRY(job_enqueue(
            c, &auth__report_guessed_job, &(struct auth__report_guessed){ .email = p->email }));
    return auth__find_for_sign_in(c, p->email, marked, &p->known);
}

static err too_many_tries(struct ctx *c, int64_t wait_s)
{
    log_warn(c, "auth.sign_in_throttled", log_int("wait_s", wait_s));
    response_retry_after(c, wait_s);
    return problem(
        c, &AUTH_TOO_MANY_ATTEMPTS, NULL, "Wait %lld s, then try again.", (long long)wait_s);
}

err auth__begin_authentication(struct ctx *c, struct auth__authentication *p)
{
    struct counted k = { .authentication = p };

    p->subject = auth__tries_subject(c, p->email, p->browser);
    TRY(tx_run(c, count, &k));
    if (k.wait_s > 0)
        return too_many_tries(c, k.wait_s);
    if (k.guesses > AUTH__GUESSES_MAX)
        return problem(c, &AUTH_PASSWORD_LOCKED, NULL,
            "After %d wrong ones in a row it has to be reset.", (int)AUTH__GUESSES_MAX);
    return NULL;
}

static err take_back(struct ctx *c, void *arg)
{
    return auth__take_back_failure(c, arg);
}

/* An attempt that an overloaded server did not compare must not count against the person. */
err auth__look_at_password(struct ctx *c, const struct auth__authentication *p, const char *hash,
    const char *password, bool *ok, bool *outdated)
{
    err failed = password_verify(c, hash, password, ok, outdated);

    if (failed != NULL)
        tx_apart(c, take_back, arena_strdup(c->arena, p->subject));
    return failed;
}

err auth__end_authentication(struct ctx *c, const struct auth__authentication *p)
{
    return auth__clear_throttles(c, p->subject);
}

err auth__reauthenticate_by_password(
    struct ctx *c, struct auth__authentication *p, const char *field, const char *password)
{
    bool ok, outdated;

    TRY(auth__begin_authentication(c, p));
    TRY(auth__look_at_password(c, p, p->known.password_hash, password, &ok, &outdated));
    if (ok && uuid_equal(p->known.person_id, c->actor.person))
        return NULL;
    log_warn(c, "auth.reauthentication_refused", log_text("network", c->actor.network));
    return problem(c, &AUTH_WRONG_PASSWORD, field, "This is not your password.");
}

err auth__lock_own(struct ctx *c, const char *password_hash, bool *same)
{
    const char *factors;
    bool found;

    TRY(auth__lock_credential(c, c->actor.person, password_hash, same));
    TRY(auth__find_own_factors(c, &factors, &found));
    if (found && (*same || password_hash != NULL))
        return NULL;
    return problem(c, &ERR_UNAUTHENTICATED, NULL, "The session has ended; sign in again.");
}
