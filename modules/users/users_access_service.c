/* Permissions of people and keys with their reasons, and the audit log. Explains decisions; the
 * decisions themselves are made in access.h. */
#include "users_internal.h"

err users_list_audit(struct ctx *c, const struct audit_filter *filter, const struct page_in *page,
    struct audit_entry_list *out)
{
    return audit_list(c, filter, page, out);
}

/* The organisation of the screen: the requested one, otherwise the oldest. It stays entered, so
 * plan and flags are read for it. */
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

static const char *why_not_by_role(
    struct ctx *c, const struct permission *p, const struct authority *has)
{
    return arena_printf(c->arena, "The role %s%s does not hold it; these do: %s.", has->role,
        has->scopes != NULL ? " of the key's creator" : "", words_listed(c->arena, p->roles));
}

static const char *reason_of_key(
    struct ctx *c, const struct permission *p, const struct authority *has)
{
    if (has->role == NULL)
        return "The key has no authority: it is revoked or expired, or its creator left or is "
               "suspended.";
    if (!text_is_one_of(has->scopes, p->name, strlen(p->name)))
        return "It is not among the key's scopes.";
    if (!authority_may(has, p->name))
        return why_not_by_role(c, p, has);
    return arena_printf(c->arena,
        "It is among the key's scopes, and the role %s of its creator has it.", has->role);
}

static const char *reason(struct ctx *c, const struct permission *p,
    const struct users_access_explanation *explanation, const struct authority *has)
{
    if (!uuid_is_nil(explanation->key_id))
        return reason_of_key(c, p, has);
    if (explanation->role == NULL)
        return "Not a member of this organisation.";
    if (has->role == NULL)
        return "Suspended, and so may do nothing.";
    return explanation->allowed ? arena_printf(c->arena, "The role %s holds it.", explanation->role)
                                : why_not_by_role(c, p, has);
}

/* A suspended member keeps the role without its authority. */
static err read_authority(struct ctx *c, const struct principal *who, const struct permission *p,
    struct users_access_explanation *explanation)
{
    struct authority has;

    TRY(authority_of(c, who, 1, &has));
    explanation->role = has.role;
    if (uuid_is_nil(who->key))
        TRY(users__role_of(c, who->person, &explanation->role));
    else
        explanation->person_id = has.person;
    explanation->allowed = authority_may(&has, p->name);
    explanation->reason = reason(c, p, explanation, &has);
    return NULL;
}

static err check_question(struct ctx *c, const struct principal *who, const struct permission *p)
{
    const bool about_self = uuid_is_nil(who->key) ? uuid_equal(who->person, c->actor.person)
                                                  : uuid_equal(who->key, c->actor.key);

    if (uuid_is_nil(who->person) == uuid_is_nil(who->key))
        return problem(c, &ERR_INVALID, "query:person_id", "Send either a person or a key.");
    if (!about_self)
        TRY(ctx_require(c, "users.manage_members"));
    if (p == NULL)
        return problem(c, &ERR_INVALID, "query:permission", "No module declares this permission.");
    return NULL;
}

/* "users" of "users.invite". */
static const char *module_of(struct arena *a, const char *permission)
{
    return arena_strndup(a, permission, strcspn(permission, "."));
}

/* The flags of the permission's module. */
static void explain_flags(
    struct ctx *c, struct uuid person, const char *module, struct users_access_explanation *out)
{
    const struct flag_evaluation *all;
    struct flag_evaluation *own;
    const char *prefix = arena_printf(c->arena, "%s.", module);
    size_t n;

    flag_explain(c, c->org, person, &all, &n);
    own = arena_array(c->arena, n, sizeof *own);
    for (size_t i = 0; i < n; i++)
        if (text_starts_with(all[i].name, prefix))
            own[out->n_flags++] = all[i];
    out->flags = own;
}

err users_explain(struct ctx *c, const struct principal *who, const char *permission,
    struct users_access_explanation *out)
{
    const struct permission *p = access_permission(permission);
    struct users_access_explanation explanation = {
        .person_id = who->person, .key_id = who->key, .permission = permission
    };
    const char *module;

    TRY(check_question(c, who, p));
    TRY(read_authority(c, who, p, &explanation));
    module = module_of(c->arena, permission);
    TRY(access_entitlements(c, module, &explanation.entitlements, &explanation.n_entitlements));
    explain_flags(c, explanation.person_id, module, &explanation);

    *out = explanation;
    return NULL;
}
