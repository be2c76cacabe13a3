/* One row as bytes: per column its name, the value's size (-1: NULL) and the value. */
#include "row_bytes.h"
#include "shape/shape_json.h"
#include <ashlar/buf.h>

enum { ROW_MAX = 64 * 1024 };

static void write_column(struct buf *b, const PGresult *r, int column)
{
    const char *name = PQfname(r, column);
    int size = PQgetisnull(r, 0, column) ? -1 : PQgetlength(r, 0, column);

    buf_add(b, name, strlen(name) + 1);
    buf_add(b, &size, sizeof size);
    if (size >= 0)
        buf_add(b, PQgetvalue(r, 0, column), (size_t)size + 1);
}

bool row_bytes_keep(struct arena *a, const PGresult *r, struct bytes *row)
{
    struct buf b;

    buf_init(&b, a, ROW_MAX);
    for (int i = 0; i < PQnfields(r) && PQntuples(r) > 0; i++)
        write_column(&b, r, i);
    if (buf_is_full(&b))
        return false;
    *row = (struct bytes){ b.data, b.size };
    return true;
}

bool row_bytes_match(struct arena *a, struct bytes row, const PGresult *r)
{
    struct bytes now;

    if (PQntuples(r) != 1)
        return false;
    if (row.size == 0)
        return true;
    return row_bytes_keep(a, r, &now) && now.size == row.size &&
           memcmp(now.data, row.data, row.size) == 0;
}

static const struct field *field_named(const struct shape *s, const char *name)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return &s->fields[i];
    return NULL;
}

bool row_bytes_read(struct arena *a, struct bytes row, const struct shape *s, void *out)
{
    const char *at = row.data, *end = at + row.size;
    size_t n = 0;

    for (; at < end; n++) {
        const struct field *f = field_named(s, at);
        int size;
        at += strlen(at) + 1;
        memcpy(&size, at, sizeof size);
        at += sizeof size;
        if (f == NULL || (size < 0 && !f->optional) ||
            !field_from_text(a, f, out, size < 0 ? NULL : at, size < 0 ? 0 : (size_t)size, true))
            return false;
        at += size < 0 ? 0 : size + 1;
    }
    return n == s->n_fields;
}
