/* Conversion of rows to structs, by column name through the shape. */
#include "shape/shape_json.h"
#include "batch.h"
#include <ashlar/limits.h>
#include <ashlar/log.h>

/* A text[] costs a pointer and an allocation for each element, of at least two characters in the
 * row. */
enum { TEXTS_COST = 16, ESCAPE_WORST = 6, LONGEST_NAME = 64 };
enum { FIXED_SIZE = 64, UTF8_MOST = 4, TEXT_MAX = 1000 /* shape.h */ };

static err bad_result(
    struct ctx *c, const struct query *q, const char *what, const char *column, const char *shape)
{
    log_error(c, "db.result_mismatched", log_text("module", q->module), log_text("query", q->name),
        log_text("why", what), log_text("column", column), log_text("shape", shape));
    return tx_poison(c->tx, &ERR_INTERNAL);
}

/* --- One row --- */

static const struct field *field_of_column(const struct shape *s, const char *column)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, column) == 0)
            return &s->fields[i];
    return NULL;
}

static bool comes_from_sql(const struct field *f)
{
    return f->kind != KIND_OBJECT && f->kind != KIND_LIST;
}

/* The field of each column. Every column must have a field, and every field a column. */
static err map_columns(struct ctx *c, const struct query *q, const struct shape *s,
    const PGresult *r, const struct field **map)
{
    size_t n = (size_t)PQnfields(r);

    for (size_t i = 0; i < n; i++) {
        const char *column = PQfname(r, (int)i);
        map[i] = field_of_column(s, column);
        if (map[i] == NULL)
            return bad_result(c, q, "the shape has no field for this column", column, s->name);
    }
    for (size_t i = 0; i < s->n_fields; i++)
        if (comes_from_sql(&s->fields[i]) && PQfnumber(r, s->fields[i].name) < 0)
            return bad_result(
                c, q, "the result has no column for this field", s->fields[i].name, s->name);
    return NULL;
}

static err too_much(struct ctx *c, const struct query *q)
{
    log_error(c, "db.result_size_exceeded", log_text("module", q->module),
        log_text("query", q->name), log_int("left_bytes", (int64_t)arena_left(c->arena)));
    arena_outgrow(c->arena);
    return tx_poison(c->tx, ctx_fits(c));
}

static bool fits(const struct ctx *c, const struct field *f, int size)
{
    size_t cost = (size_t)size * (f->kind == KIND_TEXTS ? TEXTS_COST : 1);

    return cost < arena_left(c->arena);
}

static err read_row(struct ctx *c, const struct query *q, const struct shape *s, const PGresult *r,
    int row, const struct field *const *map, void *out)
{
    for (int i = 0; i < PQnfields(r); i++) {
        const struct field *f = map[i];
        bool is_null = PQgetisnull(r, row, i) == 1;
        if (!fits(c, f, PQgetlength(r, row, i)))
            return too_much(c, q);
        if (is_null && !f->optional)
            return bad_result(c, q, "NULL where the field is not optional", f->name, s->name);
        if (!field_from_text(c->arena, f, out, is_null ? NULL : PQgetvalue(r, row, i),
                (size_t)PQgetlength(r, row, i), true))
            return bad_result(c, q, "the value does not convert", f->name, s->name);
    }
    return NULL;
}

/* Reads the first `n` rows of `r` into an array of the shape's struct. */
static err read_rows(struct ctx *c, const struct query *q, const struct shape *s, const PGresult *r,
    size_t n, char **rows)
{
    const struct field **map = arena_array(c->arena, (size_t)PQnfields(r), sizeof(struct field *));
    char *all = arena_array(c->arena, n, s->size);

    TRY(map_columns(c, q, s, r, map));
    for (size_t i = 0; i < n; i++)
        TRY(read_row(c, q, s, r, (int)i, map, all + i * s->size));
    *rows = all;
    return NULL;
}

/* --- Rows that fit a response --- */

/* Size as JSON text, without the quotes. */
static size_t escaped_size(const char *text, size_t size)
{
    size_t escaped = size;

    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20)
            escaped += ESCAPE_WORST - 1;
        else if (c == '"' || c == '\\')
            escaped++;
    }
    return escaped;
}

static size_t response_size(const PGresult *r, int row)
{
    size_t size = 0;

    for (int i = 0; i < PQnfields(r); i++)
        size += strlen(PQfname(r, i)) + sizeof "\"\":\"\"," +
                escaped_size(PQgetvalue(r, row, i), (size_t)PQgetlength(r, row, i));
    return size;
}

static size_t raw_size(const PGresult *r)
{
    size_t size = 0;

    for (int row = 0; row < PQntuples(r); row++)
        for (int i = 0; i < PQnfields(r); i++)
            size += LONGEST_NAME + (size_t)PQgetlength(r, row, i);
    return size;
}

/* Number of first rows that fit a page. Escapes increase their size. */
static size_t rows_for_page(const PGresult *r)
{
    size_t size = 0;

    if (raw_size(r) <= LIMIT_PAGE / ESCAPE_WORST)
        return (size_t)PQntuples(r);
    for (int i = 0; i < PQntuples(r); i++) {
        size += response_size(r, i);
        if (size > LIMIT_PAGE && i > 0)
            return (size_t)i;
    }
    return (size_t)PQntuples(r);
}

/* --- The functions of db.h --- */

/* Maximum size of a row by its shape. 0: unbounded. */
static size_t row_bound(const struct shape *s)
{
    size_t bound = 0;

    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        if (f->kind == KIND_JSON || f->kind == KIND_TEXTS)
            return 0;
        bound += f->kind != KIND_TEXT ? FIXED_SIZE
                                      : UTF8_MOST * (size_t)(f->max > 0 ? f->max : TEXT_MAX);
    }
    return bound;
}

/* Reading rows one by one costs time for each, so only if they may be large together. */
static size_t bytes_to_take(const struct shape *s, int rows, size_t most)
{
    size_t bound = row_bound(s);

    return bound > 0 && bound * (size_t)rows <= LIMIT_RESULT ? 0 : most;
}

/* Limits of the rows of one statement. */
struct wanted {
    int most;          /* rows; more means that the query has no LIMIT */
    size_t most_bytes; /* 0: no limit */
    bool page;         /* the first rows suffice */
};

static err read_wanted(struct ctx *c, const struct query *q, const struct shape *s,
    const struct wanted *w, const PGresult *r, bool *cut, char **rows, size_t *n)
{
    size_t all = (size_t)PQntuples(r), shown = w->page ? rows_for_page(r) : all;

    if (all > (size_t)w->most)
        return bad_result(c, q, "more rows than allowed", "", s->name);
    if (*cut && !w->page)
        return too_much(c, q);
    TRY(read_rows(c, q, s, r, shown, rows));
    *cut = *cut || shown < all;
    *n = shown;
    return NULL;
}

/* `*cut`: there are more rows than `*n`. */
static err fetch_wanted(struct ctx *c, const struct query *q, const struct shape *s,
    const struct wanted *w, char **rows, size_t *n, bool *cut, const struct arg *args,
    size_t n_args)
{
    PGresult *result = NULL;
    err e;

    TRY(batch_run_some(c, q, args, n_args, bytes_to_take(s, w->most, w->most_bytes), &result, cut));
    e = read_wanted(c, q, s, w, result, cut, rows, n);
    PQclear(result);
    return e;
}

static err fetch(struct ctx *c, const struct query *q, const struct shape *s, int most, char **rows,
    size_t *n, const struct arg *args, size_t n_args)
{
    const struct wanted w = { .most = most, .most_bytes = most > 1 ? LIMIT_RESULT : 0 };
    bool cut;

    return fetch_wanted(c, q, s, &w, rows, n, &cut, args, n_args);
}

err db_maybe_(struct ctx *c, const struct query *q, const struct shape *s, void *out, bool *found,
    const struct arg *args, size_t n_args)
{
    char *rows = NULL;
    size_t n = 0;

    TRY(fetch(c, q, s, 1, &rows, &n, args, n_args));
    if (n == 1)
        memcpy(out, rows, s->size);
    *found = n == 1;
    return NULL;
}

err db_one_(struct ctx *c, const struct query *q, const struct shape *s, void *out,
    const struct arg *args, size_t n_args)
{
    bool found = false;

    TRY(db_maybe_(c, q, s, out, &found, args, n_args));
    return found ? NULL : &ERR_NOT_FOUND;
}

err db_list_(struct ctx *c, const struct query *q, const struct shape *s, void *rows, size_t *n,
    const struct arg *args, size_t n_args)
{
    char *all = NULL;
    size_t count = 0;

    TRY(fetch(c, q, s, LIMIT_LIST_ROWS, &all, &count, args, n_args));
    memcpy(rows, &all, sizeof(all));
    *n = count;
    return NULL;
}

err db_some_(struct ctx *c, const struct query *q, const struct shape *s, void *rows, size_t *n,
    bool *more, const struct arg *args, size_t n_args)
{
    const struct wanted w = { LIMIT_LIST_ROWS, LIMIT_PAGE, true };
    char *all = NULL;
    size_t count = 0;
    bool cut;

    TRY(fetch_wanted(c, q, s, &w, &all, &count, &cut, args, n_args));
    memcpy(rows, &all, sizeof(all));
    *n = count;
    *more = cut;
    return NULL;
}

/* --- Single values and effects --- */

static err one_value(struct ctx *c, const struct query *q, const struct field *f, void *out,
    const struct arg *args, size_t n_args)
{
    PGresult *r = NULL;
    err e = NULL;

    TRY(batch_run(c, q, args, n_args, &r));
    if (PQntuples(r) == 0)
        e = &ERR_NOT_FOUND;
    else if (PQntuples(r) > 1 || PQnfields(r) < 1 || PQgetisnull(r, 0, 0))
        e = bad_result(c, q, "one value was expected", f->name, "");
    else if (!field_from_text(
                 c->arena, f, out, PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0), true))
        e = bad_result(c, q, "the value does not convert", PQfname(r, 0), "");
    PQclear(r);
    return e;
}

err db_int(
    struct ctx *c, const struct query *q, int64_t *out, const struct arg *args, size_t n_args)
{
    static const struct field f = { .name = "integer", .kind = KIND_INT };
    return one_value(c, q, &f, out, args, n_args);
}

err db_bool(struct ctx *c, const struct query *q, bool *out, const struct arg *args, size_t n_args)
{
    static const struct field f = { .name = "boolean", .kind = KIND_BOOL };
    return one_value(c, q, &f, out, args, n_args);
}

err db_exec_count(
    struct ctx *c, const struct query *q, int64_t *n, const struct arg *args, size_t n_args)
{
    static const struct field f = { .name = "count", .kind = KIND_INT };
    PGresult *r = NULL;
    const char *count;
    int64_t touched = 0;
    bool good;

    TRY(batch_run(c, q, args, n_args, &r));
    count = PQcmdTuples(r);
    good = count[0] == '\0' || field_from_text(c->arena, &f, &touched, count, strlen(count), true);
    PQclear(r);
    if (!good)
        return bad_result(c, q, "the count does not convert", "", "");
    *n = touched;
    return NULL;
}

err db_exec(struct ctx *c, const struct query *q, const struct arg *args, size_t n_args)
{
    PGresult *r = NULL;

    TRY(batch_run(c, q, args, n_args, &r));
    PQclear(r);
    return NULL;
}

err db_exec_one(struct ctx *c, const struct query *q, const struct arg *args, size_t n_args)
{
    int64_t n = 0;

    TRY(db_exec_count(c, q, &n, args, n_args));
    return n > 0 ? NULL : &ERR_NOT_FOUND;
}

err db_exec_any(
    struct ctx *c, const struct query *q, bool *any, const struct arg *args, size_t n_args)
{
    int64_t n;

    TRY(db_exec_count(c, q, &n, args, n_args));
    *any = n > 0;
    return NULL;
}

/* --- Pages --- */

static const struct field *list_field(const struct shape *s, const char *name, enum field_kind kind)
{
    const struct field *f = field_of_column(s, name);
    return f != NULL && f->kind == kind ? f : NULL;
}

static err fetch_page(struct ctx *c, const struct query *q, const struct shape *row,
    const struct page_in *page, struct uuid after, char **rows, size_t *n, bool *more,
    const struct arg *args, size_t n_args)
{
    const struct wanted w = { (int)page->limit + 1, LIMIT_PAGE, true };
    struct arg *all = arena_array(c->arena, n_args + 2, sizeof(*all));

    if (n_args > 0)
        memcpy(all, args, n_args * sizeof(*all));
    all[n_args] = ARG(after);
    all[n_args + 1] = ARG(page->limit + 1);
    return fetch_wanted(c, q, row, &w, rows, n, more, all, n_args + 2);
}

err db_page_(struct ctx *c, const struct query *q, const struct shape *s, void *list,
    const struct page_in *page, const struct arg *args, size_t n_args)
{
    const struct field *data = list_field(s, "data", KIND_LIST);
    const struct field *next = list_field(s, "next_cursor", KIND_TEXT);
    const struct field *id = data != NULL ? list_field(data->of, "id", KIND_ID) : NULL;
    struct uuid after = UUID_NIL, last;
    const char *cursor = NULL;
    char *rows = NULL;
    size_t n = 0;
    bool more;

    if (id == NULL || next == NULL)
        return bad_result(c, q, "no list of rows with an id: use LIST_OF", "id", s->name);
    if (page->cursor != NULL)
        TRY(cursor_parse(c, page->cursor, &after));
    TRY(fetch_page(c, q, data->of, page, after, &rows, &n, &more, args, n_args));
    if (more || n > (size_t)page->limit) {
        n = n > (size_t)page->limit ? (size_t)page->limit : n;
        memcpy(&last, rows + (n - 1) * data->of->size + id->offset, sizeof(last));
        cursor = cursor_format(c, last);
    }
    memcpy((char *)list + data->offset, &rows, sizeof(rows));
    memcpy((char *)list + data->count_offset, &n, sizeof(n));
    memcpy((char *)list + next->offset, &cursor, sizeof(cursor));
    return NULL;
}
