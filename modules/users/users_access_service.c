/* What somebody may do in an organisation and why, and who did what there. Decides nothing: it
 * tells what decides. Knows no HTTP and no SQL. */
#include "users_internal.h"

err users_list_audit(struct ctx *c, const struct audit_filter *filter, const struct page_in *page,
    struct audit_row_list *out)
{
    return audit_list(c, filter, page, out);
}

/* The organisation the screen is about: the one asked for, otherwise the oldest. What is entered
 * stays entered, and with it the answers of plan and flags. */
static err enter_org_of_screen(struct ctx *c, struct uuid asked, struct users_org *org, bool *found)
{
    static const struct page_in oldest = { .limit = 1 };
    struct users_org_list mine;

    *found = !uuid_is_nil(asked);
    if (!*found) {
        TRY(users__list_orgs(c, &oldest, &mine));
        *found = mine.n_data > 0;
        if (*found)
            asked = mine.data[0].id;
    }
    if (!*found)
        return NULL;
    TRY(tx_enter_org(c, asked));
    return users__get_org(c, org);
}

err users_get_screen(struct ctx *c, const struct users_screen_in *in, struct users_screen *out)
{
    struct users_screen screen = { .orgs = NULL };
    struct users_org org;
    bool found = false;

    TRY(users__get_person(c, &screen.person));
    if (in->orgs) {
        struct users_org_list orgs;
        TRY(users__list_orgs(c, &(struct page_in){ .limit = 200 }, &orgs));
        screen.orgs = orgs.data;
        screen.n_orgs = orgs.n_data;
    }
    if (in->permissions || in->entitlements || in->flags)
        TRY(enter_org_of_screen(c, in->org_id, &org, &found));
    if (found) {
        screen.org_id = org.id;
        if (in->permissions)
            access_permissions(c, org.role, &screen.permissions, &screen.n_permissions);
        if (in->entitlements)
            TRY(access_entitlements(c, NULL, &screen.entitlements, &screen.n_entitlements));
    }
    if (in->flags)
        screen.flags = flag_answers(c);

    *out = screen;
    return NULL;
}

static const char *words_listed(struct arena *a, const char *roles)
{
    struct buf b;

    buf_init(&b, a, 256);
    for (; *roles; roles++) {
        if (*roles == '|')
            buf_text(&b, ", ");
        else
            buf_char(&b, *roles);
    }
    return b.data;
}

static const char *reason(struct ctx *c, const struct permission *p, const char *role, bool allowed)
{
    if (role == NULL)
        return "Not a member of this organisation.";
    if (allowed)
        return arena_printf(c->arena, "The role %s holds it.", role);
    return arena_printf(c->arena, "The role %s does not hold it; these do: %s.", role,
        words_listed(c->arena, p->roles));
}

/* "users" of "users.invite". */
static const char *module_of(struct arena *a, const char *permission)
{
    return arena_strndup(a, permission, strcspn(permission, "."));
}

/* Of all flags those of the permission's module. */
static void explain_flags(
    struct ctx *c, struct uuid person, const char *module, struct users_explanation *out)
{
    const struct flag_answer *all;
    struct flag_answer *own;
    const char *prefix = arena_printf(c->arena, "%s.", module);
    size_t n;

    flag_explain(c, c->org, person, &all, &n);
    own = arena_array(c->arena, n, sizeof *own);
    for (size_t i = 0; i < n; i++)
        if (text_starts_with(all[i].name, prefix))
            own[out->n_flags++] = all[i];
    out->flags = own;
}

err users_explain(
    struct ctx *c, struct uuid person, const char *permission, struct users_explanation *out)
{
    const struct permission *p = access_permission(permission);
    struct users_explanation told = { .person_id = person, .permission = permission };
    const char *module;

    if (!uuid_equal(person, c->actor.person))
        TRY(ctx_require(c, "users.manage_members"));
    if (p == NULL)
        return problem(c, &ERR_INVALID, "query:permission", "No module declares this permission.");
    TRY(users__role_of(c, person, &told.role));
    told.allowed = told.role && text_is_one_of(p->roles, told.role, strlen(told.role));
    told.reason = reason(c, p, told.role, told.allowed);
    module = module_of(c->arena, permission);
    TRY(access_entitlements(c, module, &told.entitlements, &told.n_entitlements));
    explain_flags(c, person, module, &told);

    *out = told;
    return NULL;
}
