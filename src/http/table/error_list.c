/* Errors that a row may return, and the list of all errors. */
#include "error_list.h"
#include "base/memory.h"
#include "module/registry.h"
#include "routes.h"
#include <stdlib.h>

static const struct error_kind **kinds;
static size_t n_kinds;

/* Of authenticators for keys; a kind shared by several is returned once. */
static const struct error_kind *orphaned_kind(size_t index)
{
    const struct error_kind *last = NULL;

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct authenticator *a = (*m)->authenticate; a && a->prefix; a++) {
            if (a->orphaned == NULL || a->orphaned == last)
                continue;
            last = a->orphaned;
            if (index-- == 0)
                return last;
        }
    return NULL;
}

/* The error of the row while its organisation is suspended; NULL: it stays available. */
static const struct error_kind *suspended_kind(const struct route *r)
{
    const struct authorizer *by = registry_authorizer();

    return by && r->scope == SCOPE_ORG && !r->while_suspended ? by->suspended : NULL;
}

const struct error_kind *route_error(const struct route *r, size_t index)
{
    const struct error_kind *suspended = suspended_kind(r);

    for (size_t own = 0; r->errors[own] != NULL; own++) {
        if (index-- == 0)
            return r->errors[own];
    }
    if (suspended && index-- == 0)
        return suspended;
    return r->auth == AUTH_SESSION_OR_KEY ? orphaned_kind(index) : NULL;
}

static void add_kind(const struct error_kind *kind)
{
    for (size_t i = 0; i < n_kinds; i++) {
        if (kinds[i] == kind)
            return;
    }
    kinds = memory_grow(kinds, (n_kinds + 1) * sizeof *kinds);
    kinds[n_kinds++] = kind;
}

/* Codes without a slash belong to the platform. */
static int compare_kinds(const void *left, const void *right)
{
    const struct error_kind *a = *(const struct error_kind *const *)left;
    const struct error_kind *b = *(const struct error_kind *const *)right;
    bool slash_a = strchr(a->code, '/'), slash_b = strchr(b->code, '/');

    return slash_a != slash_b ? slash_a - slash_b : strcmp(a->code, b->code);
}

void error_list_start(void)
{
    const struct route *const *routes;
    size_t n = routes_installed(&routes);

    for (const struct error_kind *const *k = error_platform_kinds; *k; k++)
        add_kind(*k);
    for (size_t i = 0; i < n; i++) {
        const struct error_kind *kind;
        for (size_t at = 0; (kind = route_error(routes[i], at)) != NULL; at++)
            add_kind(kind);
    }
    qsort(kinds, n_kinds, sizeof *kinds, compare_kinds);
}

void error_list_stop(void)
{
    free(kinds);
    kinds = NULL;
    n_kinds = 0;
}

size_t error_list(const struct error_kind *const **out)
{
    *out = kinds;
    return n_kinds;
}
