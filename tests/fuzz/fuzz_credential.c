/* Any text where a credential is expected: an API key, a code of an authenticator app, an
 * Idempotency-Key. Keys are told by their checksum, and a code of now is six digits. */
#include "../../modules/auth/auth_internal.h"
#include "config/load.h"
#include "crypto/keys.h"
#include "http/request/exchange.h"
#include "module/registry.h"
#include <stdlib.h>

static const struct bytes secret = { "12345678901234567890", 20 };

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

/* A genuine key is one; with a character of it changed it is none. */
static void check_key(struct arena *a, const uint8_t *data, size_t size)
{
    char *key = auth__new_key(a);
    size_t at = data[0] % strlen(key);

    if (!auth__is_key(key))
        abort();
    if (size < 2 || data[1] == 0 || key[at] == (char)data[1])
        return;
    key[at] = (char)data[1];
    if (auth__is_key(key))
        abort();
}

static void check_code(const char *text)
{
    static const struct instant now = { .us = 1234567890 * 1000000LL };
    char wanted[AUTH__TOTP_CODE_SIZE + 1];
    int64_t step;

    if (!auth__totp_step(secret, text, now, &step))
        return;
    if (!auth__totp_code(secret, step, wanted) || strcmp(wanted, text) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct arena *a = arena_new(0);
    const char *text = arena_strndup(a, (const char *)data, size);

    if (!started)
        start();
    started = true;
    if (auth__is_key(text) && (strlen(text) < 6 || !text_starts_with(text, "ash_test")))
        abort();
    check_code(text);
    if (key_is_good(text) && (strlen(text) > 255 || text[strcspn(text, "\r\n\t\x7f")]))
        abort();
    if (size > 0)
        check_key(a, data, size);
    arena_free(a);
    return 0;
}
