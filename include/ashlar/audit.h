/* audit — who changed what, written in the transaction of the change, and read again by who may.
 *
 * Home: audit.c and audit_list.c. */
#pragma once
#include "page.h"
#include "shape.h"

/*
 * One row: actor, organisation, request id, address and time come from c. `action` is
 * "users.member_removed"; `target_prefix` and `target` name the thing ("person", id). `before` and
 * `after` are structs S, or the constant NULL; private fields (shape.h) are left out:
 *
 *     audit(c, "users.org_renamed", "org", org.id, users_org, &before, &after)
 */
#define audit(c, action, target_prefix, target, S, before, after)                                  \
    audit_(c, action, target_prefix, target, &S##_shape, STRUCT_OR_NULL_(S, before),               \
        STRUCT_OR_NULL_(S, after))
PUBLIC CHECKED err audit_(struct ctx *c, const char *action, const char *target_prefix,
    struct uuid target, const struct shape *s, const void *before, const void *after);

/* One row of what has no state to keep: that something was looked at, or done. */
PUBLIC CHECKED err audit_act(
    struct ctx *c, const char *action, const char *target_prefix, struct uuid target);

/* One row as its readers see it. */
struct audit_row {
    struct uuid id; /* "audit_…" */
    struct instant at;
    const char *action;
    const char *actor_kind;     /* person, key, system, none */
    const char *actor;          /* "person_…", "key_…"; NULL: the system, or nobody */
    const char *target;         /* "person_…"; NULL: none */
    const char *request_id;     /* finds the lines of the log */
    const char *operation;      /* route id or job kind */
    const char *network;        /* the client's /24 or /64; NULL outside requests */
    const char *before, *after; /* JSON; NULL: there was none */
    struct uuid org_id;         /* nil: outside every organisation */
};
PUBLIC extern const struct shape audit_row_shape;
LIST_OF(audit_row);
PUBLIC extern const struct shape audit_row_list_shape;

/* What is left of the trail; NULL and zero members say nothing. */
struct audit_filter {
    const char *action;          /* exactly this */
    const char *actor, *target;  /* as in the row */
    struct instant since, until; /* the first inside, the second outside */
};

/*
 * One page, newest first, of the tenant c->org; as the system and without a tenant, of all. Errors:
 * ERR_INVALID for a bad cursor, actor or target ("query:actor").
 */
PUBLIC CHECKED err audit_list(struct ctx *c, const struct audit_filter *filter,
    const struct page_in *page, struct audit_row_list *out);
