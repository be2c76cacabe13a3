/* Rules of staff actions against abuse and lockouts. Suspension of people and organisations and its
 * end, revocation of sessions and keys, removal of a lost second factor. */
#include "admin_internal.h"

struct reason {
    const char *reason;
};
static const struct field reason_fields[] = { TEXT(reason, reason, .optional = true) };
static SHAPE(reason);

static err refuse_staff(struct ctx *c, struct uuid person)
{
    struct admin_staff staff;
    bool is_staff;

    TRY(admin__get_staff(c, person, &staff, &is_staff));
    return is_staff ? problem(c, &ADMIN_IS_STAFF, NULL, "Their staff role is %s.", staff.role)
                    : NULL;
}

static err note_of(
    struct ctx *c, const char *action, const char *what, struct uuid id, const char *reason)
{
    const struct reason why = { reason };

    return audit(c, action, what, id, reason, NULL, &why);
}

static err note(struct ctx *c, const char *action, struct uuid person, const char *reason)
{
    return note_of(c, action, "person", person, reason);
}

err admin__suspend(struct ctx *c, struct uuid person, const char *reason)
{
    TRY(refuse_staff(c, person));
    TRY(auth_suspend_person(c, person));
    TRY(admin__put_suspension(c, person, reason));
    return note(c, "admin.person_suspended", person, reason);
}

err admin__restore(struct ctx *c, struct uuid person, const char *reason)
{
    TRY(auth_restore_person(c, person));
    TRY(admin__delete_suspension(c, person));
    return note(c, "admin.person_restored", person, reason);
}

err admin__sign_out(struct ctx *c, struct uuid person)
{
    int64_t n;

    TRY(refuse_staff(c, person));
    TRY(auth_revoke_sessions_of(c, person, &n));
    return audit_act(c, "admin.person_signed_out", "person", person);
}

err admin__revoke_session(
    struct ctx *c, struct uuid person, struct uuid session, const char *reason)
{
    TRY(refuse_staff(c, person));
    TRY(auth_revoke_session_of(c, person, session));
    return note_of(c, "admin.session_revoked", "session", session, reason);
}

/* A staff member's second factor protects the staff role, so its removal requires the permission to
 * manage staff. The lock keeps the person's role unchanged. */
static err check_factor_owner(struct ctx *c, struct uuid person)
{
    struct admin_staff staff;
    bool is_staff;

    if (uuid_equal(person, c->actor.person))
        return problem(
            c, &ADMIN_OWN_ACCOUNT, NULL, "This is your own account. Use DELETE /v1/auth/totp.");
    TRY(admin__lock_staff(c));
    TRY(admin__get_staff(c, person, &staff, &is_staff));
    return is_staff ? ctx_require(c, ADMIN_MANAGE_STAFF) : NULL;
}

err admin__remove_factor(struct ctx *c, struct uuid person, const char *reason)
{
    bool removed;
    int64_t n;

    TRY(check_factor_owner(c, person));
    TRY(auth_remove_second_factor(c, person, &removed));
    if (!removed)
        return problem(c, &AUTH_NO_FACTOR, NULL, "The person has no second factor.");
    TRY(auth_revoke_sessions_of(c, person, &n));
    TRY(admin__forget_staff_sessions(c, person));
    return note(c, "admin.second_factor_removed", person, reason);
}

err admin__suspend_org(struct ctx *c, struct uuid org, const char *reason)
{
    TRY(users_suspend_org(c, org, reason));
    TRY(tx_enter_org(c, org));
    log_warn(c, "admin.org_suspended", log_text("org", typeid_text(c->arena, "org", org)));
    return note_of(c, "admin.org_suspended", "org", org, reason);
}

err admin__restore_org(struct ctx *c, struct uuid org, const char *reason)
{
    TRY(users_restore_org(c, org, reason));
    TRY(tx_enter_org(c, org));
    log_warn(c, "admin.org_restored", log_text("org", typeid_text(c->arena, "org", org)));
    return note_of(c, "admin.org_restored", "org", org, reason);
}

err admin__revoke_key(struct ctx *c, struct uuid org, struct uuid key, const char *reason)
{
    TRY(tx_enter_org(c, org));
    TRY(auth_revoke_key(c, key));
    return note_of(c, "admin.key_revoked", "key", key, reason);
}
