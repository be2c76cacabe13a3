/* Support views of organisations and people. */
#include "users_internal.h"

static const struct page_in first_page = { .limit = 50 };

struct users_org_members {
    const struct users_member *members;
    size_t n_members;
};
static const struct field users_org_members_fields[] = {
    LIST(users_org_members, members, users_member, .doc = "First 50 members of the organisation"),
};
static SHAPE(users_org_members);

SUPPORT_VIEW(see_org, users_org_members)
{
    struct users_member_list members;

    (void)of;
    TRY(users_list_members(c, &first_page, &members));
    out->members = members.data;
    out->n_members = members.n_data;
    return NULL;
}

const struct support_view users__org_support_view = {
    .doc = "Members of the organisation",
    .loader = LOADED_BY(see_org),
};

struct users_person_orgs {
    const struct users_org *orgs;
    size_t n_orgs;
};
static const struct field users_person_orgs_fields[] = {
    LIST(users_person_orgs, orgs, users_org,
        .doc = "First 50 organisations of the person, with the role in each"),
};
static SHAPE(users_person_orgs);

SUPPORT_VIEW(see_person, users_person_orgs)
{
    struct users_org_list orgs;

    TRY(users__find_orgs_of_person(c, of, &first_page, &orgs));
    out->orgs = orgs.data;
    out->n_orgs = orgs.n_data;
    return NULL;
}

const struct support_view users__person_support_view = {
    .doc = "Organisations of the person",
    .loader = LOADED_BY(see_person),
};
