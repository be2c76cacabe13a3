/* HTTP surface: staff. Rules are in admin_staff_service.c. */
#include "admin_internal.h"

struct staff_ref {
    struct uuid person_id;
};
static const struct field staff_ref_fields[] = {
    ID(staff_ref, person_id, "person", .in = PATH, .doc = "Id of the person"),
};
static SHAPE(staff_ref);

struct put_staff {
    struct uuid person_id;
    const char *role;
};
static const struct field put_staff_fields[] = {
    ID(put_staff, person_id, "person", .in = PATH, .doc = "Id of the person"),
    TEXT(put_staff, role, .one_of = ADMIN_ROLES, .doc = "New staff role of the person"),
};
static SHAPE(put_staff);

HANDLER(get_staff_me, nothing, admin_staff)
{
    (void)in;
    return admin__get_me(c, out);
}

HANDLER(list_staff, page_in, admin_staff_list)
{
    return admin__list_staff(c, in, out);
}

HANDLER(put_staff, put_staff, admin_staff)
{
    return admin_put_staff(c, in->person_id, in->role, out);
}

HANDLER(remove_staff, staff_ref, nothing)
{
    (void)out;
    return admin_remove_staff(c, in->person_id);
}

const struct route admin__staff_routes[] = {
    {
        .method = GET,
        .path = "/v1/admin/me",
        .id = "adminGetMe",
        .summary = "Get the current staff member",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_CUSTOMERS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_staff_me),
    },
    {
        .method = GET,
        .path = "/v1/admin/staff",
        .id = "adminListStaff",
        .summary = "List staff",
        .auth = AUTH_SESSION,
        .permission = ADMIN_MANAGE_STAFF,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_staff),
    },
    {
        .method = PUT,
        .path = "/v1/admin/staff/{person_id}",
        .id = "adminPutStaff",
        .summary = "Set a staff role",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_MANAGE_STAFF,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 200,
        .errors = ERRORS(&ADMIN_OWN_ACCOUNT),
        .handler = BY(put_staff),
    },
    {
        .method = DELETE_,
        .path = "/v1/admin/staff/{person_id}",
        .id = "adminRemoveStaff",
        .summary = "Remove a staff role",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_MANAGE_STAFF,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = ERRORS(&ADMIN_OWN_ACCOUNT),
        .handler = BY(remove_staff),
    },
    { .id = NULL },
};
