/* The end of the road when memory is gone. */
#pragma once
#include <ashlar/base.h>

/* Log `event` with the number of bytes asked for, and operation, request and job of the unit of
 * work this thread or fiber is on (base/current.h), and abort: the supervisor starts a fresh
 * process and PostgreSQL rolls back. Never allocates. */
_Noreturn void memory_abort(const char *event, size_t wanted, size_t ceiling);

/* malloc and realloc that do not return NULL. */
void *memory_alloc(size_t size) __attribute__((returns_nonnull, malloc));
void *memory_grow(void *old, size_t size) __attribute__((returns_nonnull));
