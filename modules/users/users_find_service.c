/* Search for staff: by id, or by part of an email address or a name. */
#include "users_internal.h"

/* An email address has no spaces: a space was a plus sign in a query that was not
 * percent-encoded. */
static char *plus_signs(char *q)
{
    for (char *at = q; strchr(q, '@') && *at; at++)
        *at = *at == ' ' ? '+' : *at;
    return q;
}

/* A whole address is found by its index; other text, also a part of an address, by a scan. */
static err find_by_text(
    struct ctx *c, const char *q, const struct page_in *page, struct users_person_list *out)
{
    if (strchr(q, '@')) {
        TRY(users__find_people_by_email(c, text_email(c->arena, q), page, out));
        if (out->n_data > 0)
            return NULL;
    }
    return users__find_people_by_part(c, q, page, out);
}

err users_find_people(
    struct ctx *c, const char *q, const struct page_in *page, struct users_person_list *out)
{
    char *wanted = plus_signs(text_bare(c->arena, q));
    struct users_person person;
    struct uuid id;
    bool found;

    if (!typeid_parse("person", wanted, strlen(wanted), &id))
        return find_by_text(c, wanted, page, out);
    TRY(users__find_person(c, id, &person, &found));
    *out = (struct users_person_list){ .data = NULL };
    if (found)
        *out =
            (struct users_person_list){ arena_memdup(c->arena, &person, sizeof person), 1, NULL };
    return NULL;
}

err users_find_orgs(
    struct ctx *c, const char *q, const struct page_in *page, struct users_org_summary_list *out)
{
    const char *wanted = text_bare(c->arena, q);
    struct users_org_summary org;
    struct uuid id;
    bool found;

    if (!typeid_parse("org", wanted, strlen(wanted), &id))
        return users__find_orgs_by_part(c, wanted, page, out);
    TRY(users__find_org(c, id, &org, &found));
    *out = (struct users_org_summary_list){ .data = NULL };
    if (found)
        *out = (struct users_org_summary_list){ arena_memdup(c->arena, &org, sizeof org), 1, NULL };
    return NULL;
}

err users_find_person(struct ctx *c, struct uuid id, struct users_person *out)
{
    bool found;

    TRY(users__find_person(c, id, out, &found));
    return found ? NULL : problem(c, &ERR_NOT_FOUND, NULL, "The person does not exist.");
}

err users_find_org(struct ctx *c, struct uuid id, struct users_org_summary *out)
{
    bool found;

    TRY(users__find_org(c, id, out, &found));
    return found ? NULL : problem(c, &ERR_NOT_FOUND, NULL, "The organisation does not exist.");
}
