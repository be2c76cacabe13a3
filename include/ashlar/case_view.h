/*
 * case_view — what staff see of an organisation or of a person on one page: each module adds what
 * it knows, and none knows who shows it. Knows no module.
 *
 * A module has at most one view of each, declared in its table (.org_case, .person_case). Staff see
 * it under the module's name:
 *
 *     struct invoices_case {
 *         const struct invoices_invoice *open;
 *         size_t n_open;
 *     };
 *     static const struct field invoices_case_fields[] = {
 *         LIST(invoices_case, open, invoices_invoice, .doc = "The 50 oldest that are not paid"),
 *     };
 *     static SHAPE(invoices_case);
 *
 *     CASE_VIEW(see_org, invoices_case)
 *     {
 *         return invoices__list_open(c, of, &out->open, &out->n_open);
 *     }
 *     const struct case_view invoices__org_case = {
 *         .doc = "What they have to pay",
 *         .shape = &invoices_case_shape,
 *         .load = see_org_case,
 *     };
 */
#pragma once
#include "shape.h"

struct case_view {
    const char *doc;           /* what is seen there */
    const struct shape *shape; /* has no secret fields: the server does not start otherwise */
    /*
     * Fills `out`, which is zeroed, in the caller's open transaction as ashlar_system. Of an
     * organisation c->org is `of`; of a person there is no organisation. Who shows it writes down
     * who looked. Lists hold one page at most. An error is the whole page's.
     */
    err (*load)(struct ctx *c, struct uuid of, void *out);
};

/* CASE_VIEW(see_org, invoices_case) { … } defines `see_org`, typed, and `see_org_case` for .load.
 */
#define CASE_VIEW(fn, S)                                                                           \
    static err fn(struct ctx *c, struct uuid of, struct S *out);                                   \
    static err fn##_case(struct ctx *c, struct uuid of, void *out)                                 \
    {                                                                                              \
        return fn(c, of, out);                                                                     \
    }                                                                                              \
    static err fn(struct ctx *c, struct uuid of, struct S *out)

/* --- For who shows them --- */

/* The views of all enabled modules as one JSON object in c's arena, {"users":{…},"auth":{…}}: of
 * c->org, or of a person. Errors: the modules'. */
PUBLIC CHECKED err case_view_org(struct ctx *c, const char **json);
PUBLIC CHECKED err case_view_person(struct ctx *c, struct uuid person, const char **json);

/* What those objects may hold: OPEN_JSON(…, .members = case_view_org_member). */
PUBLIC struct shape_member case_view_org_member(size_t index);
PUBLIC struct shape_member case_view_person_member(size_t index);
