/* Any bytes as JSON of no declared form, as a payment provider or a tracking library sends it: what
 * is read is within the limits, and written again it is read as the same. */
#include "base/ctx_open.h"
#include "base/log_start.h"
#include <ashlar/ashlar.h>
#include <stdlib.h>

enum { VALUES = 200 };

static void walk(const struct tree *t, int *values)
{
    struct tree_member m = { 0 };

    if (++*values > VALUES)
        abort();
    for (size_t i = 0; tree_kind(t) == TREE_LIST && i < tree_count(t); i++)
        walk(tree_item(t, i), values);
    while (tree_kind(t) == TREE_OBJECT && tree_next(t, &m)) {
        if (!utf8_is_valid(m.name, strlen(m.name)) || tree_get(t, m.name) == NULL)
            abort();
        walk(m.value, values);
    }
    if (tree_text(t) && !utf8_is_valid(tree_text(t), strlen(tree_text(t))))
        abort();
}

static const char *written(struct ctx *c, const struct tree *t)
{
    struct buf b;

    buf_init(&b, c->arena, 8 << 20);
    tree_render(&b, t);
    return buf_is_full(&b) ? NULL : b.data;
}

static void read_again(struct ctx *c, const struct tree *t)
{
    const char *once = written(c, t), *twice;
    const struct tree *same;

    if (once == NULL)
        return;
    if (tree_parse(c, once, strlen(once), VALUES, &same))
        abort();
    twice = written(c, same);
    if (twice == NULL || strcmp(once, twice) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const struct tree *t = NULL;
    struct ctx c;
    int values = 0;

    log_start_by_name("error", "json");
    ctx_open(&c, a, "fuzz");
    if (tree_parse(&c, (const char *)data, size, VALUES, &t) == NULL) {
        walk(t, &values);
        read_again(&c, t);
    }
    arena_free(a);
    return 0;
}
