/* Rules of signing in and out. Knows no HTTP and no SQL. */
#include "auth_internal.h"

struct attempt {
    const struct auth__sign_in *in;
    const struct auth__browser *browser;
    const char *subject;      /* what the try is counted under */
    struct auth__known known; /* all zero when nothing is known of the address */
    const char *new_hash;     /* NULL: the stored one is good enough */
    struct auth__signed_in out;
    int64_t wait_s;
};

/* The try is counted as failed and committed before the password is looked at: neither a failing
 * request nor many at once get around the count. */
static err begin(struct ctx *c, void *arg)
{
    struct attempt *a = arg;
    bool found;

    a->known = (struct auth__known){ .password_hash = NULL };
    TRY(auth__lock_throttles(c, a->subject, &a->wait_s));
    if (a->wait_s > 0)
        return NULL;
    TRY(auth__count_failure(c, a->subject));
    return auth__find_for_sign_in(c, a->in->email, a->browser->token, &a->known, &found);
}

static err too_many_tries(struct ctx *c, int64_t wait_s)
{
    log_warn(c, "auth.sign_in_throttled", log_int("wait_s", wait_s));
    reply_retry_after(c, wait_s);
    return problem(
        c, &AUTH_TOO_MANY_TRIES, NULL, "Wait %lld s, then try again.", (long long)wait_s);
}

static err take_back(struct ctx *c, void *arg)
{
    return auth__take_back_failure(c, arg);
}

/* A server too busy to look must not make people wait for tries nobody looked at. */
static err look_at_password(struct ctx *c, const struct attempt *a, bool *ok, bool *outdated)
{
    err failed = password_verify(c, a->known.password_hash, a->in->password, ok, outdated);

    if (failed != NULL)
        tx_apart(c, take_back, arena_strdup(c->arena, a->subject));
    return failed;
}

static err check_password(struct ctx *c, struct attempt *a)
{
    bool ok, outdated;

    TRY(look_at_password(c, a, &ok, &outdated));
    if (!ok) {
        log_warn(c, "auth.sign_in_refused", log_text("network", c->actor.network));
        return problem(c, &AUTH_WRONG_CREDENTIALS, NULL, "Address or password is wrong.");
    }
    if (uuid_is_nil(a->known.person_id))
        return problem(c, &AUTH_EMAIL_UNVERIFIED, NULL,
            "Follow the link we mailed to you, or ask for it again.");
    if (a->known.suspended)
        return problem(c, &AUTH_SUSPENDED, NULL, "This account is suspended.");
    if (outdated)
        TRY(password_hash(c, a->in->password, &a->new_hash));
    return NULL;
}

err auth__open_session(struct ctx *c, const char *user_agent, struct auth__signed_in *out)
{
    const char *token = secret_token(c->arena, AUTH__SESSION_PREFIX);
    struct auth_session *session = arena_alloc(c->arena, sizeof *session);

    TRY(auth__insert_session(c, token, user_agent, session));
    TRY(audit(c, AUTH_SIGNED_IN.name, "session", session->id, &auth_session_shape, NULL, session));
    TRY(event_publish(c, &AUTH_SIGNED_IN, c->actor.person,
        &(struct auth_session_event){
            .person_id = c->actor.person,
            .session_id = session->id,
        }));

    out->status = "active";
    out->session = session;
    out->token = token;
    return NULL;
}

static err finish(struct ctx *c, void *arg)
{
    struct attempt *a = arg;
    struct users_person *person = arena_alloc(c->arena, sizeof *person);

    TRY(tx_enter_person(c, a->known.person_id));
    TRY(auth__clear_throttles(c, a->subject));
    if (a->new_hash != NULL)
        TRY(auth__set_password_hash(c, a->new_hash));
    TRY(users_get_me(c, person));
    a->out = (struct auth__signed_in){ .person = person };
    return auth__open_session(c, a->browser->user_agent, &a->out);
}

static err end_session(struct ctx *c, void *arg)
{
    const struct uuid session = c->actor.session;

    (void)arg;
    TRY(auth__delete_session(c, session));
    TRY(audit(c, AUTH_SIGNED_OUT.name, "session", session, &nothing_shape, NULL, NULL));
    return event_publish(c, &AUTH_SIGNED_OUT, c->actor.person,
        &(struct auth_session_event){
            .person_id = c->actor.person,
            .session_id = session,
        });
}

err auth__sign_in(struct ctx *c, const struct auth__sign_in *in,
    const struct auth__browser *browser, struct auth__signed_in *out)
{
    struct attempt a = {
        .in = in,
        .browser = browser,
        .subject = auth__tries_subject(c, in->email, browser),
    };

    TRY(tx_run(c, begin, &a));
    if (a.wait_s > 0)
        return too_many_tries(c, a.wait_s);
    TRY(check_password(c, &a));
    /* Signing in gives a new session and ends the one it replaces. */
    if (!uuid_is_nil(c->actor.session))
        TRY(tx_run(c, end_session, NULL));
    TRY(tx_run(c, finish, &a));

    *out = a.out;
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

err auth__sign_out(struct ctx *c)
{
    return end_session(c, NULL);
}
