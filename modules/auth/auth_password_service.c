/* Rules of choosing, changing and resetting a password. */
#include "auth_internal.h"

static err refuse_password(struct ctx *c, const char *code, const char *why)
{
    problem_add(c, "/password", code, "%s", why);
    return problem(c, &ERR_INVALID, NULL, "Choose another password.");
}

static bool is_one_character(const char *password)
{
    return strspn(password, (const char[]){ password[0], '\0' }) == strlen(password);
}

/* NIST SP 800-63B section 5.1.1.2: no composition rules; common and guessable passwords are
 * rejected. */
err auth__check_new_password(struct ctx *c, const char *password, const char *email)
{
    const char *local = arena_strndup(c->arena, email, strcspn(email, "@"));

    if (text_equal_nocase(password, email) || text_equal_nocase(password, local))
        return refuse_password(c, "equals-email", "Your email address is not a secret.");
    if (is_one_character(password))
        return refuse_password(c, "repeats", "A repeated character is easy to guess.");
    if (password_is_breached(password))
        return refuse_password(c, "breached", "It is on lists of stolen passwords.");
    return NULL;
}

static err publish(struct ctx *c, const EVENT(auth_security_event) * kind)
{
    return auth__publish_security_event(c, kind,
        &(struct auth_security_event){
            .person_id = c->actor.person,
            .network = c->actor.network,
        });
}

/* --- By a signed-in person --- */

struct changing {
    struct auth__authentication authentication;
    const char *new_hash;
};

static err change(struct ctx *c, void *arg)
{
    struct changing *k = arg;
    int64_t gone;
    bool same, has_factor;

    /* The account first, then its dependent rows: a concurrent sign-in sees all of the change or
     * none. */
    TRY(auth__lock_own(c, k->authentication.known.password_hash, &same));
    if (!same)
        return problem(c, &AUTH_WRONG_PASSWORD, "current_password",
            "The password changed while the request was running.");
    TRY(auth__set_password_hash(c, k->new_hash));
    TRY(auth__delete_other_sessions(c, &gone));
    TRY(auth__delete_challenges(c, c->actor.person));
    TRY(auth__delete_resets(c));
    TRY(auth__delete_waiting_email_change(c));
    /* The password alone does not reauthenticate an account with a second factor. */
    TRY(auth__has_second_factor(c, &has_factor));
    if (!has_factor)
        TRY(auth__note_reauthentication(c, NULL));
    TRY(auth__end_authentication(c, &k->authentication));
    return publish(c, &AUTH_PASSWORD_CHANGED);
}

err auth__change_password(
    struct ctx *c, const char *current, const char *password, const struct auth__browser *browser)
{
    struct changing k = { .authentication = { .email = c->actor.email, .browser = browser } };

    TRY(auth__check_new_password(c, password, c->actor.email));
    TRY(auth__reauthenticate_by_password(c, &k.authentication, "current_password", current));
    TRY(password_hash(c, password, &k.new_hash));
    return tx_run(c, change, &k);
}

/* --- By an emailed link --- */

err auth__ask_reset(struct ctx *c, const char *email)
{
    return job_enqueue(c, &auth__answer_reset_job, &(struct auth__answer_reset){ .email = email });
}

struct resetting {
    const char *token;
    const struct auth__browser *browser;
    struct auth__reset reset;
    bool found;
    const char *new_hash;
};

static err find_reset(struct ctx *c, void *arg)
{
    struct resetting *k = arg;

    return auth__find_reset(c, k->token, &k->reset, &k->found);
}

static err reset_is_over(struct ctx *c)
{
    return problem(c, &AUTH_RESET_INVALID, "token",
        "It was used already, has expired, or a newer one was sent.");
}

/* Access to the mailbox clears the failed attempts, also those of this browser. */
static err forget_guesses(struct ctx *c, const struct resetting *k)
{
    const char *email = k->reset.email;

    TRY(auth__clear_throttles(c, email));
    return auth__clear_throttles(c, auth__device_subject(c, email, k->browser));
}

static err reset(struct ctx *c, void *arg)
{
    struct resetting *k = arg;
    int64_t gone;
    bool taken;

    TRY(tx_enter_person(c, k->reset.person_id));
    /* The account first, as in change. */
    TRY(auth__set_password_hash(c, k->new_hash));
    TRY(auth__take_reset(c, k->reset.id, &taken));
    if (!taken)
        return reset_is_over(c);
    TRY(auth__delete_sessions_of_person(c, k->reset.person_id, &gone));
    TRY(auth__delete_challenges(c, k->reset.person_id));
    TRY(auth__delete_resets(c));
    /* The account belongs to the reader of its current mailbox: no older address may undo that. */
    TRY(auth__delete_email_changes(c));
    TRY(forget_guesses(c, k));
    return publish(c, &AUTH_PASSWORD_RESET);
}

err auth__reset_password(
    struct ctx *c, const char *token, const char *password, const struct auth__browser *browser)
{
    struct resetting k = { .token = token, .browser = browser };

    TRY(tx_run(c, find_reset, &k));
    if (!k.found)
        return reset_is_over(c);
    TRY(auth__check_new_password(c, password, k.reset.email));
    TRY(password_hash(c, password, &k.new_hash));
    return tx_run(c, reset, &k);
}
