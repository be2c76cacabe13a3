/* Who sends the next request, and from which organisation. Knows no route. */
#include "kit.h"

void as_nobody(struct t *t)
{
    t->actor = NULL;
    t->jar = kit_jar(t);
}

void as_person(struct t *t, struct person *person)
{
    t->actor = person;
    t->jar = person->jar;
}

static struct person *as_role_of(struct t *t, struct org *org, const char *role)
{
    struct person *person = make_member(t, org, role);

    as_person(t, person);
    t->org = org->id_text;
    return person;
}

void as_owner_of(struct t *t, struct org *org)
{
    as_person(t, org->owner);
    t->org = org->id_text;
}

struct person *as_admin_of(struct t *t, struct org *org)
{
    return as_role_of(t, org, "admin");
}

struct person *as_member_of(struct t *t, struct org *org)
{
    return as_role_of(t, org, "member");
}

struct person *as_viewer_of(struct t *t, struct org *org)
{
    return as_role_of(t, org, "viewer");
}

struct person *as_staff(struct t *t, const char *role)
{
    struct person *person = make_staff(t, role);

    as_person(t, person);
    return person;
}

struct person *me(struct t *t)
{
    return t->actor;
}

const char *org_of(struct t *t)
{
    if (t->org == NULL)
        kit_fail(t, __FILE__, __LINE__, "no organisation yet: say as_owner_of(t, make_org(t))");
    return t->org;
}
