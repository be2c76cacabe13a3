/* Any text as a cursor: without the key none is accepted, and a genuine one always is. */
#include "../unit/json_sample.h"
#include "config/load.h"
#include "crypto/keys.h"
#include "module/registry.h"

static void start(void)
{
    struct buf problems;
    buf_init(&problems, NULL, 4096);
    char *settings[] = { (char[]){ "ASHLAR_ENV=test" }, (char[]){ "DATABASE_URL=postgres:///none" },
        NULL };
    if (!config_load(registry_modules(), settings, &problems) || !crypto_start())
        abort();
    buf_release(&problems);
}

static void check_genuine(struct ctx *c, const uint8_t *data)
{
    struct uuid last, out = UUID_NIL;
    memcpy(last.b, data, sizeof last.b);
    if (cursor_parse(c, cursor_format(c, last), &out) || !uuid_equal(last, out))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    if (!started)
        start();
    started = true;
    struct ctx *c = sample_ctx_open();
    struct uuid out = UUID_NIL;
    char *text = arena_strndup(c->arena, (const char *)data, size);
    if (!cursor_parse(c, text, &out) || !uuid_is_nil(out))
        abort();
    if (size >= sizeof out.b)
        check_genuine(c, data);
    sample_ctx_close(c);
    return 0;
}
