/* The environment from outside: lines of NAME=value. Loading must say yes or say why. */
#include "config/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct module *const none[] = { NULL };
    struct arena *a = arena_new(0);
    char *list[LINES_MAX + 1] = { NULL };
    char *rest = arena_strndup(a, (const char *)data, size);
    struct buf problems;
    buf_init(&problems, a, 1 << 20);
    for (size_t n = 0; rest && n < LINES_MAX;) {
        char *line = strsep(&rest, "\n");
        /* Files are not what is tried here. */
        if (strchr(line, '=') && !strstr(line, "_FILE=") && !strstr(line, "CREDENTIALS_"))
            list[n++] = line;
    }
    bool good = config_load(none, list, &problems);
    if (good != (problems.size == 0))
        abort();
    arena_free(a);
    return 0;
}
