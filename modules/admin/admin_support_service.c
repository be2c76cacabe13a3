/* Searches and support views of customers, each recorded in the audit log. Calls the modules that
 * own the data; decides nothing. */
#include "admin_internal.h"

/* The query, and the number of results. */
struct searched {
    const char *q;
    int64_t found;
};
static const struct field searched_fields[] = {
    TEXT(searched, q, .optional = true),
    INT(searched, found),
};
static SHAPE(searched);

static const struct page_in recent = { .limit = 50 };

static err note_search(struct ctx *c, const char *action, const char *q, size_t found)
{
    const struct searched what = { q, (int64_t)found };

    return audit(c, action, "search", UUID_NIL, searched, NULL, &what);
}

err admin__search_people(
    struct ctx *c, const char *q, const struct page_in *page, struct users_person_list *out)
{
    TRY(users_find_people(c, q ? q : "", page, out));
    return note_search(c, "admin.people_searched", q, out->n_data);
}

err admin__search_orgs(
    struct ctx *c, const char *q, const struct page_in *page, struct users_org_summary_list *out)
{
    TRY(users_find_orgs(c, q ? q : "", page, out));
    return note_search(c, "admin.orgs_searched", q, out->n_data);
}

static err find_suspension(
    struct ctx *c, struct uuid person, const struct admin_suspension **suspension)
{
    struct admin_suspension *found = arena_alloc(c->arena, sizeof *found);
    bool is_there;

    TRY(admin__get_suspension(c, person, found, &is_there));
    *suspension = is_there ? found : NULL;
    return NULL;
}

static err find_staff_role(struct ctx *c, struct uuid person, const char **role)
{
    struct admin_staff staff;
    bool is_there;

    TRY(admin__get_staff(c, person, &staff, &is_there));
    *role = is_there ? staff.role : NULL;
    return NULL;
}

/* Actions of the person. Actions of others on the person are found by the audit filter. */
static err find_person_audit(
    struct ctx *c, struct uuid person, struct admin_person_support_view *out)
{
    const struct audit_filter filter = { .actor = typeid_text(c->arena, "person", person) };
    struct audit_entry_list rows;

    TRY(audit_list(c, &filter, &recent, &rows));
    out->audit = rows.data;
    out->n_audit = rows.n_data;
    return NULL;
}

err admin__open_person(struct ctx *c, struct uuid id, struct admin_person_support_view *out)
{
    struct users_person *person = arena_alloc(c->arena, sizeof *person);
    struct admin_person_support_view all = { .person = person };

    TRY(users_find_person(c, id, person));
    TRY(find_suspension(c, id, &all.suspension));
    TRY(find_staff_role(c, id, &all.staff_role));
    TRY(support_view_person(c, id, &all.modules));
    TRY(find_person_audit(c, id, &all));
    flag_explain(c, UUID_NIL, id, &all.flags, &all.n_flags);
    TRY(audit_act(c, "admin.person_viewed", "person", id));

    *out = all;
    return NULL;
}

/* c stays in the organisation: the view is recorded in the organisation's audit log, which its
 * owners read. */
static err find_tenant(struct ctx *c, struct uuid org, struct admin_org_support_view *out)
{
    const struct job_filter dead = { .state = "dead", .org = org };
    const struct audit_filter everything = { .action = NULL };
    struct audit_entry_list rows;
    struct job_summary_list jobs;

    TRY(access_entitlements(c, NULL, &out->entitlements, &out->n_entitlements));
    TRY(audit_list(c, &everything, &recent, &rows));
    TRY(job_find(c, &dead, &recent, &jobs));
    out->audit = rows.data;
    out->n_audit = rows.n_data;
    out->dead_jobs = jobs.data;
    out->n_dead_jobs = jobs.n_data;
    return NULL;
}

err admin__open_org(struct ctx *c, struct uuid id, struct admin_org_support_view *out)
{
    struct users_org_summary *org = arena_alloc(c->arena, sizeof *org);
    struct admin_org_support_view all = { .org = org };

    TRY(users_find_org(c, id, org));
    TRY(tx_enter_org(c, id));
    TRY(support_view_org(c, &all.modules));
    TRY(find_tenant(c, id, &all));
    flag_explain(c, id, UUID_NIL, &all.flags, &all.n_flags);
    TRY(audit_act(c, "admin.org_viewed", "org", id));

    *out = all;
    return NULL;
}

struct audit_search {
    const char *action, *actor, *target;
    struct uuid org_id;
};
static const struct field audit_search_fields[] = {
    TEXT(audit_search, action, .optional = true),
    TEXT(audit_search, actor, .optional = true),
    TEXT(audit_search, target, .optional = true),
    ID(audit_search, org_id, "org", .optional = true),
};
static SHAPE(audit_search);

err admin__read_audit(struct ctx *c, struct uuid org, const struct audit_filter *filter,
    const struct page_in *page, struct audit_entry_list *out)
{
    const struct audit_search what = { filter->action, filter->actor, filter->target, org };

    if (!uuid_is_nil(org))
        TRY(tx_enter_org(c, org));
    TRY(audit_list(c, filter, page, out));
    return audit(c, "admin.audit_read", "search", UUID_NIL, audit_search, NULL, &what);
}

struct job_search {
    const char *state, *kind;
    struct uuid org_id;
};
static const struct field job_search_fields[] = {
    TEXT(job_search, state, .optional = true),
    TEXT(job_search, kind, .optional = true),
    ID(job_search, org_id, "org", .optional = true),
};
static SHAPE(job_search);

err admin__find_jobs(struct ctx *c, const struct job_filter *filter, const struct page_in *page,
    struct job_summary_list *out)
{
    const struct job_search what = { filter->state, filter->kind, filter->org };

    if (!uuid_is_nil(filter->org))
        TRY(tx_enter_org(c, filter->org));
    TRY(job_find(c, filter, page, out));
    return audit(c, "admin.jobs_searched", "search", UUID_NIL, job_search, NULL, &what);
}

err admin__open_job(struct ctx *c, struct uuid job, struct job_detail *out)
{
    TRY(job_get(c, job, out));
    if (!uuid_is_nil(out->org_id))
        TRY(tx_enter_org(c, out->org_id));
    return audit_act(c, "admin.job_viewed", "job", job);
}
