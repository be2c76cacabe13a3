/* Rules of staff roles. */
#include "admin_internal.h"

static err refuse_oneself(struct ctx *c, struct uuid person)
{
    if (c->actor.kind == ACTOR_SYSTEM || !uuid_equal(c->actor.person, person))
        return NULL;
    return problem(c, &ADMIN_OWN_ACCOUNT, NULL, "This is your own account.");
}

/* Two superadmins who remove each other's role concurrently would leave none. They are serialised,
 * and the second one is rejected because its role is removed by then. */
static err take_turn(struct ctx *c)
{
    struct admin_staff self;
    bool is_staff;

    TRY(admin__lock_staff(c));
    if (c->actor.kind == ACTOR_SYSTEM)
        return NULL;
    TRY(admin__get_staff(c, c->actor.person, &self, &is_staff));
    if (is_staff && text_equal(self.role, c->staff_role))
        return NULL;
    return problem(
        c, &ERR_CONFLICT, NULL, "Your own staff role changed while the request was running.");
}

err admin_put_staff(struct ctx *c, struct uuid person, const char *role, struct admin_staff *out)
{
    struct admin_staff before, after;
    struct users_person known;
    bool found;

    TRY(refuse_oneself(c, person));
    TRY(take_turn(c));
    TRY(users_find_person(c, person, &known));
    TRY(admin__get_staff(c, person, &before, &found));
    TRY(admin__put_staff(c, person, role, &after));
    TRY(audit(
        c, "admin.staff_changed", "person", person, admin_staff, found ? &before : NULL, &after));
    log_warn(c, "admin.staff_changed", log_text("role", role));

    *out = after;
    return NULL;
}

err admin_remove_staff(struct ctx *c, struct uuid person)
{
    struct admin_staff before;
    bool found;

    TRY(refuse_oneself(c, person));
    TRY(take_turn(c));
    TRY(admin__get_staff(c, person, &before, &found));
    if (!found)
        return problem(c, &ERR_NOT_FOUND, NULL, "This person is not staff.");
    TRY(admin__delete_staff(c, person));
    TRY(admin__forget_staff_sessions(c, person));
    log_warn(c, "admin.staff_removed", log_text("role", before.role));
    return audit(c, "admin.staff_removed", "person", person, admin_staff, &before, NULL);
}

err admin__get_me(struct ctx *c, struct admin_staff *out)
{
    bool found;

    TRY(admin__get_staff(c, c->actor.person, out, &found));
    return found ? NULL : &ERR_NOT_FOUND;
}
