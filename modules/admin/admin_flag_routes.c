/* HTTP surface: feature flags. Rules are in the platform's flag.h. */
#include "admin_internal.h"

struct flag_state_list {
    const struct flag_state *data;
    size_t n_data;
};
static const struct field flag_state_list_fields[] = {
    LIST(flag_state_list, data, flag_state, .max = 1000, .doc = "All declared feature flags"),
};
static SHAPE(flag_state_list);

#define FLAG_NAME(S)                                                                               \
    TEXT(S, flag, .in = PATH, .format = TOKEN, .max = 100, .doc = "Name of the flag in the code",  \
        .example = "users.bulk_invite")

struct flag_ref {
    const char *flag;
};
static const struct field flag_ref_fields[] = { FLAG_NAME(flag_ref) };
static SHAPE(flag_ref);

struct set_flag {
    const char *flag;
    bool killed;
    int64_t rollout;
    const char *value;
};
static const struct field set_flag_fields[] = {
    FLAG_NAME(set_flag),
    BOOL(set_flag, killed,
        .doc = "Whether the flag is off for all, regardless of rollout and targets"),
    INT(set_flag, rollout, .min = 0, .max = FLAG_EVERYBODY,
        .doc = "Share of organisations that get the value, in hundredths of a per cent. 10000 is "
               "all organisations."),
    TEXT(set_flag, value, .max = 1000, .empty = true, .optional = true,
        .doc = "Value for the organisations of the rollout. Default: on."),
};
static SHAPE(set_flag);

struct org_flag_target {
    const char *flag;
    struct uuid org_id;
    const char *value;
};
static const struct field org_flag_target_fields[] = {
    FLAG_NAME(org_flag_target),
    ID(org_flag_target, org_id, "org", .in = PATH, .doc = "Organisation that gets the value"),
    TEXT(org_flag_target, value, .max = 1000, .empty = true,
        .doc = "Value of the flag for the organisation"),
};
static SHAPE(org_flag_target);

struct org_target_ref {
    const char *flag;
    struct uuid org_id;
};
static const struct field org_target_ref_fields[] = {
    FLAG_NAME(org_target_ref),
    ID(org_target_ref, org_id, "org", .in = PATH,
        .doc = "Organisation that is a target of the flag"),
};
static SHAPE(org_target_ref);

struct person_flag_target {
    const char *flag;
    struct uuid person_id;
    const char *value;
};
static const struct field person_flag_target_fields[] = {
    FLAG_NAME(person_flag_target),
    ID(person_flag_target, person_id, "person", .in = PATH, .doc = "Person who gets the value"),
    TEXT(person_flag_target, value, .max = 1000, .empty = true,
        .doc = "Value of the flag for the person"),
};
static SHAPE(person_flag_target);

struct person_target_ref {
    const char *flag;
    struct uuid person_id;
};
static const struct field person_target_ref_fields[] = {
    FLAG_NAME(person_target_ref),
    ID(person_target_ref, person_id, "person", .in = PATH,
        .doc = "Person who is a target of the flag"),
};
static SHAPE(person_target_ref);

HANDLER(list_flags, nothing, flag_state_list)
{
    (void)in;
    return flag_list(c, &out->data, &out->n_data);
}

HANDLER(get_flag, flag_ref, flag_state)
{
    return flag_get(c, in->flag, out);
}

HANDLER(set_flag, set_flag, flag_state)
{
    return admin__set_flag(
        c, in->flag, &(struct flag_change){ in->killed, in->rollout, in->value }, out);
}

HANDLER(aim_at_org, org_flag_target, flag_state)
{
    return admin__aim_flag_at_org(c, in->flag, in->org_id, in->value, out);
}

HANDLER(unaim_org, org_target_ref, flag_state)
{
    return admin__aim_flag_at_org(c, in->flag, in->org_id, NULL, out);
}

HANDLER(aim_at_person, person_flag_target, flag_state)
{
    return admin__aim_flag_at_person(c, in->flag, in->person_id, in->value, out);
}

HANDLER(unaim_person, person_target_ref, flag_state)
{
    return admin__aim_flag_at_person(c, in->flag, in->person_id, NULL, out);
}

const struct route admin__flag_routes[] = {
    {
        .method = GET,
        .path = "/v1/admin/flags",
        .id = "adminListFlags",
        .summary = "List flags",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_OPERATIONS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_flags),
    },
    {
        .method = GET,
        .path = "/v1/admin/flags/{flag}",
        .id = "adminGetFlag",
        .summary = "Get a flag",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_OPERATIONS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_flag),
    },
    {
        .method = PUT,
        .path = "/v1/admin/flags/{flag}",
        .id = "adminSetFlag",
        .summary = "Update a flag",
        .doc = "Sets the rollout, or switches the flag off. Every process applies the change "
               "within a second.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_MANAGE_FLAGS,
        .scope = SCOPE_STAFF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(set_flag),
    },
    {
        .method = PUT,
        .path = "/v1/admin/flags/{flag}/orgs/{org_id}",
        .id = "adminAimFlagAtOrg",
        .summary = "Set a flag target (organisation)",
        .doc = "Sets the value of the flag for one organisation.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_MANAGE_FLAGS,
        .scope = SCOPE_STAFF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&FLAG_TOO_MANY_TARGETS),
        .handler = BY(aim_at_org),
    },
    {
        .method = DELETE_,
        .path = "/v1/admin/flags/{flag}/orgs/{org_id}",
        .id = "adminUnaimOrg",
        .summary = "Remove a flag target (organisation)",
        .auth = AUTH_SESSION,
        .permission = ADMIN_MANAGE_FLAGS,
        .scope = SCOPE_STAFF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(unaim_org),
    },
    {
        .method = PUT,
        .path = "/v1/admin/flags/{flag}/people/{person_id}",
        .id = "adminAimFlagAtPerson",
        .summary = "Set a flag target (person)",
        .doc = "Sets the value of the flag for one person.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_MANAGE_FLAGS,
        .scope = SCOPE_STAFF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&FLAG_TOO_MANY_TARGETS),
        .handler = BY(aim_at_person),
    },
    {
        .method = DELETE_,
        .path = "/v1/admin/flags/{flag}/people/{person_id}",
        .id = "adminUnaimPerson",
        .summary = "Remove a flag target (person)",
        .auth = AUTH_SESSION,
        .permission = ADMIN_MANAGE_FLAGS,
        .scope = SCOPE_STAFF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(unaim_person),
    },
    { .id = NULL },
};
