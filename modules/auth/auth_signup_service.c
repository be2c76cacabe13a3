/* Rules of signing up and of confirming an address. */
#include "auth_internal.h"

#define MARK "browser"
enum { MARK_SIZE = sizeof MARK + 43 }; /* format of secret_token */

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

/* All sign-ups of one browser share one mark, so that any of their emails can be confirmed in
 * it. */
static const char *mark_of(struct ctx *c, const struct auth__browser *browser)
{
    const char *has = browser->token;

    return has != NULL && text_starts_with(has, MARK "_") && strlen(has) == MARK_SIZE
               ? has
               : secret_token(c->arena, MARK);
}

err auth__sign_up(struct ctx *c, const struct auth__new_signup *in,
    const struct auth__browser *browser, const char **mark)
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
            .browser = mark_of(c, browser),
        },
    };

    TRY(auth__check_new_password(c, in->password, in->email));
    TRY(password_hash(c, in->password, &s.signup.password_hash));
    TRY(tx_run(c, keep_signup, &s));

    *mark = s.secrets.browser;
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
    const char *new_hash; /* of in->password; NULL: none was given */
    struct auth__signup signup;
    struct uuid person;
    struct auth__signed_in *out;
};

static err find_signup(struct ctx *c, struct confirming *k)
{
    bool found;

    if (k->in->token != NULL)
        TRY(auth__find_signup_by_token(c, k->in->token, k->browser->token, &k->signup, &found));
    else
        TRY(auth__find_signup_by_code(c, k->in, k->browser->token, &k->signup, &found));
    if (found)
        return NULL;
    return problem(c, &AUTH_CONFIRMATION_INVALID, k->in->token != NULL ? "token" : "code",
        "It was used already, has expired, or was never sent.");
}

/* Concurrent confirmations are serialised; the later ones find the sign-up ended. */
static err look_at_signup(struct ctx *c, void *arg)
{
    struct confirming *k = arg;

    TRY(auth__lock_signups(c, k->in));
    return find_signup(c, k);
}

static err make_person(struct ctx *c, const struct confirming *k, struct users_person *out)
{
    const struct auth__signup *s = &k->signup;
    const bool given = k->new_hash != NULL;
    const struct users_person wanted = {
        .id = k->person,
        .name = given ? k->in->name : s->name,
        .email = s->email,
        .locale = given ? k->in->locale : s->locale,
    };

    TRY(users_create_person(c, &wanted, out));
    TRY(auth__insert_credential(c, out->id, s->email, given ? k->new_hash : s->password_hash));
    /* Other browsers may have signed up with this address and their own passwords. */
    TRY(auth__end_signups_of_address(c, s->email, k->browser->token));
    return event_publish(c, &AUTH_EMAIL_VERIFIED, out->id,
        &(struct auth_email_verified){ .person_id = out->id, .email = out->email });
}

/*
 * The token or code proves that the caller reads the address's email, not that they signed up. So
 * password and name count only from this browser, at the sign-up or now. Otherwise a stranger who
 * signed up with another person's address would get an account there by the owner's click.
 */
static err confirm(struct ctx *c, void *arg)
{
    struct confirming *k = arg;
    struct users_person *person = arena_alloc(c->arena, sizeof *person);
    struct auth__signed_in out = { .person = person };
    struct auth__browser here = *k->browser;

    TRY(look_at_signup(c, k));
    if (k->new_hash == NULL && !k->signup.same_browser) {
        *k->out = (struct auth__signed_in){ .status = "set_password", .email = k->signup.email };
        return NULL;
    }
    TRY(auth__end_carried_session(c));
    TRY(tx_enter_person(c, k->person));
    TRY(make_person(c, k, person));
    /* A known device, so no sign-in notification: the person just read the email on it. */
    here.device = auth__device_mark(c, person->email);
    TRY(auth__open_session(c, &here, "password", &out));

    *k->out = out;
    return NULL;
}

static err count_code_try(struct ctx *c, void *arg)
{
    const struct confirming *k = arg;

    return auth__count_code_try(c, k->in->email, k->browser->token);
}

/* A token, or an address and its code, normalised. */
static err read_confirmation(struct ctx *c, struct auth__confirmation *in)
{
    const bool by_token = in->token != NULL;

    if (by_token != (in->email == NULL) || by_token != (in->code == NULL))
        return problem(c, &ERR_INVALID, "token", "Send the token, or the address and its code.");
    if ((in->password == NULL) != (in->name == NULL))
        return problem(c, &ERR_INVALID, in->name == NULL ? "name" : "password",
            "Send a password and a name, or none of them.");
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
    struct confirming k = { .in = &read, .browser = browser, .person = uuid_new(), .out = out };

    TRY(read_confirmation(c, &read));
    /* Committed before the code is compared, so that concurrent attempts are counted too. */
    if (read.code != NULL)
        TRY(tx_run(c, count_code_try, &k));
    if (read.password != NULL) {
        TRY(tx_run(c, look_at_signup, &k));
        TRY(auth__check_new_password(c, read.password, k.signup.email));
        TRY(password_hash(c, read.password, &k.new_hash));
    }
    return tx_run(c, confirm, &k);
}
