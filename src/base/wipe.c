/* Erasure of secrets in memory. */
#include <ashlar/wipe.h>
#include <sodium.h>
#include <string.h>

void wipe(void *data, size_t size)
{
    if (data)
        sodium_memzero(data, size);
}

struct secret_copy {
    size_t size;
    char text[];
};

static void wipe_copy(void *arg)
{
    struct secret_copy *copy = arg;
    wipe(copy->text, copy->size);
}

char *secret_strdup(struct arena *a, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text);
    struct secret_copy *copy = arena_alloc(a, sizeof *copy + size + 1);
    copy->size = size;
    memcpy(copy->text, text, size);
    arena_cleanup(a, wipe_copy, copy);
    return copy->text;
}
