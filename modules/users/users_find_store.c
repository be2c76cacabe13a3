/* Search for people and organisations across tenants, for staff: one query each. No rules here. */
#include "users_internal.h"
#include "users_sql.h"

static const struct field users_org_summary_fields[] = {
    ID(users_org_summary, id, "org", .doc = "Id of the organisation"),
    TEXT(users_org_summary, name, .max = 200, .doc = "Name of the organisation"),
    INT(users_org_summary, members, .doc = "Number of members of the organisation"),
    TIME(users_org_summary, created_at, .doc = "Time at which the organisation was created"),
    TIME(users_org_summary, suspended_at, .optional = true,
        .doc = "Time at which the organisation was suspended. Null if it is not suspended."),
    ID(users_org_summary, suspended_by, "person", .optional = true,
        .doc = "Staff member who suspended the organisation. Null if it is not suspended."),
    TEXT(users_org_summary, suspended_reason, .max = USERS_SUSPENSION_REASON_MAX, .optional = true,
        .doc = "Reason of the suspension. Null if the organisation is not suspended."),
};
SHAPE(users_org_summary);
LIST_SHAPE(users_org_summary);
LIST_SHAPE(users_person);

err users__find_person(struct ctx *c, struct uuid id, struct users_person *out, bool *found)
{
    return db_maybe(c, &SQL_get_person, users_person, out, found, ARGS(ARG(id)));
}

err users__find_people_by_email(
    struct ctx *c, const char *email, const struct page_in *page, struct users_person_list *out)
{
    return db_page(c, &SQL_find_people_by_email, users_person, out, page, ARGS(ARG(email)));
}

err users__find_people_by_part(
    struct ctx *c, const char *part, const struct page_in *page, struct users_person_list *out)
{
    return db_page(c, &SQL_find_people_by_part, users_person, out, page, ARGS(ARG(part)));
}

err users__find_org(struct ctx *c, struct uuid id, struct users_org_summary *out, bool *found)
{
    return db_maybe(c, &SQL_find_org, users_org_summary, out, found, ARGS(ARG(id)));
}

err users__find_orgs_by_part(
    struct ctx *c, const char *part, const struct page_in *page, struct users_org_summary_list *out)
{
    return db_page(c, &SQL_find_orgs_by_part, users_org_summary, out, page, ARGS(ARG(part)));
}

err users__find_orgs_of_person(
    struct ctx *c, struct uuid person, const struct page_in *page, struct users_org_list *out)
{
    return db_page(c, &SQL_find_orgs_of_person, users_org, out, page, ARGS(ARG(person)));
}
