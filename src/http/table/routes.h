/* Route tables: their check at start, and from a path to its row. Knows no request and no library.
 */
#pragma once
#include "db/roles.h"
#include "target.h"
#include <ashlar/limits.h>
#include <ashlar/module.h>

/*
 * Look at every row of every module (NULL-terminated list) and write one sentence per defect, all
 * of them: an id or a method and path used twice; parameters of one path named in two ways; a
 * {name} without a PATH field of `in`, or the reverse; a mutating row neither permissioned nor
 * public, self or by token; a permission no module declares, or one outside an organisation's path;
 * summary, auth, rate, in, out, status, errors or run missing; SCOPE_ORG without {org_id} or
 * without a session or key; while_suspended without SCOPE_ORG; SCOPE_STAFF without a session, one
 * of staff's permissions or a rate limit; SCOPE_SYSTEM without AUTH_TOKEN outside of development
 * and test; any_origin with a credential; a raw body on GET or with an Idempotency-Key honoured;
 * lenient without a raw body;
 * AUTH_SIGNATURE without a raw body or with a scope; BODY fields on GET; body_max above 1 MiB; a
 * listed error that is NULL, the platform's own or listed twice; a malformed deprecation date; a
 * stream that is no GET, has no pull or events, or whose response is not stream_from_shape. False
 * when there was any.
 */
bool routes_check(const struct module *const *modules, struct buf *problems);

/* All rows of all tables of all modules, in their order: { .module = list } and route_next until it
 * is NULL. */
struct route_walk {
    const struct module *const *module; /* of the row given last */
    size_t table, row;                  /* of the next */
};
const struct route *route_next(struct route_walk *w);

bool route_is_mutating(const struct route *r);
/* Across tenants, as ashlar_system? */
bool route_is_across(const struct route *r);
enum tx_kind route_tx(const struct route *r);
size_t route_body_max(const struct route *r);
/* {name} is a PATH field of its input. */
bool route_has_path_field(const struct route *r, struct span name);
bool route_has_body(const struct route *r);  /* JSON: `in` has BODY fields */
bool route_takes_raw(const struct route *r); /* as its bytes came: `in` is a RAW_SHAPE */
bool route_takes_key(const struct route *r); /* an Idempotency-Key counts */
bool route_is_json(const struct route *r);   /* responses with a shape, not content or nothing */
const char *method_text(enum http_method m); /* "DELETE" */
/* 0 for a method no row can have. HEAD is not a method of rows: it is GET without its body. */
enum http_method method_parse(const char *text);

/* A route that exists here, with what requests need to know of it: computed once, by router_new. */
struct router_row {
    const struct route *route;
    const struct module *module;
    size_t index;                        /* in routes_installed */
    const struct permission *permission; /* its own, of members or staff; NULL: none is required */
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
    unsigned allowed; /* 1 << enum http_method of every row that has this path */
};

struct router;

/* Dispatch tables of the rows that exist in `env`, for the process's life; ends with router_free.
 * Staff's rows exist where a module knows who is staff. Reading is thread-safe. */
struct router *router_new(const struct module *const *modules, enum environment env);
void router_free(struct router *r);

/* Literal segments win over parameters, from the left. `method` 0 only fills `allowed`. */
void router_match(
    const struct router *r, enum http_method method, const struct target *t, struct match *out);

/* The tables that requests are matched against, from http_start to http_stop: set before threads.
 */
void router_install(const struct router *r); /* NULL: none */
const struct router *router_installed(void);

/* All routes of the installed tables, module by module: for the documents, the command line and
 * generated tests. */
size_t routes_installed(const struct route *const **out);
/* The row of one of them, by a search: for the documents. */
const struct router_row *route_row(const struct route *r);

bool shape_has_etag(const struct shape *s);
