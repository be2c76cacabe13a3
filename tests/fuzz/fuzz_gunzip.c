/* Packed bodies of strangers: whatever they are, what comes out is within its bounds. */
#include "http/request/gunzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 100 * 1024 };
    struct arena *a = arena_new(0);
    struct bytes out = { NULL, 0 };

    if (gunzip(a, (struct bytes){ data, size }, MOST, &out) == GUNZIP_OK &&
        (out.size > MOST || (out.size > GUNZIP_RATIO_FREE && out.size > size * GUNZIP_RATIO_MAX)))
        __builtin_trap();
    arena_free(a);
    return 0;
}
