/* The declared setting closest to a mistyped name. */
#include "nearest.h"
#include "base/distance.h"
#include <string.h>

enum { PREFIX_SIZE = sizeof "ASHLAR_" - 1 };

const char *nearest_setting(const struct declared_list *all, const char *name)
{
    const char *best = NULL;
    size_t size = strlen(name);
    if (size < PREFIX_SIZE || size > DISTANCE_WORD_MAX)
        return NULL;
    /* A third of the characters after ASHLAR_ may differ. Above that a hint would mislead. */
    size_t may_differ = (size - PREFIX_SIZE) / 3;
    size_t best_distance = (may_differ < 2 ? 2 : may_differ) + 1;
    for (size_t i = 0; i < all->n; i++) {
        size_t edits = edit_distance(name, all->rows[i].setting->name);
        if (edits < best_distance) {
            best_distance = edits;
            best = all->rows[i].setting->name;
        }
    }
    return best;
}
