/* The linked and the enabled modules, in start order. */
#include "registry.h"
#include "base/memory.h"
#include <ashlar/text.h>

enum { MODULES_MAX = 64 };

static const struct module *const nothing_linked[] = { NULL };
static const struct module *const *linked = nothing_linked;
/* NULL-terminated. */
static const struct module *enabled[MODULES_MAX + 2];

void registry_set(const struct module *const *list)
{
    size_t n = 0;

    if (linked[0])
        enabled[n++] = linked[0];
    for (; *list; list++) {
        if (*list == linked[0])
            continue;
        if (n > MODULES_MAX)
            memory_abort("registry.module_limit_exceeded", n, MODULES_MAX);
        enabled[n++] = *list;
    }
    enabled[n] = NULL;
}

void registry_link(const struct module *const *list)
{
    linked = list;
    registry_set(list);
}

const struct module *const *registry_linked(void)
{
    return linked;
}

static bool is_wanted(const char *list, const char *name)
{
    static const char between[] = ", \t";

    if (list == NULL || list[0] == '\0')
        return true;
    for (list += strspn(list, between); *list; list += strspn(list, between)) {
        size_t size = strcspn(list, between);
        if (size == strlen(name) && memcmp(list, name, size) == 0)
            return true;
        list += size;
    }
    return false;
}

void registry_enable(const char *list)
{
    const struct module *wanted[MODULES_MAX + 1];
    size_t n = 0;

    for (size_t i = 0; linked[i] && n < MODULES_MAX; i++)
        if (is_wanted(list, linked[i]->name))
            wanted[n++] = linked[i];
    wanted[n] = NULL;
    registry_set(wanted);
}

const struct module *const *registry_modules(void)
{
    return enabled;
}

const struct module *registry_find(const char *name)
{
    for (const struct module *const *m = registry_modules(); *m; m++)
        if (text_equal((*m)->name, name))
            return *m;
    return NULL;
}

const struct authorizer *registry_authorizer(void)
{
    for (const struct module *const *m = registry_modules(); *m; m++)
        if ((*m)->authorize)
            return (*m)->authorize;
    return NULL;
}

static const struct permission *find_in(const struct permission *table, const char *name)
{
    for (const struct permission *p = table; p && p->name; p++)
        if (text_equal(p->name, name))
            return p;
    return NULL;
}

const struct permission *registry_permission(const char *name, bool of_staff)
{
    if (name == NULL)
        return NULL;
    for (const struct module *const *m = registry_modules(); *m; m++) {
        const struct permission *p =
            find_in(of_staff ? (*m)->staff_permissions : (*m)->permissions, name);
        if (p)
            return p;
    }
    return NULL;
}

bool permission_is_held(const struct permission *p, const char *role)
{
    return p && role && text_is_one_of(p->roles, role, strlen(role));
}

bool registry_role_may(const char *role, const char *permission)
{
    return permission_is_held(registry_permission(permission, false), role);
}

bool registry_staff_may(const char *staff_role, const char *permission)
{
    return permission_is_held(registry_permission(permission, true), staff_role);
}

static size_t count_modules(void)
{
    size_t n = 0;
    while (registry_modules()[n])
        n++;
    return n;
}

err modules_erase_person(struct ctx *c, struct uuid person)
{
    for (size_t i = count_modules(); i-- > 0;)
        if (enabled[i]->erase_person)
            TRY(enabled[i]->erase_person(c, person));
    return NULL;
}

err modules_purge_org(struct ctx *c)
{
    for (size_t i = count_modules(); i-- > 0;)
        if (enabled[i]->purge_org)
            TRY(enabled[i]->purge_org(c));
    return NULL;
}

err modules_hold_org(struct ctx *c, bool held)
{
    for (size_t i = count_modules(); i-- > 0;)
        if (enabled[i]->hold_org)
            TRY(enabled[i]->hold_org(c, held));
    return NULL;
}

/* The n-th extension of all modules. */
static const struct extension *extension_at(size_t n)
{
    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct extension *o = (*m)->extensions; o && o->to; o++)
            if (n-- == 0)
                return o;
    return NULL;
}

const void *modules_extensions(const char *to, size_t *at)
{
    const struct extension *o;

    while ((o = extension_at((*at)++)))
        if (text_equal(o->to, to))
            return o->rows;
    return NULL;
}

bool modules_role_may(const char *role, const char *permission)
{
    return registry_role_may(role, permission);
}
