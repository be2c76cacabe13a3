/* Shapes of what staff see; see admin_internal.h. Knows no query. */
#include "admin_internal.h"

static const struct field admin_person_case_fields[] = {
    OBJECT(admin_person_case, person, users_person, .doc = "Who it is"),
    OBJECT(admin_person_case, suspension, admin_suspension, .optional = true,
        .doc = "Why they are suspended; null: they are not"),
    TEXT(admin_person_case, staff_role, .one_of = ADMIN_ROLES, .optional = true,
        .doc = "null: not staff"),
    OPEN_JSON(admin_person_case, modules, .members = case_view_person_member,
        .doc = "What each module knows of them"),
    LIST(admin_person_case, audit, audit_row, .doc = "What they did last, newest first"),
    LIST(admin_person_case, flags, flag_answer, .max = 1000,
        .doc = "What flags answer for them outside any organisation"),
};
SHAPE(admin_person_case);

static const struct field admin_org_case_fields[] = {
    OBJECT(admin_org_case, org, users_found_org, .doc = "Which organisation"),
    OPEN_JSON(admin_org_case, modules, .members = case_view_org_member,
        .doc = "What each module knows of it"),
    LIST(admin_org_case, entitlements, access_entitlement, .doc = "What their plan says"),
    LIST(admin_org_case, audit, audit_row, .doc = "What happened there last, newest first"),
    LIST(admin_org_case, flags, flag_answer, .max = 1000, .doc = "What flags answer for them"),
    LIST(admin_org_case, dead_jobs, job_row_seen, .doc = "Work of theirs that failed for good"),
};
SHAPE(admin_org_case);
