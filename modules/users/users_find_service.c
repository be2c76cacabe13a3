/* What staff look for: an id, an address, or the beginning of a name. Knows no HTTP and no SQL. */
#include "users_internal.h"

err users_find_people(
    struct ctx *c, const char *q, const struct page_in *page, struct users_person_list *out)
{
    struct users_person person;
    struct uuid id;
    bool found;

    if (!typeid_parse("person", q, strlen(q), &id)) {
        if (strchr(q, '@'))
            return users__find_people_by_email(c, text_lower(c->arena, q), page, out);
        return users__find_people_by_name(c, q, page, out);
    }
    TRY(users__find_person(c, id, &person, &found));
    *out = (struct users_person_list){ .data = NULL };
    if (found)
        *out =
            (struct users_person_list){ arena_memdup(c->arena, &person, sizeof person), 1, NULL };
    return NULL;
}

err users_find_orgs(
    struct ctx *c, const char *q, const struct page_in *page, struct users_found_org_list *out)
{
    struct users_found_org org;
    struct uuid id;
    bool found;

    if (!typeid_parse("org", q, strlen(q), &id))
        return users__find_orgs_by_name(c, q, page, out);
    TRY(users__find_org(c, id, &org, &found));
    *out = (struct users_found_org_list){ .data = NULL };
    if (found)
        *out = (struct users_found_org_list){ arena_memdup(c->arena, &org, sizeof org), 1, NULL };
    return NULL;
}

err users_find_person(struct ctx *c, struct uuid id, struct users_person *out)
{
    bool found;

    TRY(users__find_person(c, id, out, &found));
    return found ? NULL : problem(c, &ERR_NOT_FOUND, NULL, "There is no such person.");
}

err users_find_org(struct ctx *c, struct uuid id, struct users_found_org *out)
{
    bool found;

    TRY(users__find_org(c, id, out, &found));
    return found ? NULL : problem(c, &ERR_NOT_FOUND, NULL, "There is no such organisation.");
}
