/*
 * db — named SQL in, structs out. For store files only: services name tx_, never db_.
 *
 * Queries are written in <module>.sql under "-- name: lock_org" lines and embedded at build time as
 * SQL_lock_org (header <module>_sql.h). They are prepared on first use, take parameters only by
 * value, and run in the unit of work's open transaction; outside one (TX_MANUAL) a db_ call is
 * ERR_INTERNAL. Where a shape says that rows may be large (OPEN_JSON, TEXTS, long .max), they are
 * taken one by one, and what does not fit is never held in memory.
 *
 * All functions: strings and rows live in c's arena. On failure outputs are left alone and the
 * transaction is poisoned: every later db_ call in it fails, and it cannot commit. A violated
 * constraint listed in the module's table becomes that error kind; anything unexpected is logged
 * and ERR_INTERNAL; a lost connection is ERR_UNAVAILABLE; a passed deadline ERR_TIMEOUT; rows for
 * which the unit of work has no memory left are ERR_OUTGROWN.
 *
 * Home: db.c and params.c.
 */
#pragma once
#include "page.h"
#include "tx.h"

struct query {
    const char *name;   /* "lock_org" */
    const char *module; /* "users" */
    const char *sql;
    /* Of an embedded one, by the build. A call with another number of values is refused before
     * anything is sent: ERR_INTERNAL, and `db.wrong_arguments` in the log. */
    int takes;        /* 1 + how many values; 0: nobody counted them */
    const char *file; /* "modules/users/users.sql" */
    int line;         /* where the statement begins */
};
/* For the build: a table that ends with an empty row, found by the linker's section of this name.
 */
#define QUERIES_EMBEDDED(table)                                                                    \
    static const struct query *const table##_embedded                                              \
        __attribute__((section("ashlar_queries"), used)) = table

/* Parameter values; NULL text, nil uuid and zero instant are SQL NULL. */
struct arg {
    enum { ARG_TEXT, ARG_INT, ARG_BOOL, ARG_UUID, ARG_TIME, ARG_BYTES, ARG_NUMBER } kind;
    union {
        const char *text;
        int64_t integer;
        bool boolean;
        double number;
        struct uuid uuid;
        struct instant time;
        struct bytes bytes;
    };
};
PUBLIC struct arg arg_text(const char *v);
PUBLIC struct arg arg_int(int64_t v);
PUBLIC struct arg arg_bool(bool v);
PUBLIC struct arg arg_number(double v);
PUBLIC struct arg arg_uuid(struct uuid v);
PUBLIC struct arg arg_time(struct instant v);
PUBLIC struct arg arg_bytes(struct bytes v);

#define ARG(v)                                                                                     \
    _Generic((v), char *: arg_text, const char *: arg_text, int: arg_int, long: arg_int,           \
        long long: arg_int, size_t: arg_int, bool: arg_bool, double: arg_number,                   \
        struct uuid: arg_uuid, struct instant: arg_time, struct bytes: arg_bytes)(v)
/* db_one(c, &SQL_lock_org, users_org, &org, ARGS(ARG(a), ARG(b))) */
#define ARGS(...)                                                                                  \
    (const struct arg[]){ __VA_ARGS__ },                                                           \
        sizeof((const struct arg[]){ __VA_ARGS__ }) / sizeof(struct arg)
#define NO_ARGS NULL, 0

/* Exactly one row into `out`, a struct S, by column name. Errors: ERR_NOT_FOUND when there is none.
 */
#define db_one(c, q, S, out, ...) db_one_(c, q, &S##_shape, STRUCT_OUT_(S, out), __VA_ARGS__)
PUBLIC CHECKED err db_one_(struct ctx *c, const struct query *q, const struct shape *s, void *out,
    const struct arg *args, size_t n_args);

/* One row or none: db_maybe(c, &SQL_find_org, users_org, &org, &found, ARGS(…)). */
#define db_maybe(c, q, S, out, found, ...)                                                         \
    db_maybe_(c, q, &S##_shape, STRUCT_OUT_(S, out), found, __VA_ARGS__)
PUBLIC CHECKED err db_maybe_(struct ctx *c, const struct query *q, const struct shape *s, void *out,
    bool *found, const struct arg *args, size_t n_args);

/* All rows as an array: `rows` points to a `const struct S *`. At most LIMIT_LIST_ROWS, otherwise
 * ERR_INTERNAL, and LIMIT_RESULT bytes, otherwise ERR_OUTGROWN. */
#define db_list(c, q, S, rows, n, ...)                                                             \
    db_list_(c, q, &S##_shape, _Generic((rows), const struct S ** : (rows)), n, __VA_ARGS__)
PUBLIC CHECKED err db_list_(struct ctx *c, const struct query *q, const struct shape *s, void *rows,
    size_t *n, const struct arg *args, size_t n_args);

/* As db_list, for a page of one's own: as many of the first rows as have LIMIT_PAGE bytes in a
 * response, at least one; `*more`: there are others. */
#define db_some(c, q, S, rows, n, more, ...)                                                       \
    db_some_(c, q, &S##_shape, _Generic((rows), const struct S ** : (rows)), n, more, __VA_ARGS__)
PUBLIC CHECKED err db_some_(struct ctx *c, const struct query *q, const struct shape *s, void *rows,
    size_t *n, bool *more, const struct arg *args, size_t n_args);

/*
 * One page. The query takes, after `args`, the id to continue after (NULL at the start) and how
 * many rows to fetch, and orders by the column `id`:
 *
 *     WHERE org_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
 *
 * db_page(c, &SQL_list_orgs, users_org, &list, page, ARGS(…)): `list` is the struct users_org_list
 * made by LIST_OF(users_org). The page ends early, with a cursor, where its rows would have more
 * than LIMIT_PAGE bytes in a response; one row it always has. Errors: ERR_INVALID for a bad cursor.
 */
#define db_page(c, q, S, list, page, ...)                                                          \
    db_page_(c, q, &S##_list_shape, STRUCT_OUT_(S##_list, list), page, __VA_ARGS__)
PUBLIC CHECKED err db_page_(struct ctx *c, const struct query *q, const struct shape *s, void *list,
    const struct page_in *page, const struct arg *args, size_t n_args);

/* The first column of the one row. */
PUBLIC CHECKED err db_int(
    struct ctx *c, const struct query *q, int64_t *out, const struct arg *args, size_t n_args);
PUBLIC CHECKED err db_bool(
    struct ctx *c, const struct query *q, bool *out, const struct arg *args, size_t n_args);

/* A statement whose rows do not matter; _one: it must have touched a row, otherwise ERR_NOT_FOUND;
 * _any: whether it touched one; _count: how many. */
PUBLIC CHECKED err db_exec(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args);
PUBLIC CHECKED err db_exec_one(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args);
PUBLIC CHECKED err db_exec_any(
    struct ctx *c, const struct query *q, bool *any, const struct arg *args, size_t n_args);
PUBLIC CHECKED err db_exec_count(
    struct ctx *c, const struct query *q, int64_t *n, const struct arg *args, size_t n_args);

/* The database keeps the promise; this gives the broken promise a name. */
struct constraint {
    const char *name; /* of the constraint or unique index */
    const struct error_kind *kind;
    const char *field; /* the input field it is about, or NULL */
};
