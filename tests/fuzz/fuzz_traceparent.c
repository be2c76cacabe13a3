/* Any text as traceparent: a trace that goes on is 32 hex digits of its, any other is new. */
#include "base/ctx_open.h"
#include <ashlar/arena.h>
#include <stdlib.h>

static bool is_hex(const char *text, size_t digits)
{
    return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *text = arena_strndup(a, (const char *)data, size);
    struct ctx c;
    bool goes_on;

    ctx_open(&c, a, "fuzz");
    goes_on = ctx_continue_trace(&c, text);
    if (!is_hex(c.trace_id, 32) || !is_hex(c.span_id, 16))
        abort();
    if (goes_on && strncmp(text + 3, c.trace_id, 32) != 0)
        abort();
    if (!goes_on && strlen(text) == 55 && strstr(text, c.trace_id))
        abort();
    arena_free(a);
    return 0;
}
