/* Any text as a Cookie header: what is found could be sent back as it is. */
#include "http/request/client_address.h"
#include "http/request/cookies.h"
#include "http/request/etag.h"
#include "http/request/origin.h"
#include <stdlib.h>

/* The other one-line headers that strangers write; here for their bounds only. */
static void try_other_headers(struct arena *a, const char *text)
{
    static const struct origin_rules rules = {
        .listed = "https://a.test", .own = "http://b.test", .any_localhost = true
    };
    const char *client = address_of_client(a, "10.0.0.1", text, "10.0.0.0/8, ::1");

    if (client == NULL || address_network(a, client) == NULL)
        abort();
    if (origin_is_allowed(&rules, text) && strpbrk(text, " \t/") == NULL)
        abort();
    if (etag_matches(text, "\"v1\"") && !etag_names_version(text, 1))
        abort();
    address_of_client(a, "10.0.0.1", "10.0.0.2", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *header = arena_strndup(a, (const char *)data, size);
    const char *value = cookie_find(a, header, "sid", false);
    struct cookie cookie = { .name = "sid", .value = value };
    const char *line, *again;

    if (value) {
        line = cookie_line(a, &cookie, false);
        if (line == NULL || strpbrk(value, ";, \t\r\n\"\\"))
            abort();
        again = cookie_find(a, arena_strndup(a, line, strcspn(line, ";")), "sid", false);
        if (again == NULL || strcmp(again, value) != 0)
            abort();
    }
    try_other_headers(a, header);
    arena_free(a);
    return 0;
}
