/* Edit distance between two words, for suggestions after a typing mistake. */
#pragma once
#include <ashlar/base.h>

enum { DISTANCE_WORD_MAX = 80, DISTANCE_FAR = 1000 };

/* Levenshtein distance: insertions, deletions and replacements. DISTANCE_FAR when either text is
 * longer than DISTANCE_WORD_MAX bytes. */
size_t edit_distance(const char *a, const char *b);
