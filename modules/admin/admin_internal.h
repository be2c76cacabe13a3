/* Declarations shared by the files of admin only. */
#pragma once
#include "admin.h"
#include "auth.h"
#include "users.h"

LIST_OF(admin_staff);
extern const struct shape admin_staff_list_shape;

/* The suspension of a person. */
struct admin_suspension {
    const char *reason;
    struct uuid suspended_by;
    struct instant suspended_at;
};
extern const struct shape admin_suspension_shape;

/* Support view of a person, or of an organisation: data of the platform and of admin, and in
 * `modules` the view of each module (support_view.h). */
struct admin_person_support_view {
    const struct users_person *person;
    const struct admin_suspension *suspension; /* NULL: not suspended */
    const char *staff_role;                    /* NULL: not staff */
    const char *modules;                       /* JSON */
    const struct audit_entry *audit;           /* the person's actions, newest first */
    size_t n_audit;
    const struct flag_evaluation *flags;
    size_t n_flags;
};
extern const struct shape admin_person_support_view_shape;

struct admin_org_support_view {
    const struct users_org_summary *org;
    const char *modules;                           /* JSON */
    const struct access_entitlement *entitlements; /* by the plan */
    size_t n_entitlements;
    const struct audit_entry *audit;
    size_t n_audit;
    const struct flag_evaluation *flags;
    size_t n_flags;
    const struct job_summary *dead_jobs;
    size_t n_dead_jobs;
};
extern const struct shape admin_org_support_view_shape;

/* --- admin_store.c: queries, one function each --- */

extern const struct staff_gate admin__staff_gate;
CHECKED err admin__list_staff(
    struct ctx *c, const struct page_in *page, struct admin_staff_list *out);
/* Locks changes of staff until the transaction ends. */
CHECKED err admin__lock_staff(struct ctx *c);
CHECKED err admin__get_staff(
    struct ctx *c, struct uuid person, struct admin_staff *out, bool *found);
CHECKED err admin__put_staff(
    struct ctx *c, struct uuid person, const char *role, struct admin_staff *out);
CHECKED err admin__delete_staff(struct ctx *c, struct uuid person);
CHECKED err admin__delete_old_staff_sessions(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err admin__forget_staff_sessions(struct ctx *c, struct uuid person);
CHECKED err admin__put_suspension(struct ctx *c, struct uuid person, const char *reason);
CHECKED err admin__get_suspension(
    struct ctx *c, struct uuid person, struct admin_suspension *out, bool *found);
CHECKED err admin__delete_suspension(struct ctx *c, struct uuid person);

/* --- Services --- */

CHECKED err admin__get_me(struct ctx *c, struct admin_staff *out);

/* Searches and support views. Each writes an audit row. */
CHECKED err admin__search_people(
    struct ctx *c, const char *q, const struct page_in *page, struct users_person_list *out);
CHECKED err admin__search_orgs(
    struct ctx *c, const char *q, const struct page_in *page, struct users_org_summary_list *out);
CHECKED err admin__open_person(
    struct ctx *c, struct uuid person, struct admin_person_support_view *out);
CHECKED err admin__open_org(struct ctx *c, struct uuid org, struct admin_org_support_view *out);
CHECKED err admin__read_audit(struct ctx *c, struct uuid org, const struct audit_filter *filter,
    const struct page_in *page, struct audit_entry_list *out);
CHECKED err admin__find_jobs(struct ctx *c, const struct job_filter *filter,
    const struct page_in *page, struct job_summary_list *out);
CHECKED err admin__open_job(struct ctx *c, struct uuid job, struct job_detail *out);

/* Staff cannot be suspended: remove the staff role first (ADMIN_IS_STAFF). */
CHECKED err admin__suspend(struct ctx *c, struct uuid person, const char *reason);
CHECKED err admin__restore(struct ctx *c, struct uuid person, const char *reason);
CHECKED err admin__sign_out(struct ctx *c, struct uuid person);
/* `reason` may be NULL. */
CHECKED err admin__revoke_session(
    struct ctx *c, struct uuid person, struct uuid session, const char *reason);
/* For a staff member this requires ADMIN_MANAGE_STAFF. Never for your own account
 * (ADMIN_OWN_ACCOUNT). */
CHECKED err admin__remove_factor(struct ctx *c, struct uuid person, const char *reason);

/* These write into the organisation's own audit log, which its owners read. */
CHECKED err admin__suspend_org(struct ctx *c, struct uuid org, const char *reason);
CHECKED err admin__restore_org(struct ctx *c, struct uuid org, const char *reason);
CHECKED err admin__revoke_key(struct ctx *c, struct uuid org, struct uuid key, const char *reason);

/* A concurrent change is not overwritten (If-Match), and the target must exist. */
CHECKED err admin__set_flag(
    struct ctx *c, const char *flag, const struct flag_change *change, struct flag_state *out);
CHECKED err admin__aim_flag_at_org(
    struct ctx *c, const char *flag, struct uuid org, const char *value, struct flag_state *out);
CHECKED err admin__aim_flag_at_person(
    struct ctx *c, const char *flag, struct uuid person, const char *value, struct flag_state *out);

/* Permissions of staff. */
#define ADMIN_READ_CUSTOMERS  "admin.read_customers"
#define ADMIN_SUSPEND         "admin.suspend"
#define ADMIN_SUSPEND_ORGS    "admin.suspend_orgs"
#define ADMIN_REVOKE_KEYS     "admin.revoke_keys"
#define ADMIN_REMOVE_FACTORS  "admin.remove_factors"
#define ADMIN_READ_OPERATIONS "admin.read_operations"
#define ADMIN_OPERATE         "admin.operate"
#define ADMIN_MANAGE_FLAGS    "admin.manage_flags"
#define ADMIN_READ_AUDIT      "admin.read_audit"
#define ADMIN_MANAGE_STAFF    "admin.manage_staff"

extern const struct route admin__person_routes[], admin__org_routes[], admin__flag_routes[],
    admin__operation_routes[], admin__staff_routes[];
extern const JOB(nothing) admin__sweep_job;
extern const struct job_worker admin__workers[];
extern const struct table admin__tables[];
CHECKED err admin__seed(struct ctx *c);
CHECKED err admin__create_command(struct ctx *c, int argc, char **argv);
