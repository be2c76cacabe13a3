/* Queries of admin, one function each. No rules here. */
#include "admin_internal.h"
#include "admin_sql.h"

static const struct field admin_staff_fields[] = {
    ID(admin_staff, id, "person", .doc = "Id of the person"),
    TEXT(admin_staff, role, .one_of = ADMIN_ROLES, .doc = "Staff role of the person"),
    ID(admin_staff, made_by, "person", .optional = true,
        .doc = "Staff member who last set the role. Null if the command line set it."),
    TIME(admin_staff, created_at, .doc = "Time at which the person became staff"),
};
SHAPE(admin_staff);
LIST_SHAPE(admin_staff);

static const struct field admin_suspension_fields[] = {
    TEXT(admin_suspension, reason, .max = 500, .doc = "Reason of the suspension"),
    ID(admin_suspension, suspended_by, "person", .optional = true,
        .doc = "Staff member who suspended the person. Null if unknown."),
    TIME(admin_suspension, suspended_at, .doc = "Time at which the person was suspended"),
};
SHAPE(admin_suspension);

const struct staff_gate admin__staff_gate = {
    .grant = &SQL_staff_grant,
    .touch = &SQL_touch_staff_session,
    .role_names = ADMIN_ROLES,
};

err admin__list_staff(struct ctx *c, const struct page_in *page, struct admin_staff_list *out)
{
    return db_page(c, &SQL_list_staff, admin_staff, out, page, NO_ARGS);
}

err admin__lock_staff(struct ctx *c)
{
    return db_exec(c, &SQL_lock_staff, NO_ARGS);
}

err admin__get_staff(struct ctx *c, struct uuid person, struct admin_staff *out, bool *found)
{
    return db_maybe(c, &SQL_get_staff, admin_staff, out, found, ARGS(ARG(person)));
}

err admin__put_staff(struct ctx *c, struct uuid person, const char *role, struct admin_staff *out)
{
    return db_one(
        c, &SQL_put_staff, admin_staff, out, ARGS(ARG(person), ARG(role), ARG(c->actor.person)));
}

err admin__delete_staff(struct ctx *c, struct uuid person)
{
    return db_exec_one(c, &SQL_delete_staff, ARGS(ARG(person)));
}

err admin__delete_old_staff_sessions(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_old_staff_sessions, gone, ARGS(ARG(most)));
}

err admin__forget_staff_sessions(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_staff_sessions_of, ARGS(ARG(person)));
}

err admin__put_suspension(struct ctx *c, struct uuid person, const char *reason)
{
    return db_exec(c, &SQL_put_suspension, ARGS(ARG(person), ARG(reason), ARG(c->actor.person)));
}

err admin__get_suspension(
    struct ctx *c, struct uuid person, struct admin_suspension *out, bool *found)
{
    return db_maybe(c, &SQL_get_suspension, admin_suspension, out, found, ARGS(ARG(person)));
}

err admin__delete_suspension(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_suspension, ARGS(ARG(person)));
}
