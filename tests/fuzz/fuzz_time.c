/* Any JSON text as the time of a message: what is read lies between 1990 and what a date can say.
 */
#include "../../modules/analytics/analytics_internal.h"
#include "base/ctx_open.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct analytics__time time = { .at = { 7 } };
    const struct tree *value;
    const char *why;
    struct arena *a = arena_new(0);
    struct ctx c;

    ctx_open(&c, a, "fuzz");
    if (tree_try(&c, (const char *)data, size, 1000, &value, &why) == NULL && value) {
        bool read = analytics__read_time(a, value, &time);
        if (read ? time.at.us < 631152000000000 : time.at.us != 7)
            abort();
    }
    arena_free(a);
    return 0;
}
