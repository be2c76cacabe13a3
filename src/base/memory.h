/* Allocation that ends the process when memory is exhausted. */
#pragma once
#include <ashlar/base.h>

/* Logs `event` with the requested bytes, and operation, request and job of the current unit of work
 * (base/current.h), then aborts. The supervisor starts a new process and PostgreSQL rolls back.
 * Never allocates. */
_Noreturn void memory_abort(const char *event, size_t wanted, size_t ceiling);

/* malloc and realloc that do not return NULL. */
void *memory_alloc(size_t size) __attribute__((returns_nonnull, malloc));
void *memory_grow(void *old, size_t size) __attribute__((returns_nonnull));
