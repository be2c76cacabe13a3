/* Which setting was meant? Knows only names. */
#include "config/nearest.h"

enum { NAME_MAX_SIZE = 80, PREFIX_SIZE = 7 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Levenshtein's distance, one row at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_SIZE + 1];
    size_t width = strnlen(b, NAME_MAX_SIZE);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

const char *nearest_setting(const struct declared_list *all, const char *name)
{
    const char *best = NULL;
    size_t size = strnlen(name, NAME_MAX_SIZE + 1);
    if (size > NAME_MAX_SIZE || size < PREFIX_SIZE)
        return NULL;
    /* A third of what follows ASHLAR_ may differ; beyond that a hint would be noise. */
    size_t may_differ = (size - PREFIX_SIZE) / 3;
    size_t best_distance = (may_differ < 2 ? 2 : may_differ) + 1;
    for (size_t i = 0; i < all->n; i++) {
        size_t edits = distance(name, all->rows[i].setting->name);
        if (edits < best_distance) {
            best_distance = edits;
            best = all->rows[i].setting->name;
        }
    }
    return best;
}
