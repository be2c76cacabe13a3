/* Suspending people and letting them back in. Knows no HTTP and no SQL. */
#include "admin_internal.h"

struct reason {
    const char *reason;
};
static const struct field reason_fields[] = { TEXT(reason, reason) };
static SHAPE(reason);

static err refuse_staff(struct ctx *c, struct uuid person)
{
    struct admin_staff staff;
    bool is_staff;

    TRY(admin__get_staff(c, person, &staff, &is_staff));
    return is_staff ? problem(c, &ADMIN_IS_STAFF, NULL, "Their staff role is %s.", staff.role)
                    : NULL;
}

static err note(struct ctx *c, const char *action, struct uuid person, const char *reason)
{
    const struct reason why = { reason };

    return audit(c, action, "person", person, reason, NULL, &why);
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
