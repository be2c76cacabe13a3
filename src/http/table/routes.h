/* Route tables: validation at start, and the mapping of paths to rows. */
#pragma once
#include "db/roles.h"
#include "target.h"
#include <ashlar/limits.h>
#include <ashlar/module.h>

/*
 * Check every row of every module (NULL-terminated list) and write one sentence per defect. False
 * when there is any. Defects are:
 * - an id, or a method and path, used twice; parameters of one path with two names;
 * - a {name} without a PATH field of `in`, or the reverse;
 * - a mutating row that has no permission and is not public, self or by token;
 * - a permission that no module declares, or one outside an organisation's path;
 * - a missing summary, auth, rate, in, out, status, errors or run;
 * - SCOPE_ORG without {org_id}, or without a session or key; while_suspended without SCOPE_ORG;
 * - SCOPE_STAFF without a session, a staff permission or a rate limit;
 * - SCOPE_SYSTEM without AUTH_TOKEN outside development and test;
 * - any_origin with a credential;
 * - a raw body on GET or with an Idempotency-Key; lenient without a raw body;
 * - AUTH_SIGNATURE without a raw body or with a scope;
 * - BODY fields on GET; body_max above 1 MiB;
 * - a listed error that is NULL, the platform's own or repeated; a malformed deprecation date;
 * - a stream that is not GET, has no pull or events, or whose response is not stream_from_shape.
 */
bool routes_check(const struct module *const *modules, struct buf *problems);

/* Iterates over all rows of all modules in their order: start with { .module = list } and call
 * route_next until NULL. */
struct route_walk {
    const struct module *const *module; /* of the last row */
    size_t table, row;                  /* of the next row */
};
const struct route *route_next(struct route_walk *w);

bool route_is_mutating(const struct route *r);
/* Whether it runs across tenants, as ashlar_system. */
bool route_is_across(const struct route *r);
enum tx_kind route_tx(const struct route *r);
size_t route_body_max(const struct route *r);
/* Whether {name} is a PATH field of its input. */
bool route_has_path_field(const struct route *r, struct span name);
bool route_has_body(const struct route *r);  /* JSON: `in` has BODY fields */
bool route_takes_raw(const struct route *r); /* unparsed: `in` is a RAW_SHAPE */
bool route_takes_key(const struct route *r); /* Idempotency-Key is supported */
bool route_is_json(const struct route *r);   /* responses with a shape, not content or nothing */
const char *method_text(enum http_method m); /* "DELETE" */
/* 0 for a method that no row can have. HEAD is no method of rows: it is GET without its body. */
enum http_method method_parse(const char *text);

/* An existing route with everything that requests need of it, computed once by router_new. */
struct router_row {
    const struct route *route;
    const struct module *module;
    size_t index;                        /* in routes_installed */
    const struct permission *permission; /* of members or staff; NULL: none is required */
    enum tx_kind tx;
    enum db_role role;
    size_t body_max;
    bool mutating, has_body, takes_key; /* as the functions above say */
    bool has_versions; /* the resource at its path has, so that If-Match can guard the change */
    struct route_part {
        struct span text;
        bool is_param; /* then the text is its name */
    } parts[TARGET_SEGMENTS_MAX];
    size_t n_parts;
};

struct match {
    const struct router_row *row; /* NULL: no route has this path and method */
    struct {
        struct span name, value; /* the value is still encoded */
    } params[TARGET_SEGMENTS_MAX];
    size_t n_params;
    unsigned allowed; /* 1 << enum http_method of every row with this path */
};

struct router;

/* Dispatch tables of the rows that exist in `env`, for the life of the process; freed by
 * router_free. Rows of staff exist if a module manages staff. Reading is thread-safe. */
struct router *router_new(const struct module *const *modules, enum environment env);
void router_free(struct router *r);

/* Literal segments have priority over parameters, from the left. `method` 0 fills only
 * `allowed`. */
void router_match(
    const struct router *r, enum http_method method, const struct target *t, struct match *out);

/* The tables that requests are matched against, from http_start to http_stop. Set before threads
 * start. */
void router_install(const struct router *r); /* NULL: none */
const struct router *router_installed(void);

/* All routes of the installed tables, sorted by module. */
size_t routes_installed(const struct route *const **out);
/* The row of one of them, by a linear search. */
const struct router_row *route_row(const struct route *r);

bool shape_has_etag(const struct shape *s);
