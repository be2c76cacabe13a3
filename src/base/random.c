/* Randomness from the kernel. Knows no library, so that ids work before anything is started. */
#include <ashlar/crypto.h>
#include "base/memory.h"
#include <errno.h>
#include <sys/random.h>

void random_bytes(void *out, size_t size)
{
    char *at = out;
    while (size) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            memory_abort("random.unavailable", size, 0);
        at += got;
        size -= (size_t)got;
    }
}
