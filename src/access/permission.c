/* Authorisation of the actor, by the modules' tables. */
#include "module/registry.h"
#include "permission.h"
#include <ashlar/permission.h>
#include <ashlar/authority.h>
#include <ashlar/clock.h>
#include <ashlar/text.h>

enum { SUDO_MINUTES = 15 };

static struct authority authority_here(const struct ctx *c)
{
    if (c->actor.kind == ACTOR_PERSON)
        return (struct authority){ .person = c->actor.person, .role = c->role };
    if (c->actor.kind == ACTOR_KEY && uuid_equal(c->org, c->actor.key_org))
        return (struct authority){
            .person = c->actor.maker, .role = c->maker_role, .scopes = c->actor.scopes
        };
    return (struct authority){ .role = NULL };
}

bool ctx_holds(const struct ctx *c, const struct permission *p)
{
    const struct authority here = authority_here(c);

    return c->actor.kind == ACTOR_SYSTEM || authority_holds(&here, p);
}

bool ctx_may(const struct ctx *c, const char *permission)
{
    if (ctx_holds(c, registry_permission(permission, false)))
        return true;
    return c->actor.kind == ACTOR_PERSON && registry_staff_may(c->staff_role, permission);
}

const char *ctx_lacks(const struct ctx *c, const char *role)
{
    const struct authority here = authority_here(c);

    return c->actor.kind == ACTOR_SYSTEM ? NULL : authority_lacks(&here, role);
}

/* A session left open on a browser must not be enough to take over the account. */
err ctx_require_sudo(struct ctx *c)
{
    if (c->actor.kind == ACTOR_SYSTEM)
        return NULL;
    if (c->actor.kind == ACTOR_KEY)
        return problem(c, &ERR_FORBIDDEN, NULL, "An API key cannot do this. Sign in.");
    if (instant_add(c->actor.reauthenticated_at, MINUTES(SUDO_MINUTES)).us > clock_now().us)
        return NULL;
    return problem(c, &ERR_SUDO_REQUIRED, NULL,
        "Reauthenticate with your password or second factor, then retry the request.");
}

/* --- The tables --- */

/* State of the check of one table. */
struct check {
    const struct module *const *modules;
    const struct module *module;
    struct buf *problems;
    bool of_staff;
    const char *roles; /* declared roles; NULL: none are declared */
    bool ok;
};

static const struct permission *table_of(const struct check *k, const struct module *m)
{
    return k->of_staff ? m->staff_permissions : m->permissions;
}

static void check_role(struct check *k, const struct permission *p, const char *role, size_t size)
{
    if (size > 0 && text_is_one_of(k->roles, role, size))
        return;
    buf_printf(k->problems, "%s: permission %s: unknown role \"%.*s\", the roles are \"%s\"\n",
        k->module->name, p->name, (int)size, role, k->roles);
    k->ok = false;
}

static void check_roles(struct check *k, const struct permission *p)
{
    const char *at = p->roles != NULL ? p->roles : "";

    for (;; at++) {
        const char *end = strchrnul(at, '|');
        check_role(k, p, at, (size_t)(end - at));
        if (*end == '\0')
            return;
        at = end;
    }
}

/* The first permission of this name in all tables. */
static const struct permission *first_of(const struct check *k, const char *name)
{
    for (const struct module *const *m = k->modules; *m != NULL; m++)
        for (const struct permission *p = table_of(k, *m); p != NULL && p->name != NULL; p++)
            if (text_equal(p->name, name))
                return p;
    return NULL;
}

static void check_tables(struct check *k)
{
    for (const struct module *const *m = k->modules; *m != NULL; m++) {
        k->module = *m;
        for (const struct permission *p = table_of(k, *m); p != NULL && p->name != NULL; p++) {
            if (k->roles != NULL)
                check_roles(k, p);
            if (first_of(k, p->name) == p)
                continue;
            buf_printf(
                k->problems, "%s: permission %s: it is declared twice\n", (*m)->name, p->name);
            k->ok = false;
        }
    }
}

bool permissions_check(const struct module *const *modules, struct buf *problems)
{
    struct check of_members = { .modules = modules, .problems = problems, .ok = true };
    struct check of_staff = {
        .modules = modules, .problems = problems, .of_staff = true, .ok = true
    };

    for (const struct module *const *m = modules; *m != NULL; m++) {
        if ((*m)->authorize != NULL)
            of_members.roles = (*m)->authorize->role_names;
        if ((*m)->staff != NULL)
            of_staff.roles = (*m)->staff->role_names;
    }
    check_tables(&of_members);
    check_tables(&of_staff);
    return of_members.ok && of_staff.ok;
}

err ctx_require(struct ctx *c, const char *permission)
{
    if (ctx_may(c, permission))
        return NULL;
    return problem(c, &ERR_FORBIDDEN, NULL, "This needs the permission %s.", permission);
}
