/* HTTP surface: the signed-in person, and organisations. Rules are in users_service.c, SQL in
 * users.sql. */
#include "users_internal.h"

struct me_in {
    const char *const *include;
    size_t n_include;
    struct uuid org_id;
};
static const struct field me_in_fields[] = {
    TEXTS(me_in, include, .in = QUERY, .one_of = "orgs|permissions|entitlements|flags", .max = 4,
        .optional = true,
        .doc =
            "Additional data to return, so that the first screen of a front end takes one request",
        .example = "orgs,permissions"),
    ID(me_in, org_id, "org", .in = QUERY, .optional = true,
        .doc = "Organisation of the permissions, entitlements and flags. Default: the oldest "
               "organisation of the person."),
};
static SHAPE(me_in);

struct users_me {
    struct uuid id;
    const char *name, *email, *locale;
    struct instant created_at;
    const struct users_org *orgs;
    size_t n_orgs;
    struct uuid org_id;
    const char *const *permissions;
    size_t n_permissions;
    const struct access_entitlement *entitlements;
    size_t n_entitlements;
    const char *flags;
};
static const struct field users_me_fields[] = {
    ID(users_me, id, "person", .doc = "Id of the person"),
    TEXT(users_me, name, .max = 200, .doc = "Display name of the person", .example = "Ann Lee"),
    TEXT(users_me, email, .format = EMAIL, .doc = "Verified email address"),
    TEXT(users_me, locale, .format = LOCALE, .max = 35, .doc = "Preferred language of the person"),
    TIME(users_me, created_at, .doc = "Time at which the account was created"),
    LIST(users_me, orgs, users_org, .max = 200, .optional = true,
        .doc = "First 200 organisations of the person. GET /v1/me/orgs returns all. Null without "
               "include=orgs."),
    ID(users_me, org_id, "org", .optional = true,
        .doc = "Organisation of the permissions, entitlements and flags. Null if there is none."),
    TEXTS(users_me, permissions, .max = 1000, .optional = true,
        .doc = "Permissions of the person in that organisation. Null without include=permissions."),
    LIST(users_me, entitlements, access_entitlement, .max = 1000, .optional = true,
        .doc = "Entitlements of the organisation's plan. Null without include=entitlements."),
    OPEN_JSON(users_me, flags, .optional = true,
        .doc = "Object with the values of the flags that front ends may read. Null without "
               "include=flags.",
        .example = "{}"),
};
static SHAPE(users_me);

struct update_me {
    const char *name;
    const char *locale;
    struct present present;
};
static const struct field update_me_fields[] = {
    TEXT(update_me, name, .format = MAILED_NAME, .max = 200, .optional = true,
        .doc = "New name of the person"),
    TEXT(update_me, locale, .format = LOCALE, .max = 35, .optional = true,
        .doc = "New preferred language of the person", .example = "pt-BR"),
};
static PATCH_SHAPE(update_me);

static bool includes(const struct me_in *in, const char *what)
{
    for (size_t i = 0; i < in->n_include; i++)
        if (text_equal(in->include[i], what))
            return true;
    return false;
}

HANDLER(get_me, me_in, users_me)
{
    const struct users_screen_in wanted = {
        .org_id = in->org_id,
        .orgs = includes(in, "orgs"),
        .permissions = includes(in, "permissions"),
        .entitlements = includes(in, "entitlements"),
        .flags = includes(in, "flags"),
    };
    struct users_screen screen;

    TRY(users_get_screen(c, &wanted, &screen));
    *out = (struct users_me){
        .id = screen.person.id,
        .name = screen.person.name,
        .email = screen.person.email,
        .locale = screen.person.locale,
        .created_at = screen.person.created_at,
        .orgs = screen.orgs,
        .n_orgs = screen.n_orgs,
        .org_id = screen.org_id,
        .permissions = screen.permissions,
        .n_permissions = screen.n_permissions,
        .entitlements = screen.entitlements,
        .n_entitlements = screen.n_entitlements,
        .flags = screen.flags,
    };
    return NULL;
}

HANDLER(update_me, update_me, users_person)
{
    return users_update_me(c, in->name, in->locale, out);
}

HANDLER(erase_me, nothing, nothing)
{
    (void)in, (void)out;
    TRY(users_erase_me(c));
    response_forget_site(c);
    return NULL;
}

HANDLER(list_my_orgs, page_in, users_org_list)
{
    return users_list_my_orgs(c, in, out);
}

struct org_input {
    const char *name;
};
static const struct field org_input_fields[] = {
    TEXT(org_input, name, .format = MAILED_NAME, .max = 200, .doc = "Name of the organisation",
        .example = "Acme"),
};
static SHAPE(org_input);

HANDLER(create_org, org_input, users_org)
{
    return users_create_org(c, in->name, out);
}

HANDLER(get_org, nothing, users_org)
{
    (void)in;
    return users_get_org(c, out);
}

HANDLER(update_org, org_input, users_org)
{
    return users_rename_org(c, in->name, out);
}

HANDLER(delete_org, nothing, nothing)
{
    (void)in, (void)out;
    return users_delete_org(c);
}

const struct route users__me_routes[] = {
    {
        .method = GET,
        .path = "/v1/me",
        .id = "getMe",
        .summary = "Get the signed-in person",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_me),
    },
    {
        .method = PATCH,
        .path = "/v1/me",
        .id = "updateMe",
        .summary = "Update the signed-in person",
        .doc = "Changes the name or the language.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(update_me),
    },
    {
        .method = DELETE_,
        .path = "/v1/me",
        .id = "deleteMe",
        .summary = "Delete the account",
        .doc = "Erases the signed-in person, and every organisation without another member.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = ERRORS(&USERS_LAST_OWNER),
        .handler = BY(erase_me),
    },
    {
        .method = GET,
        .path = "/v1/me/orgs",
        .id = "listMyOrgs",
        .summary = "List the signed-in person's organisations",
        .doc = "Each entry contains the person's role there.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_my_orgs),
    },
    { .id = NULL },
};

const struct route users__org_routes[] = {
    {
        .method = POST,
        .path = "/v1/orgs",
        .id = "createOrg",
        .summary = "Create an organisation",
        .doc = "The caller becomes its owner.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 201,
        .errors = NO_ERRORS,
        .handler = BY(create_org),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}",
        .id = "getOrg",
        .summary = "Get an organisation",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.read",
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_org),
    },
    {
        .method = PATCH,
        .path = "/v1/orgs/{org_id}",
        .id = "updateOrg",
        .summary = "Update an organisation",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.update_org",
        .scope = SCOPE_ORG,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(update_org),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}",
        .id = "deleteOrg",
        .summary = "Delete an organisation",
        .doc = "Deletes all data of the organisation with it.",
        .auth = AUTH_SESSION,
        .permission = "users.delete_org",
        .sudo = true,
        .scope = SCOPE_ORG,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(delete_org),
    },
    { .id = NULL },
};
