/* What a called server says of when to come again: first byte how long its Retry-After is, then
 * that and its Date. A wait is a whole number of seconds and at most a day. */
#include <ashlar/ashlar.h>
#include <stdlib.h>

enum { DAY_MS = 24 * 3600 * 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    size_t first = size ? data[0] % size : 0;
    struct net_header headers[] = { { "retry-after", "" }, { "date", "" } };
    const struct net_response response = { .headers = headers, .n_headers = COUNT(headers) };
    int64_t ms;

    if (size > 0) {
        headers[0].value = arena_strndup(a, (const char *)data + 1, first);
        headers[1].value = arena_strndup(a, (const char *)data + 1 + first, size - 1 - first);
    }
    ms = net_retry_after_ms(&response);
    if (ms < 0 || ms > DAY_MS || ms % 1000 != 0)
        abort();
    arena_free(a);
    return 0;
}
