/* Shapes of the support views; see admin_internal.h. */
#include "admin_internal.h"

static const struct field admin_person_support_view_fields[] = {
    OBJECT(admin_person_support_view, person, users_person, .doc = "Person that the view is about"),
    OBJECT(admin_person_support_view, suspension, admin_suspension, .optional = true,
        .doc = "Suspension of the person. Null if the person is not suspended."),
    TEXT(admin_person_support_view, staff_role, .one_of = ADMIN_ROLES, .optional = true,
        .doc = "Staff role of the person. Null if the person is not staff."),
    OPEN_JSON(admin_person_support_view, modules, .members = support_view_person_member,
        .doc = "Data that each module holds about the person"),
    LIST(admin_person_support_view, audit, audit_entry,
        .doc = "Latest audit log entries of the person's actions, newest first"),
    LIST(admin_person_support_view, flags, flag_evaluation, .max = 1000,
        .doc = "Values of the flags for the person outside any organisation"),
};
SHAPE(admin_person_support_view);

static const struct field admin_org_support_view_fields[] = {
    OBJECT(admin_org_support_view, org, users_org_summary,
        .doc = "Organisation that the view is about"),
    OPEN_JSON(admin_org_support_view, modules, .members = support_view_org_member,
        .doc = "Data that each module holds about the organisation"),
    LIST(admin_org_support_view, entitlements, access_entitlement,
        .doc = "Entitlements of the organisation's plan"),
    LIST(admin_org_support_view, audit, audit_entry,
        .doc = "Latest audit log entries of the organisation, newest first"),
    LIST(admin_org_support_view, flags, flag_evaluation, .max = 1000,
        .doc = "Values of the flags for the organisation"),
    LIST(admin_org_support_view, dead_jobs, job_summary,
        .doc = "Jobs of the organisation that failed permanently"),
};
SHAPE(admin_org_support_view);
