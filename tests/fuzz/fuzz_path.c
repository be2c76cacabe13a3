/* Any text as a request target: what passes has no second reading. */
#include "http/table/target.h"
#include <stdlib.h>

/* Every accepted segment, decoded, is still one segment of a path that goes nowhere else. */
static void check_segment(struct arena *a, struct span s)
{
    const char *text = target_decode(a, s, false);

    if (text == NULL)
        return; /* not UTF-8: the dispatcher answers 400 */
    if (strchr(text, '/') || strchr(text, '\\') || strcmp(text, ".") == 0 ||
        strcmp(text, "..") == 0)
        abort();
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *raw = arena_strndup(a, (const char *)data, size);
    struct target t;

    if (target_split(raw, &t) == NULL) {
        size_t total = 0;
        if (raw[0] != '/' || t.n_segments > TARGET_SEGMENTS_MAX)
            abort();
        for (size_t i = 0; i < t.n_segments; i++) {
            if (t.segments[i].size == 0 && i + 1 < t.n_segments)
                abort();
            check_segment(a, t.segments[i]);
            total += 1 + t.segments[i].size;
        }
        if (t.n_segments && total != strcspn(raw, "?"))
            abort(); /* a byte of the path belongs to no segment */
    }
    arena_free(a);
    return 0;
}
