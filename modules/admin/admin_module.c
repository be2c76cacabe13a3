/* The tables of the admin module. Every table ends with an empty row. */
#include "admin_internal.h"

#define EVERYBODY   ADMIN_ROLES
#define OPERATORS   "operator|superadmin"
#define SUPERADMINS "superadmin"

static const struct permission staff_permissions[] = {
    { ADMIN_READ_CUSTOMERS, EVERYBODY,
        "Search people and organisations and read their support views" },
    { ADMIN_SUSPEND, EVERYBODY, "Suspend people, lift their suspension, revoke their sessions" },
    { ADMIN_SUSPEND_ORGS, EVERYBODY, "Suspend organisations and lift their suspension" },
    { ADMIN_REVOKE_KEYS, EVERYBODY, "Revoke organisations' API keys" },
    { ADMIN_REMOVE_FACTORS, EVERYBODY,
        "Remove the second factor of a person who lost it. For staff, admin.manage_staff is "
        "required as well." },
    { ADMIN_READ_OPERATIONS, EVERYBODY, "Read flags, jobs and error groups" },
    { ADMIN_OPERATE, OPERATORS, "Retry and discard jobs, resolve error groups" },
    { ADMIN_MANAGE_FLAGS, OPERATORS, "Set rollouts and targets of flags, switch flags off" },
    { ADMIN_READ_AUDIT, OPERATORS, "Read the audit log of all organisations" },
    { ADMIN_MANAGE_STAFF, SUPERADMINS, "Set and remove staff roles" },
    { NULL, NULL, NULL },
};

static const struct command commands[] = {
    {
        .name = "create",
        .arguments = "EMAIL [ROLE]",
        .summary = "Set a person's staff role (default: superadmin)",
        .system = true,
        .run = admin__create_command,
    },
    { .name = NULL },
};

PUBLIC const struct module admin_module = {
    .name = "admin",
    .summary = "Staff: support views, suspension, flags, jobs, errors and the audit log",
    .routes = ROUTES(admin__person_routes, admin__org_routes, admin__flag_routes,
        admin__operation_routes, admin__staff_routes),
    .staff_permissions = staff_permissions,
    .tables = admin__tables,
    .jobs = (const struct job_kind *const[]){ &admin__sweep_job.kind, NULL },
    .workers = admin__workers,
    .commands = commands,
    .seed = admin__seed,
    .requires = (const char *const[]){ "users", "auth", NULL },
    .staff = &admin__staff_gate,
};
