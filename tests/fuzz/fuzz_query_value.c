/* Any text as the value of every kind of field, as a query parameter and as a SQL column, and as
 * the parts of one request. The first byte picks the field. */
#include "../unit/json_sample.h"
#include <ashlar/text.h>

static void one_value(struct ctx *c, uint8_t pick, const char *text, size_t size)
{
    struct sample s = { 0 };
    const struct field *f = &sample_fields[pick % COUNT(sample_fields)];
    bool in_sql = pick & 0x80;
    if (!field_from_text(c->arena, f, &s, text, size, in_sql))
        return;
    if (f->kind == KIND_TEXTS)
        for (size_t i = 0; i < s.n_tags; i++)
            if (strlen(s.tags[i]) > size)
                abort();
    if (f->kind == KIND_OBJECT || f->kind == KIND_LIST)
        abort();
}

static void one_request(struct ctx *c, uint8_t pick, const char *text)
{
    const struct field *f = &search_in_fields[pick % COUNT(search_in_fields)];
    struct search_in in;
    memset(&in, 0xA5, sizeof in);
    const struct pair path[] = {
        { "org_id", f->in == PATH ? text : "org_0123456789abcdefghjkmnpqrs" }, { "year", "2026" }
    };
    const struct pair query[] = { { f->name, text }, { text, "1" } };
    err e = shape_parse_parts(
        c, &search_in_shape, path, COUNT(path), query, 1 + (pick >> 7), NULL, 0, &in);
    if (e && in.year != (int64_t)0xA5A5A5A5A5A5A5A5)
        abort();
    if (!e && (in.page.limit < 1 || in.page.limit > 200 || in.n_include > 100))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The router gives only valid UTF-8 without NUL. */
    if (size == 0 || !utf8_is_valid((const char *)data + 1, size - 1))
        return 0;
    struct ctx *c = sample_ctx_open();
    const char *text = arena_strndup(c->arena, (const char *)data + 1, size - 1);
    one_value(c, data[0], text, size - 1);
    one_request(c, data[0], text);
    sample_ctx_close(c);
    return 0;
}
