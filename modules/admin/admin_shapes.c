/* Shapes of what staff see; see admin_internal.h. Knows no query. */
#include "admin_internal.h"

static const struct field admin_person_case_fields[] = {
    OBJECT(admin_person_case, person, users_person, .doc = "Who it is"),
    OBJECT(admin_person_case, account, auth_account, .doc = "Address, second factor, sessions"),
    OBJECT(admin_person_case, suspension, admin_suspension, .optional = true,
        .doc = "Why they are suspended; null: they are not"),
    TEXT(admin_person_case, staff_role, .one_of = ADMIN_ROLES, .optional = true,
        .doc = "null: not staff"),
    LIST(admin_person_case, orgs, users_org, .doc = "Where they belong, with their role"),
    LIST(admin_person_case, sessions, auth_session, .doc = "Where they are signed in"),
    LIST(admin_person_case, audit, audit_row, .doc = "What they did last, newest first"),
    LIST(admin_person_case, flags, flag_answer, .max = 1000,
        .doc = "What flags answer for them outside any organisation"),
};
SHAPE(admin_person_case);

static const struct field admin_org_case_fields[] = {
    OBJECT(admin_org_case, org, users_found_org, .doc = "Which organisation"),
    LIST(admin_org_case, members, users_member, .doc = "The first 50 members"),
    OBJECT(admin_org_case, billing, payments_standing, .doc = "Plan and subscription"),
    LIST(admin_org_case, entitlements, access_entitlement, .doc = "What their plan says"),
    LIST(admin_org_case, audit, audit_row, .doc = "What happened there last, newest first"),
    LIST(admin_org_case, flags, flag_answer, .max = 1000, .doc = "What flags answer for them"),
    LIST(
        admin_org_case, webhook_endpoints, integrations_endpoint, .doc = "Where their webhooks go"),
    LIST(admin_org_case, webhook_deliveries, integrations_delivery,
        .doc = "The last 20 deliveries to each of the first 5 endpoints"),
    LIST(admin_org_case, dead_jobs, job_row_seen, .doc = "Work of theirs that failed for good"),
};
SHAPE(admin_org_case);
