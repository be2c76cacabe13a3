/* Rules of signing in, with one factor or two, and of signing out. */
#include "auth_internal.h"

struct attempt {
    struct auth__authentication authentication;
    const char *new_hash; /* NULL: the stored hash has current parameters */
    bool has_factor;      /* as last read */
    struct auth__signed_in out;
};

/* A browser that signed up gets "not verified", whether or not the address has an account. The same
 * hash is computed in both cases. */
static err refuse(struct ctx *c, const struct attempt *a, const char *password)
{
    const char *signup_hash = a->authentication.known.signup_hash;
    bool ok = false, outdated;

    if (signup_hash != NULL)
        TRY(auth__look_at_password(c, &a->authentication, signup_hash, password, &ok, &outdated));
    if (ok)
        return problem(
            c, &AUTH_EMAIL_UNVERIFIED, NULL, "Follow the link emailed to you, or request another.");
    log_warn(c, "auth.sign_in_refused", log_text("network", c->actor.network));
    return problem(c, &AUTH_WRONG_CREDENTIALS, NULL, "Wrong email address or password.");
}

static err check_password(struct ctx *c, struct attempt *a, const char *password)
{
    const struct auth__known *known = &a->authentication.known;
    bool ok, outdated;

    TRY(auth__look_at_password(
        c, &a->authentication, known->password_hash, password, &ok, &outdated));
    if (!ok)
        return refuse(c, a, password);
    if (known->suspended)
        return problem(c, &AUTH_SUSPENDED, NULL, "The account is suspended.");
    if (outdated)
        TRY(password_hash(c, password, &a->new_hash));
    return NULL;
}

err auth__open_session(struct ctx *c, const struct auth__browser *browser, const char *factors,
    struct auth__signed_in *out)
{
    const struct auth__new_session wanted = {
        .token = secret_token(c->arena, AUTH__SESSION_PREFIX),
        .user_agent = browser->user_agent,
        .factors = factors,
    };
    struct auth_session *session = arena_alloc(c->arena, sizeof *session);

    TRY(auth__insert_session(c, &wanted, session));
    TRY(audit(c, AUTH_SIGNED_IN.kind.name, "session", session->id, auth_session, NULL, session));
    TRY(event_publish(c, &AUTH_SIGNED_IN, c->actor.person,
        &(struct auth_session_event){
            .person_id = c->actor.person,
            .session_id = session->id,
            .known_device = auth__is_known_device(c, out->person->email, browser),
        }));

    out->status = "active";
    out->session = session;
    out->token = wanted.token;
    return NULL;
}

err auth__publish_signed_out(struct ctx *c, struct uuid session)
{
    TRY(audit_act(c, AUTH_SIGNED_OUT.kind.name, "session", session));
    return event_publish(c, &AUTH_SIGNED_OUT, c->actor.person,
        &(struct auth_session_event){
            .person_id = c->actor.person,
            .session_id = session,
        });
}

err auth__sign_out(struct ctx *c)
{
    const struct uuid session = c->actor.session;

    TRY(auth__delete_session(c, session));
    return auth__publish_signed_out(c, session);
}

err auth__end_carried_session(struct ctx *c)
{
    return uuid_is_nil(c->actor.session) ? NULL : auth__sign_out(c);
}

/* Until commit the account stays as it was when the password was compared: a concurrent password
 * change or suspension prevents the sign-in. */
static err enter(struct ctx *c, struct uuid person, const char *password_hash, bool *same)
{
    TRY(tx_enter_person(c, person));
    return auth__hold_credential(c, person, password_hash, same);
}

/* The second factor is read again, because it may have changed while the hash was computed.
 * `has_factor` is current afterwards. */
static err enter_known(struct ctx *c, struct attempt *a)
{
    const struct auth__known *known = &a->authentication.known;
    bool same, has_factor;

    TRY(enter(c, known->person_id, known->password_hash, &same));
    if (!same)
        return problem(
            c, &AUTH_WRONG_CREDENTIALS, NULL, "The account changed while the request was running.");
    TRY(auth__has_second_factor(c, &has_factor));
    if (has_factor == a->has_factor)
        return NULL;
    a->has_factor = has_factor;
    return &AUTH_WRONG_CREDENTIALS;
}

static err finish(struct ctx *c, void *arg)
{
    struct attempt *a = arg;
    struct users_person *person = arena_alloc(c->arena, sizeof *person);

    TRY(auth__end_carried_session(c));
    TRY(enter_known(c, a));
    TRY(auth__end_authentication(c, &a->authentication));
    if (a->new_hash != NULL)
        TRY(auth__set_password_hash(c, a->new_hash));
    TRY(users_get_me(c, person));
    a->out = (struct auth__signed_in){ .person = person };
    return auth__open_session(c, a->authentication.browser, "password", &a->out);
}

/* The count of attempts stays: only the second factor proves that the password was not guessed. */
static err ask_second_factor(struct ctx *c, void *arg)
{
    struct attempt *a = arg;
    struct auth__signed_in out = {
        .status = "second_factor_required",
        .challenge = secret_token(c->arena, "challenge"),
    };

    TRY(enter_known(c, a));
    if (a->new_hash != NULL)
        TRY(auth__set_password_hash(c, a->new_hash));
    TRY(auth__insert_challenge(c, out.challenge, &out.challenge_expires_at));
    a->out = out;
    return NULL;
}

static err go_on(struct ctx *c, struct attempt *a)
{
    return tx_run(c, a->has_factor ? ask_second_factor : finish, a);
}

err auth__sign_in(struct ctx *c, const struct auth__sign_in *in,
    const struct auth__browser *browser, struct auth__signed_in *out)
{
    struct attempt a = { .authentication = { .email = in->email, .browser = browser } };
    err failed;

    TRY(auth__begin_authentication(c, &a.authentication));
    TRY(check_password(c, &a, in->password));
    a.has_factor = a.authentication.known.has_second_factor;
    failed = go_on(c, &a);
    if (failed != NULL && a.has_factor != a.authentication.known.has_second_factor)
        failed = go_on(c, &a);
    TRY(failed);

    *out = a.out;
    return NULL;
}

/* --- The second step --- */

struct second {
    struct auth__authentication authentication;
    const char *token, *code;
    struct auth__challenge challenge;
    bool open;
    struct auth__signed_in out;
};

/* Committed before the code is compared, so that concurrent attempts are counted too. */
static err try_challenge(struct ctx *c, void *arg)
{
    struct second *s = arg;

    return auth__try_challenge(c, s->token, &s->challenge, &s->open);
}

static err challenge_is_over(struct ctx *c)
{
    return problem(c, &AUTH_CHALLENGE_INVALID, "challenge",
        "The challenge was already used, has expired, or had too many attempts.");
}

/* Of concurrent requests with one challenge, the one that deletes it signs in. */
static err finish_second(struct ctx *c, void *arg)
{
    struct second *s = arg;
    struct users_person *person = arena_alloc(c->arena, sizeof *person);
    const char *factor;
    bool same, taken;
    err failed;

    TRY(auth__end_carried_session(c));
    TRY(enter(c, s->challenge.person_id, NULL, &same));
    TRY(auth__take_challenge(c, s->challenge.id, &taken));
    if (!same || !taken)
        return challenge_is_over(c);
    failed = auth__take_second_factor(c, s->code, &factor);
    if (failed == &AUTH_NO_FACTOR) /* removed concurrently, with every challenge */
        return challenge_is_over(c);
    TRY(failed);
    TRY(auth__end_authentication(c, &s->authentication));
    TRY(users_get_me(c, person));
    s->out = (struct auth__signed_in){ .person = person };
    return auth__open_session(
        c, s->authentication.browser, arena_printf(c->arena, "password %s", factor), &s->out);
}

err auth__sign_in_second(struct ctx *c, const struct auth__second *in,
    const struct auth__browser *browser, struct auth__signed_in *out)
{
    struct second s = { .token = in->challenge, .code = in->code };

    TRY(tx_run(c, try_challenge, &s));
    if (!s.open)
        return challenge_is_over(c);
    s.authentication =
        (struct auth__authentication){ .email = s.challenge.email, .browser = browser };
    TRY(auth__begin_authentication(c, &s.authentication));
    TRY(tx_run(c, finish_second, &s));

    *out = s.out;
    return NULL;
}

err auth__get_current(struct ctx *c, struct auth__signed_in *out)
{
    struct auth_session *session = arena_alloc(c->arena, sizeof *session);
    struct users_person *person = arena_alloc(c->arena, sizeof *person);

    TRY(auth__get_session(c, session));
    TRY(users_get_me(c, person));

    *out = (struct auth__signed_in){ .status = "active", .session = session, .person = person };
    return NULL;
}
