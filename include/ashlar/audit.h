/* audit — log of changes: written in the transaction of the change, listed for authorised readers.
 *
 * Home: audit.c and audit_list.c. */
#pragma once
#include "page.h"
#include "shape.h"

/*
 * Writes one row. Actor, organisation, request id, address and time come from c. `action` is
 * "users.member_removed". `target_prefix` and `target` name the changed object ("person", id).
 * `before` and `after` are structs S, or the constant NULL. Private fields (shape.h) are omitted:
 *
 *     audit(c, "users.org_renamed", "org", org.id, users_org, &before, &after)
 */
#define audit(c, action, target_prefix, target, S, before, after)                                  \
    audit_(c, action, target_prefix, target, &S##_shape, STRUCT_OR_NULL_(S, before),               \
        STRUCT_OR_NULL_(S, after))
PUBLIC CHECKED err audit_(struct ctx *c, const char *action, const char *target_prefix,
    struct uuid target, const struct shape *s, const void *before, const void *after);

/* Writes a row without before and after: for reads and for actions that change no state. */
PUBLIC CHECKED err audit_act(
    struct ctx *c, const char *action, const char *target_prefix, struct uuid target);

/* A row as its readers receive it. */
struct audit_entry {
    struct uuid id; /* "audit_…" */
    struct instant at;
    const char *action;
    const char *actor_kind;     /* person, key, system, none */
    const char *actor;          /* "person_…", "key_…". NULL: the system, or no actor */
    const char *target;         /* "person_…". NULL: no target */
    const char *request_id;     /* request id of its log lines */
    const char *operation;      /* route id or job kind */
    const char *network;        /* the client's /24 or /64. NULL outside requests */
    const char *before, *after; /* JSON. NULL: no such state */
    struct uuid org_id;         /* nil: outside every organisation */
};
PUBLIC extern const struct shape audit_entry_shape;
LIST_OF(audit_entry);
PUBLIC extern const struct shape audit_entry_list_shape;

/* Filter of the audit log. NULL and zero members do not filter. */
struct audit_filter {
    const char *action;          /* exactly this */
    const char *actor, *target;  /* as in the row */
    struct instant since, until; /* inclusive, exclusive */
};

/*
 * One page, newest first, of the tenant c->org. As the system without a tenant: of all tenants.
 * Errors: ERR_INVALID for an invalid cursor, actor or target ("query:actor").
 */
PUBLIC CHECKED err audit_list(struct ctx *c, const struct audit_filter *filter,
    const struct page_in *page, struct audit_entry_list *out);
