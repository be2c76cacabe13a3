/* Any bytes through the count before the parser; what it lets through, the parser must not find
 * deeper or larger. */
#include "shape/shape_json.h"
#include <jansson.h>
#include <stdlib.h>

enum { DEPTH = 8, VALUES = 64 };

struct level {
    json_t *container;
    size_t next;
    void *member;
};

/* Values in the tree; more than DEPTH levels end the process. */
static int count_values(json_t *tree)
{
    struct level path[DEPTH];
    int depth = 0, values = 0;
    json_t *value = tree;
    while (value || depth > 0) {
        if (value) {
            values++;
            if (json_is_object(value) || json_is_array(value)) {
                if (depth == DEPTH)
                    abort();
                path[depth++] = (struct level){ value, 0, json_object_iter(value) };
            }
        }
        struct level *in = depth ? &path[depth - 1] : NULL;
        if (!in)
            break;
        if (json_is_array(in->container)) {
            value = json_array_get(in->container, in->next++);
        } else {
            value = json_object_iter_value(in->member);
            in->member = json_object_iter_next(in->container, in->member);
        }
        if (!value)
            depth--;
    }
    return values;
}

static bool is_empty_array(const json_t *tree)
{
    return json_is_array(tree) && json_array_size(tree) == 0;
}

/* What was let through is within the limits; nothing is refused without need. */
static bool agrees(const char *limit, json_t *tree, const uint8_t *data, size_t size)
{
    if (tree == NULL)
        return true;
    if (limit)
        return !is_empty_array(tree);
    return count_values(tree) <= VALUES && !(size && memchr(data, 0, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int line = 0, column = 0;
    const char *limit = json_scan((const char *)data, size, DEPTH, VALUES, &line, &column);
    json_t *tree =
        json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

    if (limit && (line < 1 || column < 1))
        abort();
    if (!agrees(limit, tree, data, size))
        abort();
    json_decref(tree);
    return 0;
}
