/* Rules of sessions, suspension and erasure. */
#include "auth_internal.h"

err auth__list_my_sessions(struct ctx *c, const struct page_in *page, struct auth_session_list *out)
{
    return auth__list_sessions(c, c->actor.person, page, out);
}

err auth__revoke_session(struct ctx *c, struct uuid session)
{
    TRY(auth__delete_session_of(c, c->actor.person, session));
    return auth__publish_signed_out(c, session);
}

err auth__revoke_other_sessions(struct ctx *c)
{
    int64_t gone;

    TRY(auth__delete_other_sessions(c, &gone));
    return audit_act(c, "auth.other_sessions_revoked", "person", c->actor.person);
}

err auth_get_account(struct ctx *c, struct uuid person, struct auth_account *out)
{
    return auth__get_account(c, person, out);
}

err auth_list_sessions_of(
    struct ctx *c, struct uuid person, const struct page_in *page, struct auth_session_list *out)
{
    return auth__list_sessions(c, person, page, out);
}

err auth_revoke_sessions_of(struct ctx *c, struct uuid person, int64_t *n)
{
    TRY(auth__delete_sessions_of_person(c, person, n));
    return audit_act(c, "auth.sessions_revoked", "person", person);
}

static err set_suspended(
    struct ctx *c, struct uuid person, bool suspended, const EVENT(auth_person_event) * kind)
{
    struct auth_account before, after;
    bool changed;

    TRY(auth__get_account(c, person, &before));
    TRY(auth__set_suspended(c, person, suspended, &changed));
    if (!changed)
        return NULL;
    TRY(auth__get_account(c, person, &after));
    TRY(audit(c, kind->kind.name, "person", person, auth_account, &before, &after));
    return event_publish(c, kind, person, &(struct auth_person_event){ .person_id = person });
}

/* The identity query checks the suspension itself, so the sessions are deleted for another reason:
 * lifting the suspension must not sign the person in. This includes a session whose sign-in is
 * concurrent. */
err auth_suspend_person(struct ctx *c, struct uuid person)
{
    int64_t gone;

    TRY(set_suspended(c, person, true, &AUTH_PERSON_SUSPENDED));
    TRY(auth__warn_of_keys_of(c, person));
    return auth__delete_sessions_of_person(c, person, &gone);
}

err auth_restore_person(struct ctx *c, struct uuid person)
{
    int64_t gone;

    TRY(auth__delete_sessions_of_person(c, person, &gone));
    return set_suspended(c, person, false, &AUTH_PERSON_RESTORED);
}

err auth_remove_second_factor(struct ctx *c, struct uuid person, bool *removed)
{
    const struct auth_security_event event = { .person_id = person };

    TRY(auth__lock_account(c, person));
    TRY(auth__drop_second_factor(c, person, removed));
    return *removed ? auth__publish_security_event(c, &AUTH_SECOND_FACTOR_REMOVED_BY_STAFF, &event)
                    : NULL;
}

err auth_email_of(struct ctx *c, struct uuid person, const char **out)
{
    return auth__email_of_person(c, person, out);
}

err auth__erase_person(struct ctx *c, struct uuid person)
{
    const char *email;
    int64_t gone;

    /* The account first: a concurrent sign-in commits before, or fails. */
    TRY(auth__lock_account(c, person));
    TRY(auth__email_of_person(c, person, &email));
    TRY(auth__warn_of_my_keys(c));
    TRY(auth__delete_sessions_of_person(c, person, &gone));
    TRY(auth__erase_factors(c, person));
    TRY(auth__erase_resets(c, person));
    TRY(auth__delete_signups_of_former_addresses(c, person));
    TRY(auth__erase_email_changes(c, person));
    TRY(auth__delete_signups_of_address(c, email));
    TRY(auth__clear_throttles(c, email));
    return auth__delete_credential(c, person);
}
