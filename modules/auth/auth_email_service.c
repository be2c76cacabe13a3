/* Rules of changing an account's email address and of undoing the change. */
#include "auth_internal.h"

#define WINDOW_S 3600

/* --- Request, signed in --- */

static err check_room(struct ctx *c)
{
    bool may;

    TRY(auth__may_change_email(c, &may));
    if (may)
        return NULL;
    response_retry_after(c, WINDOW_S);
    return problem(c, &AUTH_TOO_MANY_ATTEMPTS, NULL,
        "%d changes of the email address were already requested.",
        (int)AUTH__EMAIL_CHANGES_PER_HOUR);
}

/* The present address is notified in any case, whether or not the new one has an account. */
err auth__ask_email_change(struct ctx *c, const char *email)
{
    const struct auth__answer_email_change answer = {
        .change_id = uuid_new(),
        .token = secret_token(c->arena, "email"),
    };
    const struct auth_security_event event = {
        .person_id = c->actor.person,
        .network = c->actor.network,
    };
    bool same;

    if (text_equal(email, c->actor.email))
        return problem(c, &ERR_INVALID, "email", "This is your address already.");
    TRY(check_room(c));
    /* Serialised with a new password, which cancels pending changes. */
    TRY(auth__lock_own(c, NULL, &same));
    TRY(auth__insert_email_change(c, answer.change_id, email, answer.token));
    TRY(auth__publish_security_event(c, &AUTH_EMAIL_CHANGE_ASKED, &event));
    return job_enqueue(c, &auth__answer_email_change_job, &answer);
}

/* --- Confirmation of the new address --- */

static err is_over(struct ctx *c)
{
    return problem(c, &AUTH_EMAIL_CHANGE_INVALID, "token",
        "It was used already, has expired, was ended by a new password, or is another account's.");
}

/* The unique key decides between two concurrent changes to one address. The loser gets the response
 * of an expired link. */
static err change_email(struct ctx *c, const struct auth__email_change *change, const char *undo)
{
    bool changed, taken;
    err failed = auth__set_email(c, change->old_email, change->new_email, &changed);

    if (failed == &AUTH_CONFIRMATION_INVALID)
        return is_over(c);
    TRY(failed);
    TRY(auth__take_email_change(c, change->id, undo, &taken));
    return changed && taken ? NULL : is_over(c);
}

static err publish_change(struct ctx *c, const struct auth__email_change *change, const char *undo)
{
    TRY(audit_act(c, AUTH_EMAIL_CHANGED.kind.name, "person", change->person_id));
    return event_publish(c, &AUTH_EMAIL_CHANGED, change->person_id,
        &(struct auth_email_changed){
            .person_id = change->person_id,
            .email = change->new_email,
            .old_email = change->old_email,
            .token = undo,
            .network = c->actor.network,
        });
}

/*
 * Requires a session of the account in addition to the link. The reader of the new mailbox may be
 * unaware of the account: a click would give them an account that its creator can take back.
 * Sessions stay valid: after a theft the owner's own sessions are the remaining access, and the old
 * address can revoke all of them. Password reset links are deleted, because they are in the old
 * mailbox. Sign-ups are locked before the account, as in a confirmation.
 */
err auth__confirm_email_change(struct ctx *c, const char *token)
{
    const char *undo = secret_token(c->arena, "undo");
    struct auth__email_change change;
    struct users_person person;
    bool found, same;

    TRY(auth__find_email_change(c, token, &change, &found));
    if (!found)
        return is_over(c);
    TRY(auth__lock_signups_of_address(c, change.new_email));
    TRY(auth__lock_own(c, NULL, &same));
    TRY(change_email(c, &change, undo));
    TRY(users_change_email(c, change.new_email, &person));
    TRY(auth__delete_resets(c));
    TRY(auth__end_signups_of_address(c, change.new_email, NULL));
    return publish_change(c, &change, undo);
}

/* --- Undo --- */

struct undoing {
    const char *token;
    struct auth__email_change change;
    bool found;
    const char *new_hash;
};

static err find_undo(struct ctx *c, void *arg)
{
    struct undoing *k = arg;

    return auth__find_email_undo(c, k->token, &k->change, &k->found);
}

static err restore(struct ctx *c, const struct undoing *k)
{
    bool taken;
    err failed = auth__restore_email(c, k->change.old_email, k->new_hash);

    if (failed == &AUTH_CONFIRMATION_INVALID)
        return problem(
            c, &AUTH_EMAIL_CHANGE_INVALID, "token", "The old address has another account now.");
    TRY(failed);
    TRY(auth__take_email_undo(c, k->change.id, &taken));
    return taken ? NULL : is_over(c);
}

/* A thief who changed the address may have added a second factor that would lock out the owner. A
 * factor that is older than the change is the owner's and stays. */
static err lock_out(struct ctx *c, const struct auth__email_change *change)
{
    int64_t gone;
    bool removed;

    TRY(auth__delete_sessions_of_person(c, change->person_id, &gone));
    TRY(auth__delete_challenges(c, change->person_id));
    TRY(auth__delete_totp_since(c, change->asked_at, &removed));
    return removed ? auth__delete_recovery_codes(c, change->person_id) : NULL;
}

/* A suspended person's address is restored too, but no reset link is sent: it is to be requested
 * after the suspension. */
static err ask_for_password(struct ctx *c, const struct auth__email_change *change)
{
    struct auth_account account;
    const struct auth_reset_requested requested = {
        .person_id = change->person_id,
        .email = change->old_email,
        .token = secret_token(c->arena, "reset"),
    };

    TRY(auth__get_account(c, requested.person_id, &account));
    if (account.suspended_at.us != 0)
        return NULL;
    TRY(auth__insert_reset(c, requested.person_id, requested.token));
    return event_publish(c, &AUTH_RESET_REQUESTED, requested.person_id, &requested);
}

static err undo(struct ctx *c, void *arg)
{
    const struct undoing *k = arg;
    const struct auth_security_event event = {
        .person_id = k->change.person_id,
        .network = c->actor.network,
    };
    struct users_person person;

    TRY(auth__lock_signups_of_address(c, k->change.old_email));
    TRY(tx_enter_person(c, k->change.person_id));
    TRY(restore(c, k));
    TRY(lock_out(c, &k->change));
    TRY(users_change_email(c, k->change.old_email, &person));
    TRY(auth__end_signups_of_address(c, k->change.old_email, NULL));
    TRY(auth__publish_security_event(c, &AUTH_EMAIL_RESTORED, &event));
    return ask_for_password(c, &k->change);
}

err auth__undo_email_change(struct ctx *c, const char *token)
{
    struct undoing k = { .token = token };

    TRY(tx_run(c, find_undo, &k));
    if (!k.found)
        return is_over(c);
    /* The hash of a random password: the current password may be known to the person who changed
     * the address. */
    TRY(password_hash(c, secret_token(c->arena, "none"), &k.new_hash));
    return tx_run(c, undo, &k);
}
