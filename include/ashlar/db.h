/*
 * db — named SQL in, structs out. Only for store files: services call tx_, never db_.
 *
 * Queries are in <module>.sql under "-- name: lock_org" lines, embedded at build time as
 * SQL_lock_org (header <module>_sql.h). They are prepared on first use, receive parameters only by
 * value, and run in the open transaction of the unit of work. Without one (TX_MANUAL) a db_ call
 * returns ERR_INTERNAL. Rows whose shape allows large values (OPEN_JSON, TEXTS, long .max) are
 * fetched one by one, so that memory never contains rows that do not fit.
 *
 * All functions: strings and rows are in c's arena. On failure, outputs are unchanged and the
 * transaction is poisoned: later db_ calls fail, and it cannot commit. A violated constraint of the
 * module's table returns its error kind. A lost connection returns ERR_UNAVAILABLE, a missed
 * deadline ERR_TIMEOUT, rows above the memory of the unit of work ERR_OUTGROWN. Any other failure
 * is logged and returns ERR_INTERNAL.
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
    /* Set by the build for embedded queries. A call with another number of values is rejected
     * before anything is sent: ERR_INTERNAL, and `db.arguments_mismatched` in the log. */
    int takes;        /* 1 + number of values. 0: not counted */
    const char *file; /* "modules/users/users.sql" */
    int line;         /* first line of the statement */
};
/* For the build: a table that ends with an empty row, found through its linker section. */
#define QUERIES_EMBEDDED(table)                                                                    \
    static const struct query *const table##_embedded                                              \
        __attribute__((section("ashlar_queries"), used)) = table

/* Parameter values. NULL text, nil uuid and zero instant are SQL NULL. */
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

/* Reads exactly one row into `out`, a struct S, by column name. Errors: ERR_NOT_FOUND for no
 * row. */
#define db_one(c, q, S, out, ...) db_one_(c, q, &S##_shape, STRUCT_OUT_(S, out), __VA_ARGS__)
PUBLIC CHECKED err db_one_(struct ctx *c, const struct query *q, const struct shape *s, void *out,
    const struct arg *args, size_t n_args);

/* One row or none: db_maybe(c, &SQL_find_org, users_org, &org, &found, ARGS(…)). */
#define db_maybe(c, q, S, out, found, ...)                                                         \
    db_maybe_(c, q, &S##_shape, STRUCT_OUT_(S, out), found, __VA_ARGS__)
PUBLIC CHECKED err db_maybe_(struct ctx *c, const struct query *q, const struct shape *s, void *out,
    bool *found, const struct arg *args, size_t n_args);

/* All rows as an array: `rows` points to a `const struct S *`. More than LIMIT_LIST_ROWS rows
 * return ERR_INTERNAL, more than LIMIT_RESULT bytes ERR_OUTGROWN. */
#define db_list(c, q, S, rows, n, ...)                                                             \
    db_list_(c, q, &S##_shape, _Generic((rows), const struct S ** : (rows)), n, __VA_ARGS__)
PUBLIC CHECKED err db_list_(struct ctx *c, const struct query *q, const struct shape *s, void *rows,
    size_t *n, const struct arg *args, size_t n_args);

/* As db_list, for pages that db_page cannot express: the first rows within LIMIT_PAGE bytes of a
 * response, at least one. `*more`: further rows exist. */
#define db_some(c, q, S, rows, n, more, ...)                                                       \
    db_some_(c, q, &S##_shape, _Generic((rows), const struct S ** : (rows)), n, more, __VA_ARGS__)
PUBLIC CHECKED err db_some_(struct ctx *c, const struct query *q, const struct shape *s, void *rows,
    size_t *n, bool *more, const struct arg *args, size_t n_args);

/*
 * One page. The query takes, after `args`, the id to continue after (NULL at the start) and the
 * number of rows, and orders by the column `id`:
 *
 *     WHERE org_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
 *
 * db_page(c, &SQL_list_orgs, users_org, &list, page, ARGS(…)): `list` is the struct users_org_list
 * of LIST_OF(users_org). The page ends early, with a cursor, before its rows exceed LIMIT_PAGE
 * bytes of a response. It has at least one row if there is one. Errors: ERR_INVALID for an invalid
 * cursor.
 */
#define db_page(c, q, S, list, page, ...)                                                          \
    db_page_(c, q, &S##_list_shape, STRUCT_OUT_(S##_list, list), page, __VA_ARGS__)
PUBLIC CHECKED err db_page_(struct ctx *c, const struct query *q, const struct shape *s, void *list,
    const struct page_in *page, const struct arg *args, size_t n_args);

/* The first column of exactly one row. */
PUBLIC CHECKED err db_int(
    struct ctx *c, const struct query *q, int64_t *out, const struct arg *args, size_t n_args);
PUBLIC CHECKED err db_bool(
    struct ctx *c, const struct query *q, bool *out, const struct arg *args, size_t n_args);

/* Runs a statement without reading rows. _one: ERR_NOT_FOUND unless it affected a row. _any:
 * whether it affected a row. _count: number of affected rows. */
PUBLIC CHECKED err db_exec(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args);
PUBLIC CHECKED err db_exec_one(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args);
PUBLIC CHECKED err db_exec_any(
    struct ctx *c, const struct query *q, bool *any, const struct arg *args, size_t n_args);
PUBLIC CHECKED err db_exec_count(
    struct ctx *c, const struct query *q, int64_t *n, const struct arg *args, size_t n_args);

/* Error of a violated constraint. The database enforces the rule, and this row names the
 * violation. */
struct constraint {
    const char *name; /* of the constraint or unique index */
    const struct error_kind *kind;
    const char *field; /* the input field concerned, or NULL */
};
