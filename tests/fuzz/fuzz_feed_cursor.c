/* Cursors of the event feed, as customers send them: none but our own is read, and ours is read as
 * what it was made of. */
#include "../../modules/integrations/integrations_internal.h"
#include "base/ctx_open.h"
#include "config/load.h"
#include "crypto/keys.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void start(void)
{
    static const struct module *const none[] = { NULL };
    char *list[] = { (char[]){ "ASHLAR_ENV=test" }, NULL };
    struct buf problems;
    static bool started;

    if (started)
        return;
    buf_init(&problems, NULL, 10000);
    if (!config_load(none, list, &problems) || !crypto_start())
        abort();
    buf_release(&problems);
    started = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    int64_t sequence = -1, again = -1;
    struct ctx c;

    start();
    ctx_open(&c, a, "fuzz");
    if (integrations__cursor_read(&c, arena_strndup(a, (const char *)data, size), &sequence) &&
        sequence < 0)
        abort();
    memcpy(&sequence, data, size < sizeof sequence ? size : sizeof sequence);
    sequence &= INT64_MAX;
    if (!integrations__cursor_read(&c, integrations__cursor(&c, sequence), &again) ||
        again != sequence)
        abort();
    arena_free(a);
    return 0;
}
