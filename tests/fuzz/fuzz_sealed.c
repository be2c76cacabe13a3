/* Any text where a sealed one is expected (a link to leave mails by, a browser's mark, a cursor)
 * and as the signature of an object's address: without the key nothing opens, and what we sealed
 * opens only as it was made. */
#include "base/ctx_open.h"
#include "config/load.h"
#include "crypto/keys.h"
#include "module/registry.h"
#include "storage/local_url.h"
#include "storage/storage_start.h"
#include <ashlar/ashlar.h>
#include <stdlib.h>

static void start(void)
{
    char *settings[] = { (char[]){ "ASHLAR_ENV=test" }, (char[]){ "DATABASE_URL=postgres:///none" },
        NULL };
    struct buf problems;

    buf_init(&problems, NULL, 4096);
    if (!config_load(registry_modules(), settings, &problems) || !crypto_start())
        abort();
    buf_release(&problems);
}

static bool opens(struct arena *a, const char *text, size_t size, struct bytes *plain)
{
    struct bytes sealed;

    return base64url_to_bytes(a, text, size, &sealed) &&
           unseal(a, "fuzz.purpose", "fuzz", sealed, plain);
}

/* The input sealed, then one bit of it turned. */
static void check_genuine(struct arena *a, const uint8_t *data, size_t size)
{
    const struct bytes input = { data, size };
    struct bytes sealed = seal(a, "fuzz.purpose", "fuzz", input), plain;
    char *text = base64url_from_bytes(a, sealed.data, sealed.size);
    uint8_t *turned = arena_memdup(a, sealed.data, sealed.size);

    if (!opens(a, text, strlen(text), &plain) || !bytes_equal(input, plain))
        abort();
    turned[data[0] % sealed.size] ^= 1;
    if (unseal(a, "fuzz.purpose", "fuzz", (struct bytes){ turned, sealed.size }, &plain))
        abort();
    if (unseal(a, "fuzz.purpose", "elsewhere", sealed, &plain))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct arena *a = arena_new(0);
    const char *text = arena_strndup(a, (const char *)data, size);
    struct bytes plain;
    struct ctx c;

    if (!started)
        start();
    started = true;
    ctx_open(&c, a, "fuzz");
    if (opens(a, text, size, &plain))
        abort();
    if (local_url_is_good(&c, GET, "avatars/x", INT64_MAX / 2, text))
        abort();
    if (storage_key_is_good(text) &&
        (strstr(text, "..") == text || text[0] == '/' || strstr(text, "/..") || strstr(text, "//")))
        abort();
    if (size > 0)
        check_genuine(a, data, size);
    arena_free(a);
    return 0;
}
