/* Levenshtein's distance, one row at a time. */
#include "distance.h"
#include <string.h>

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

size_t edit_distance(const char *a, const char *b)
{
    size_t row[DISTANCE_WORD_MAX + 1];
    size_t width = strnlen(b, DISTANCE_WORD_MAX + 1);

    if (width > DISTANCE_WORD_MAX || strnlen(a, DISTANCE_WORD_MAX + 1) > DISTANCE_WORD_MAX)
        return DISTANCE_FAR;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
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
