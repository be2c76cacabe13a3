/* Any text as Origin and Sec-Fetch-Site: only what is listed, our own or (in development) local may
 * come in, whatever its case. */
#include "http/request/origin.h"
#include <ashlar/arena.h>
#include <ashlar/text.h>
#include <stdlib.h>

static const struct origin_rules strict = {
    .listed = "https://app.example.org, https://admin.example.org:8443",
    .own = "https://api.example.org/v1",
};

static bool is_one_of_ours(const char *origin)
{
    static const char *const ours[] = { "https://app.example.org", "https://admin.example.org:8443",
        "https://api.example.org" };

    for (size_t i = 0; i < COUNT(ours); i++) {
        if (text_equal_nocase(origin, ours[i]))
            return true;
    }
    return false;
}

static bool is_local(const char *origin)
{
    return strstr(origin, "://localhost") || strstr(origin, "://127.0.0.1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *text = arena_strndup(a, (const char *)data, size);
    struct origin_rules local = strict;

    local.any_localhost = true;
    if (origin_is_allowed(&strict, text) != is_one_of_ours(text))
        abort();
    if (origin_is_allowed(&local, text) && !is_one_of_ours(text) && !is_local(text))
        abort();
    if (origin_may_mutate(&strict, "cross-site", text) != is_one_of_ours(text))
        abort();
    if (origin_may_mutate(&strict, text, NULL) && strcmp(text, "none") != 0 &&
        strcmp(text, "same-origin") != 0)
        abort();
    arena_free(a);
    return 0;
}
