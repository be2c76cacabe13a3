/* Lists of declared permissions and entitlements for a caller in an organisation. */
#include "module/registry.h"
#include <ashlar/access.h>
#include <ashlar/text.h>

static const struct field access_entitlement_fields[] = {
    TEXT(access_entitlement, name, .doc = "Name of the entitlement", .example = "users.seats"),
    TEXT(access_entitlement, doc, .doc = "Description of what the entitlement counts or enables"),
    TEXT(access_entitlement, kind, .one_of = "limit|feature", .doc = "Kind of the entitlement"),
    BOOL(access_entitlement, included, .doc = "Whether at least one is allowed"),
    BOOL(access_entitlement, unlimited, .doc = "Whether the number is unlimited"),
    INT(access_entitlement, limit,
        .doc = "Maximum number. 0 if it is unlimited, and for features."),
    BOOL(access_entitlement, frozen,
        .doc = "Whether nothing can be added because a payment is long overdue"),
    TEXT(access_entitlement, plan, .optional = true,
        .doc = "Plan of the organisation. Null if no plans are defined."),
};
SHAPE(access_entitlement);

static const struct field access_key_fields[] = {
    ID(access_key, id, "key", .doc = "Id of the API key"),
    TEXT(access_key, name, .doc = "Purpose of the API key", .example = "Billing sync"),
    TEXT(access_key, hint, .doc = "Last characters of the secret", .example = "4GkZ"),
};
SHAPE(access_key);

err access_keys_of(struct ctx *c, struct uuid person, const struct access_key **out, size_t *n)
{
    const struct access_key *rows = NULL;
    size_t found = 0;

    for (const struct module *const *m = registry_modules(); *m; m++)
        if ((*m)->keyring)
            TRY(db_list(c, (*m)->keyring->made_by, access_key, &rows, &found,
                ARGS(ARG(c->org), ARG(person))));
    *out = rows;
    *n = found;
    return NULL;
}

const struct permission *access_permission(const char *name)
{
    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            if (text_equal(p->name, name))
                return p;
    return NULL;
}

static size_t count_permissions(void)
{
    size_t n = 0;

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            n++;
    return n;
}

void access_permissions(struct ctx *c, const char *role, const char *const **out, size_t *n)
{
    const char **names = arena_array(c->arena, count_permissions(), sizeof *names);
    size_t held = 0;

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            if (registry_role_may(role, p->name))
                names[held++] = p->name;
    *out = names;
    *n = held;
}

static struct access_entitlement shown(
    const struct entitlement *e, const struct entitlement_grant *grant)
{
    bool is_limit = e->kind == ENTITLEMENT_LIMIT;

    return (struct access_entitlement){
        .name = e->name,
        .doc = e->doc,
        .kind = is_limit ? "limit" : "feature",
        .included = grant->unlimited || (is_limit && grant->limit > 0),
        .unlimited = grant->unlimited && is_limit,
        .limit = is_limit && !grant->unlimited ? grant->limit : 0,
        .frozen = grant->frozen,
        .plan = grant->plan,
    };
}

/* Whether the name has this module's prefix, as "users.seats" has that of users. */
static bool is_of(const char *name, const char *module)
{
    size_t size = module ? strlen(module) : 0;

    return module == NULL || (strncmp(name, module, size) == 0 && name[size] == '.');
}

err access_entitlements(
    struct ctx *c, const char *module, const struct access_entitlement **out, size_t *n)
{
    size_t declared, n_shown = 0;
    const struct entitlement *const *all = entitlements_declared(c->arena, &declared);
    struct access_entitlement *list = arena_array(c->arena, declared, sizeof *list);
    struct entitlement_grant grant;

    for (size_t i = 0; i < declared; i++) {
        if (!is_of(all[i]->name, module))
            continue;
        TRY(entitlement_read(c, all[i], &grant));
        list[n_shown++] = shown(all[i], &grant);
    }
    *out = list;
    *n = n_shown;
    return NULL;
}
