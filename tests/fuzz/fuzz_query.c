/* Any text as a query: pairs are UTF-8 and bounded, or there is a reason. */
#include "http/table/target.h"
#include <ashlar/text.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *query = arena_strndup(a, (const char *)data, size);
    struct pair *pairs;
    size_t n;

    if (target_pairs(a, query, &pairs, &n) == NULL) {
        if (n > TARGET_PAIRS_MAX)
            abort();
        for (size_t i = 0; i < n; i++) {
            if (!utf8_is_valid(pairs[i].name, strlen(pairs[i].name)) ||
                !utf8_is_valid(pairs[i].value, strlen(pairs[i].value)))
                abort();
        }
    }
    arena_free(a);
    return 0;
}
