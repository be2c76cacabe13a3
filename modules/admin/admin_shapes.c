/* Shapes of what staff see; see admin_internal.h. Knows no query. */
#include "admin_internal.h"

static const struct field admin_person_case_fields[] = {
    OBJECT(admin_person_case, person, users_person, .doc = "Person that the view is about"),
    OBJECT(admin_person_case, suspension, admin_suspension, .optional = true,
        .doc = "Suspension of the person. Null if the person is not suspended."),
    TEXT(admin_person_case, staff_role, .one_of = ADMIN_ROLES, .optional = true,
        .doc = "Staff role of the person. Null if the person is not staff."),
    OPEN_JSON(admin_person_case, modules, .members = case_view_person_member,
        .doc = "Data that each module holds about the person"),
    LIST(admin_person_case, audit, audit_row,
        .doc = "Latest audit log entries of the person's actions, newest first"),
    LIST(admin_person_case, flags, flag_answer, .max = 1000,
        .doc = "Values of the flags for the person outside any organisation"),
};
SHAPE(admin_person_case);

static const struct field admin_org_case_fields[] = {
    OBJECT(admin_org_case, org, users_found_org, .doc = "Organisation that the view is about"),
    OPEN_JSON(admin_org_case, modules, .members = case_view_org_member,
        .doc = "Data that each module holds about the organisation"),
    LIST(admin_org_case, entitlements, access_entitlement,
        .doc = "Entitlements of the organisation's plan"),
    LIST(admin_org_case, audit, audit_row,
        .doc = "Latest audit log entries of the organisation, newest first"),
    LIST(admin_org_case, flags, flag_answer, .max = 1000,
        .doc = "Values of the flags for the organisation"),
    LIST(admin_org_case, dead_jobs, job_row_seen,
        .doc = "Jobs of the organisation that failed permanently"),
};
SHAPE(admin_org_case);
