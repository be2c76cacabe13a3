/* Job handlers of auth: the emails after a sign-up or request, and deletion of expired rows. They
 * run outside the request, so its response and duration do not reveal accounts. */
#include "auth_internal.h"

static err publish_existing_account(struct ctx *c, struct uuid signup, const char *email)
{
    return event_publish(c, &AUTH_SIGNUP_FOR_EXISTING_ACCOUNT, signup,
        &(struct auth_signup_for_existing){ .email = email });
}

static err publish_signup(
    struct ctx *c, const struct auth__signup *s, const char *token, const char *code)
{
    return event_publish(c, &AUTH_SIGNUP_STARTED, s->id,
        &(struct auth_signup_started){
            .email = s->email,
            .token = token,
            .code = code,
        });
}

/* Requests are free for the client, so emails to one address are limited here. */
static err may_mail(struct ctx *c, const char *email, bool *may)
{
    TRY(auth__may_mail(c, email, may));
    if (!*may)
        log_warn(c, "auth.email_rate_limited", log_int("per_hour", AUTH__MAILS_PER_HOUR));
    return NULL;
}

JOB_HANDLER(answer_signup, auth__answer_signup)
{
    struct auth__signup signup;
    bool found, may, taken;

    TRY(auth__find_signup(c, in->signup_id, &signup, &found));
    if (!found)
        return NULL;
    TRY(may_mail(c, signup.email, &may));
    TRY(auth__is_address_taken(c, signup.email, &taken));
    if (taken)
        TRY(auth__end_signup(c, signup.id));
    if (!may)
        return NULL;
    return taken ? publish_existing_account(c, signup.id, signup.email)
                 : publish_signup(c, &signup, in->token, in->code);
}

/* The email proves only the address: the caller created none of the pending sign-ups. So none is
 * renewed, and the new sign-up has no browser and no password. */
static err insert_blank(struct ctx *c, const struct auth__signup *waiting,
    struct auth__secrets *secrets, struct auth__signup *out)
{
    *out = (struct auth__signup){
        .id = uuid_new(),
        .email = waiting->email,
        .name = arena_printf(c->arena, "%.200s", waiting->email),
        .locale = waiting->locale,
        .password_hash = "",
    };
    secrets->browser = secret_token(c->arena, "browser");
    return auth__insert_signup(c, out, secrets);
}

JOB_HANDLER(answer_again, auth__answer_again)
{
    struct auth__secrets secrets = {
        .token = secret_token(c->arena, "verify"),
        .code = secret_code(c->arena),
    };
    struct auth__signup signup, blank;
    bool found, may, taken;

    TRY(may_mail(c, in->email, &may));
    if (!may)
        return NULL;
    TRY(auth__is_address_taken(c, in->email, &taken));
    if (taken)
        return publish_existing_account(c, uuid_new(), in->email);
    TRY(auth__find_signup_of_address(c, in->email, in->browser, &signup, &found));
    if (!found)
        return NULL;
    if (!signup.same_browser) {
        TRY(insert_blank(c, &signup, &secrets, &blank));
        return publish_signup(c, &blank, secrets.token, secrets.code);
    }
    TRY(auth__renew_signup(c, &signup, &secrets));
    return publish_signup(c, &signup, secrets.token, secrets.code);
}

static err log_suspended(struct ctx *c, struct uuid person)
{
    log_info(c, "auth.reset_suppressed",
        log_text("person", typeid_text(c->arena, "person", person)),
        log_text("why", "staff suspended the account"));
    return NULL;
}

JOB_HANDLER(answer_reset, auth__answer_reset)
{
    struct auth_reset_requested requested = { .email = in->email };
    struct auth__holder owner;
    bool found, may;

    TRY(may_mail(c, in->email, &may));
    TRY(auth__find_person_by_email(c, in->email, &owner, &found));
    if (!may || !found)
        return NULL;
    if (owner.suspended) /* a suspended person cannot sign in with a new password */
        return log_suspended(c, owner.person_id);
    requested.person_id = owner.person_id;
    requested.token = secret_token(c->arena, "reset");
    TRY(auth__insert_reset(c, requested.person_id, requested.token));
    return event_publish(c, &AUTH_RESET_REQUESTED, requested.person_id, &requested);
}

/* The change stays pending with and without an account at the address, so that the caller cannot
 * find out. */
JOB_HANDLER(answer_email_change, auth__answer_email_change)
{
    struct auth__email_change change;
    bool found, may, taken;

    TRY(auth__get_email_change(c, in->change_id, &change, &found));
    if (!found)
        return NULL;
    TRY(may_mail(c, change.new_email, &may));
    if (!may)
        return NULL;
    TRY(auth__is_address_taken(c, change.new_email, &taken));
    if (taken)
        return event_publish(c, &AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT, change.id,
            &(struct auth_email_change_for_existing){
                .person_id = change.person_id, .email = change.new_email });
    return event_publish(c, &AUTH_EMAIL_CHANGE_STARTED, change.id,
        &(struct auth_email_change_started){
            .person_id = change.person_id,
            .email = change.new_email,
            .token = in->token,
        });
}

JOB_HANDLER(report_guessed, auth__report_guessed)
{
    struct auth_security_event event = { .network = NULL };
    struct auth__holder owner;
    bool found;

    TRY(auth__find_person_by_email(c, in->email, &owner, &found));
    if (!found)
        return NULL;
    event.person_id = owner.person_id;
    log_warn(c, "auth.password_locked", log_int("guesses", AUTH__GUESSES_MAX));
    return auth__publish_security_event(c, &AUTH_PASSWORD_GUESSED_AT, &event);
}

const struct job_worker auth__workers[] = {
    { RUNS(auth__answer_signup_job, answer_signup) },
    { RUNS(auth__answer_again_job, answer_again) },
    { RUNS(auth__answer_reset_job, answer_reset) },
    { RUNS(auth__answer_email_change_job, answer_email_change) },
    { RUNS(auth__report_guessed_job, report_guessed) },
    { SWEEPS(auth__sweep_job) },
    { .job = NULL },
};

const struct table auth__tables[] = {
    { .name = "api_key", .kept = "with its organisation, or until it is revoked" },
    { .name = "challenge",
        .swept = "when it expired",
        .bite = auth__sweep_challenges,
        .by = &auth__sweep_job.kind },
    { .name = "credential", .kept = "with its person" },
    { .name = "email_change",
        .swept = "when its last link expired",
        .bite = auth__sweep_email_changes,
        .by = &auth__sweep_job.kind },
    { .name = "password_reset",
        .swept = "when it expired",
        .bite = auth__sweep_resets,
        .by = &auth__sweep_job.kind },
    { .name = "recovery_code", .kept = "until it is used, or with its person" },
    { .name = "session",
        .swept = "when it expired, or was not used for as long as it may be",
        .bite = auth__sweep_sessions,
        .by = &auth__sweep_job.kind },
    { .name = "signup",
        .swept = "when it expired",
        .bite = auth__sweep_signups,
        .by = &auth__sweep_job.kind },
    { .name = "throttle",
        .swept = "a day after the last failure, when nothing is blocked",
        .bite = auth__sweep_throttles,
        .by = &auth__sweep_job.kind },
    { .name = "totp", .kept = "until it is removed, or with its person" },
    { NULL },
};
