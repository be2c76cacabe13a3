/* Allocation that ends the process when memory is exhausted. */
#include "memory.h"
#include "current.h"
#include <ashlar/log.h>

_Noreturn void memory_abort(const char *event, size_t wanted, size_t ceiling)
{
    log_error(current(), event, log_int("wanted_bytes", (int64_t)wanted),
        log_int("ceiling_bytes", (int64_t)ceiling));
    abort();
}

void *memory_alloc(size_t size)
{
    return memory_grow(NULL, size);
}

void *memory_grow(void *old, size_t size)
{
    void *grown = realloc(old, size ? size : 1);
    if (!grown)
        memory_abort("memory.exhausted", size, 0);
    return grown;
}
