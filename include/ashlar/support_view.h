/*
 * support_view — each module's part of staff's page of an organisation or person. The modules are
 * independent of the page.
 *
 * A module has at most one view of each, declared in its table (.org_support_view,
 * .person_support_view). Staff see it under the module's name:
 *
 *     struct invoices_support_view {
 *         const struct invoices_invoice *open;
 *         size_t n_open;
 *     };
 *     static const struct field invoices_support_view_fields[] = {
 *         LIST(invoices_support_view, open, invoices_invoice, .doc = "The 50 oldest unpaid"),
 *     };
 *     static SHAPE(invoices_support_view);
 *
 *     SUPPORT_VIEW(see_org, invoices_support_view)
 *     {
 *         return invoices__list_open(c, of, &out->open, &out->n_open);
 *     }
 *     const struct support_view invoices__org_support_view = {
 *         .doc = "Unpaid invoices",
 *         .loader = LOADED_BY(see_org),
 *     };
 */
#pragma once
#include "shape.h"

/* A function with its output shape. Create it only by SUPPORT_VIEW. */
struct support_view_loader {
    err (*load)(struct ctx *c, struct uuid of, void *out);
    const struct shape *shape; /* without secret fields, otherwise the server does not start */
};

struct support_view {
    const char *doc; /* description of the view */
    const struct support_view_loader *loader;
};

/*
 * SUPPORT_VIEW(see_org, invoices_support_view) { … } defines `see_org`, and its loader for the
 * table: .loader = LOADED_BY(see_org). It fills `out`, which is zeroed, in the caller's open
 * transaction as ashlar_system. `of` is the organisation (then also c->org) or the person (then
 * without an organisation). The caller records the access. Lists have at most one page. An error
 * fails the whole page.
 */
#define SUPPORT_VIEW(fn, S)                                                                        \
    static err fn(struct ctx *c, struct uuid of, struct S *out);                                   \
    static err fn##_load(struct ctx *c, struct uuid of, void *out)                                 \
    {                                                                                              \
        return fn(c, of, out);                                                                     \
    }                                                                                              \
    static const struct support_view_loader fn##_loader = { fn##_load, &S##_shape };               \
    static err fn(struct ctx *c, struct uuid of, struct S *out)
#define LOADED_BY(fn) (&fn##_loader)

/* --- For the module that serves the page --- */

/* The views of all enabled modules as one JSON object in c's arena, {"users":{…},"auth":{…}}: of
 * c->org, or of a person. Errors: the modules'. */
PUBLIC CHECKED err support_view_org(struct ctx *c, const char **json);
PUBLIC CHECKED err support_view_person(struct ctx *c, struct uuid person, const char **json);

/* Possible members of those objects: OPEN_JSON(…, .members = support_view_org_member). */
PUBLIC struct shape_member support_view_org_member(size_t index);
PUBLIC struct shape_member support_view_person_member(size_t index);
