/* Any body into shapes of every kind: refused with a reason, or accepted, rendered, and accepted
 * again as the same. The first byte picks the shape. */
#include "../unit/json_sample.h"
#include <ashlar/text.h>

static void render(struct ctx *c, struct buf *b, const struct shape *s, const void *strct)
{
    buf_init(b, c->arena, 8 << 20);
    shape_render_(b, s, strct);
    if (buf_is_full(b) || !utf8_is_valid(b->data, b->size))
        abort();
}

static void read_again(struct ctx *c, const struct shape *s, const void *strct)
{
    struct buf once, twice;
    void *back = arena_alloc(c->arena, s->size);
    render(c, &once, s, strct);
    if (shape_parse_(c, s, once.data, once.size, back))
        abort();
    render(c, &twice, s, back);
    if (strcmp(once.data, twice.data) != 0)
        abort();
}

static void check_refusal(const struct ctx *c, err e)
{
    if (!c->problem || c->problem->kind != e)
        abort();
    if (e == &ERR_BAD_JSON ? !c->problem->detail : c->problem->n_fields == 0)
        abort();
    for (size_t i = 0; i < c->problem->n_fields; i++) {
        const struct problem_field *f = &c->problem->fields[i];
        if (!utf8_is_valid(f->pointer, strlen(f->pointer)) ||
            !utf8_is_valid(f->message, strlen(f->message)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    /* Requests with path fields are not bodies alone. */
    const struct shape *s = sample_shapes[data[0] % 3];
    struct ctx *c = sample_ctx_open();
    void *strct = arena_alloc(c->arena, s->size);
    err e = shape_parse_(c, s, (const char *)data + 1, size - 1, strct);
    if (e)
        check_refusal(c, e);
    else
        read_again(c, s, strct);
    sample_ctx_close(c);
    return 0;
}
