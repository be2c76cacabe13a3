/* HTTP surface: permissions and the audit log of an organisation. Rules are in
 * users_access_service.c. */
#include "users_internal.h"

struct audit_in {
    struct page_in page;
    const char *action, *actor, *target;
    struct instant since, until;
};
static const struct field audit_in_fields[] = {
    PAGE_IN_FIELDS(audit_in),
    TEXT(audit_in, action, .in = QUERY, .format = TOKEN, .max = 100, .optional = true,
        .doc = "Action of the entries, for example `users.org_created`. Default: all actions.",
        .example = "users.role_changed"),
    TEXT(audit_in, actor, .in = QUERY, .format = TOKEN, .max = 100, .optional = true,
        .doc = "Id of the person or API key behind the changes. Default: all."),
    TEXT(audit_in, target, .in = QUERY, .format = TOKEN, .max = 100, .optional = true,
        .doc = "Id of the changed object. Default: all."),
    TIME(audit_in, since, .in = QUERY, .optional = true,
        .doc = "Start of the time range, inclusive. Default: the oldest entry."),
    TIME(audit_in, until, .in = QUERY, .optional = true,
        .doc = "End of the time range, exclusive. Default: the newest entry."),
};
static SHAPE(audit_in);

HANDLER(list_audit, audit_in, audit_entry_list)
{
    const struct audit_filter filter = {
        .action = in->action,
        .actor = in->actor,
        .target = in->target,
        .since = in->since,
        .until = in->until,
    };

    return users_list_audit(c, &filter, &in->page, out);
}

struct explain_in {
    struct uuid person_id, key_id;
    const char *permission;
};
static const struct field explain_in_fields[] = {
    ID(explain_in, person_id, "person", .in = QUERY, .optional = true,
        .doc = "Person whose access is checked. Default: the caller."),
    ID(explain_in, key_id, "key", .in = QUERY, .optional = true,
        .doc = "API key whose access is checked, instead of a person"),
    TEXT(explain_in, permission, .in = QUERY, .format = TOKEN, .max = 100,
        .doc = "Permission to check, for example `users.invite`", .example = "users.invite"),
};
static SHAPE(explain_in);

HANDLER(explain_access, explain_in, users_access_explanation)
{
    return users_explain(c, &(struct principal){ in->person_id, in->key_id }, in->permission, out);
}

const struct route users__access_routes[] = {
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/audit",
        .id = "listAudit",
        .summary = "List audit log entries",
        .doc = "The newest entry is first.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.read_audit",
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_READ,
        .slow = true,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_audit),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/authz/explain",
        .id = "explainAccess",
        .summary = "Explain a permission decision",
        .doc = "Members need no permission to explain their own access. Other people and API keys "
               "require `users.manage_members`. Entitlements and flags are those of the "
               "permission's module. They are checked after the role, when the operation runs.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.read",
        .scope = SCOPE_ORG,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(explain_access),
    },
    { .id = NULL },
};
