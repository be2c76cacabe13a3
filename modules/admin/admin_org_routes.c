/* HTTP surface: support views of organisations, and the audit log. Rules are in the services. */
#include "admin_internal.h"

struct orgs_query {
    struct page_in page;
    const char *q;
};
static const struct field orgs_query_fields[] = {
    PAGE_IN_FIELDS(orgs_query),
    TEXT(orgs_query, q, .in = QUERY, .format = LINE, .max = 200, .optional = true,
        .doc = "Id of the organisation or part of its name, with or without accents. Default: all "
               "organisations.",
        .example = "Acme"),
};
static SHAPE(orgs_query);

struct org_ref {
    struct uuid org_id;
};
static const struct field org_ref_fields[] = {
    ID(org_ref, org_id, "org", .in = PATH, .doc = "Id of the organisation"),
};
static SHAPE(org_ref);

struct org_reason {
    struct uuid org_id;
    const char *reason;
};
static const struct field org_reason_fields[] = {
    ID(org_reason, org_id, "org", .in = PATH, .doc = "Id of the organisation"),
    TEXT(org_reason, reason, .max = USERS_SUSPENSION_REASON_MAX,
        .doc = "Reason that the owners can read. It is stored in the organisation's audit log."),
};
static SHAPE(org_reason);

struct key_reason {
    struct uuid org_id, key_id;
    const char *reason;
};
static const struct field key_reason_fields[] = {
    ID(key_reason, org_id, "org", .in = PATH, .doc = "Id of the organisation"),
    ID(key_reason, key_id, "key", .in = PATH, .doc = "Id of the API key"),
    TEXT(key_reason, reason, .max = 500,
        .doc = "Reason that the owners can read. It is stored in the organisation's audit log."),
};
static SHAPE(key_reason);

struct audit_query {
    struct page_in page;
    struct uuid org_id;
    const char *action, *actor, *target;
    struct instant since, until;
};
static const struct field audit_query_fields[] = {
    PAGE_IN_FIELDS(audit_query),
    ID(audit_query, org_id, "org", .in = QUERY, .optional = true,
        .doc = "Organisation of the entries. Default: all organisations."),
    TEXT(audit_query, action, .in = QUERY, .format = TOKEN, .max = 100, .optional = true,
        .doc = "Action of the entries, for example `users.org_created`. Default: all actions.",
        .example = "users.role_changed"),
    TEXT(audit_query, actor, .in = QUERY, .format = TOKEN, .max = 100, .optional = true,
        .doc = "Id of the person or API key behind the changes. Default: all."),
    TEXT(audit_query, target, .in = QUERY, .format = TOKEN, .max = 100, .optional = true,
        .doc = "Id of the changed object. Default: all."),
    TIME(audit_query, since, .in = QUERY, .optional = true,
        .doc = "Start of the time range, inclusive. Default: the oldest entry."),
    TIME(audit_query, until, .in = QUERY, .optional = true,
        .doc = "End of the time range, exclusive. Default: the newest entry."),
};
static SHAPE(audit_query);

HANDLER(search_orgs, orgs_query, users_org_summary_list)
{
    return admin__search_orgs(c, in->q, &in->page, out);
}

HANDLER(open_org, org_ref, admin_org_support_view)
{
    return admin__open_org(c, in->org_id, out);
}

HANDLER(suspend_org, org_reason, nothing)
{
    (void)out;
    return admin__suspend_org(c, in->org_id, in->reason);
}

HANDLER(restore_org, org_reason, nothing)
{
    (void)out;
    return admin__restore_org(c, in->org_id, in->reason);
}

HANDLER(revoke_org_key, key_reason, nothing)
{
    (void)out;
    return admin__revoke_key(c, in->org_id, in->key_id, in->reason);
}

HANDLER(read_audit, audit_query, audit_entry_list)
{
    const struct audit_filter filter = {
        .action = in->action,
        .actor = in->actor,
        .target = in->target,
        .since = in->since,
        .until = in->until,
    };

    return admin__read_audit(c, in->org_id, &filter, &in->page, out);
}

const struct route admin__org_routes[] = {
    {
        .method = GET,
        .path = "/v1/admin/orgs",
        .id = "adminSearchOrgs",
        .summary = "Search organisations",
        .doc = "Searches by id or name.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_CUSTOMERS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .tx = TX_WRITE,
        .slow = true,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(search_orgs),
    },
    {
        .method = GET,
        .path = "/v1/admin/orgs/{org_id}",
        .id = "adminGetOrg",
        .summary = "Get an organisation's support view",
        .doc = "The organisation's audit log records the access.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_CUSTOMERS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .tx = TX_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(open_org),
    },
    {
        .method = POST,
        .path = "/v1/admin/orgs/{org_id}/suspend",
        .id = "adminSuspendOrg",
        .summary = "Suspend an organisation",
        .doc = "Requests of its members and API keys are rejected, and its jobs are held. From the "
               "next request on, operations return 403 `users/org-suspended` on every process, "
               "unless they are marked `x-while-suspended`. Nothing is deleted. The owners are "
               "notified by email.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_SUSPEND_ORGS,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(suspend_org),
    },
    {
        .method = POST,
        .path = "/v1/admin/orgs/{org_id}/restore",
        .id = "adminRestoreOrg",
        .summary = "Lift an organisation's suspension",
        .doc = "Jobs held during the suspension run.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_SUSPEND_ORGS,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(restore_org),
    },
    {
        .method = DELETE_,
        .path = "/v1/admin/orgs/{org_id}/api-keys/{key_id}",
        .id = "adminRevokeKey",
        .summary = "Revoke an organisation's API key",
        .doc = "Takes effect immediately, on every process.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_REVOKE_KEYS,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(revoke_org_key),
    },
    {
        .method = GET,
        .path = "/v1/admin/audit",
        .id = "adminListAudit",
        .summary = "List audit log entries of all organisations",
        .doc = "The newest entry is first.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_AUDIT,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .tx = TX_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(read_audit),
    },
    { .id = NULL },
};
