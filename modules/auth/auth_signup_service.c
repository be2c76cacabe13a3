/* Rules of signing up and of confirming an address. Knows no HTTP and no SQL. */
#include "auth_internal.h"

struct signing_up {
    struct auth__signup signup;
    struct auth__secrets secrets;
};

static err keep_signup(struct ctx *c, void *arg)
{
    const struct signing_up *s = arg;
    const struct auth__answer_signup answer = {
        .signup_id = s->signup.id,
        .token = s->secrets.token,
        .code = s->secrets.code,
    };

    TRY(auth__insert_signup(c, &s->signup, &s->secrets));
    return job_enqueue(c, &auth__answer_signup_job, &answer);
}

err auth__sign_up(struct ctx *c, const struct auth__new_signup *in, const char **browser)
{
    struct signing_up s = {
        .signup = {
            .id = uuid_new(),
            .email = in->email,
            .name = in->name,
            .locale = in->locale,
        },
        .secrets = {
            .token = secret_token(c->arena, "verify"),
            .code = secret_code(c->arena),
            .browser = secret_token(c->arena, "browser"),
        },
    };

    TRY(auth__check_new_password(c, in->password, in->email));
    TRY(password_hash(c, in->password, &s.signup.password_hash));
    TRY(tx_run(c, keep_signup, &s));

    *browser = s.secrets.browser;
    return NULL;
}

err auth__ask_again(struct ctx *c, const char *email, const struct auth__browser *browser)
{
    const struct auth__answer_again answer = { .email = email, .browser = browser->token };

    return job_enqueue(c, &auth__answer_again_job, &answer);
}

struct confirming {
    const struct auth__confirmation *in;
    const struct auth__browser *browser;
    struct uuid person;
    struct auth__signed_in *out;
};

static err take_signup(struct ctx *c, const struct confirming *k, struct auth__signup *out)
{
    bool found;

    TRY(auth__lock_signups(c, k->in));
    if (k->in->token != NULL)
        TRY(auth__take_signup_by_token(c, k->in->token, k->browser->token, out, &found));
    else
        TRY(auth__take_signup_by_code(c, k->in, k->browser->token, out, &found));
    if (found)
        return NULL;
    return problem(c, &AUTH_CONFIRMATION_INVALID, k->in->token != NULL ? "token" : "code",
        "It was used already, has expired, or was never sent.");
}

static err make_person(struct ctx *c, const struct auth__signup *s, struct users_person *out)
{
    const struct users_person wanted = {
        .id = c->actor.person,
        .name = s->name,
        .email = s->email,
        .locale = s->locale,
    };

    TRY(users_create_person(c, &wanted, out));
    TRY(auth__insert_credential(c, out->id, s->email, s->password_hash));
    /* Others may have signed up with this address and a password of their own. */
    TRY(auth__delete_signups_of_address(c, s->email));
    return event_publish(c, &AUTH_EMAIL_VERIFIED, out->id,
        &(struct auth_email_verified){ .person_id = out->id, .email = out->email });
}

static err confirm(struct ctx *c, void *arg)
{
    const struct confirming *k = arg;
    struct users_person *person = arena_alloc(c->arena, sizeof *person);
    struct auth__signed_in out = { .status = "verified", .person = person };
    struct auth__signup signup;

    TRY(take_signup(c, k, &signup));
    if (signup.same_browser)
        TRY(auth__end_carried_session(c));
    TRY(tx_enter_person(c, k->person));
    TRY(make_person(c, &signup, person));
    if (signup.same_browser)
        TRY(auth__open_session(c, k->browser, "password", &out));

    *k->out = out;
    return NULL;
}

static err count_code_try(struct ctx *c, void *arg)
{
    const struct auth__confirmation *in = arg;

    return auth__count_code_try(c, in->email);
}

/* A token, or an address and its code as it should have been typed. */
static err read_confirmation(struct ctx *c, struct auth__confirmation *in)
{
    const bool by_token = in->token != NULL;

    if (by_token != (in->email == NULL) || by_token != (in->code == NULL))
        return problem(c, &ERR_INVALID, "token", "Send the token, or the address and its code.");
    if (by_token)
        return NULL;
    in->code = code_normalise(c->arena, in->code);
    if (in->code == NULL)
        return problem(c, &ERR_INVALID, "code", "A code is eight letters and digits.");
    return NULL;
}

err auth__confirm(struct ctx *c, const struct auth__confirmation *in,
    const struct auth__browser *browser, struct auth__signed_in *out)
{
    struct auth__confirmation read = *in;
    struct confirming k = { &read, browser, uuid_new(), out };

    TRY(read_confirmation(c, &read));
    /* Committed before the code is looked at, so that many tries at once count too. */
    if (read.code != NULL)
        TRY(tx_run(c, count_code_try, &read));
    return tx_run(c, confirm, &k);
}
