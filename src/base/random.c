/* Random bytes from the kernel. */
#include <ashlar/random.h>
#include "memory.h"
#include "random.h"
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

void random_for_id(void *out, size_t size)
{
    enum { STOCK = 512 };
    static _Thread_local struct {
        unsigned char bytes[STOCK];
        size_t left;
    } stock;

    if (stock.left < size) {
        random_bytes(stock.bytes, STOCK);
        stock.left = STOCK;
    }
    stock.left -= size;
    memcpy(out, stock.bytes + stock.left, size);
}
