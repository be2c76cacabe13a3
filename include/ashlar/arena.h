/*
 * arena — memory with one lifetime. Knows nothing of what is stored in it.
 *
 * Every unit of work (struct ctx) owns one arena; what is allocated from it dies with it, so
 * modules hold no `free`. Allocation never returns NULL: when the ceiling is reached or memory is
 * truly gone the process logs the reason and aborts, the supervisor restarts it, PostgreSQL rolls
 * back. Input-driven sizes are refused long before that (body, row and page limits).
 *
 * Threads: an arena belongs to one unit of work; no two threads may use it at once.
 */
#pragma once
#include "base.h"
#include <stdarg.h>

struct arena;

/* A new arena that will hold at most `ceiling` bytes (0: the default, 64 MiB). Ends with
 * arena_free. */
PUBLIC struct arena *arena_new(size_t ceiling);

/* Run the cleanups in reverse order, wipe what was handed out and give all memory back. NULL is
 * allowed. */
PUBLIC void arena_free(struct arena *a);

/* As arena_free, but keep the first chunk for the next unit of work. */
PUBLIC void arena_reset(struct arena *a);

/* `size` zeroed bytes, aligned for any type. `size` 0 gives a unique pointer. */
PUBLIC void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));

/* `count` zeroed elements of `size` bytes; the product is checked for overflow. */
PUBLIC void *arena_array(struct arena *a, size_t count, size_t size)
    __attribute__((returns_nonnull));

/* Copies, NUL-terminated. arena_strdup(a, NULL) is NULL. */
PUBLIC char *arena_strdup(struct arena *a, const char *text);
PUBLIC char *arena_strndup(struct arena *a, const char *text, size_t size)
    __attribute__((returns_nonnull));
PUBLIC void *arena_memdup(struct arena *a, const void *data, size_t size)
    __attribute__((returns_nonnull));
PUBLIC char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));
PUBLIC char *arena_vprintf(struct arena *a, const char *format, va_list args) PRINTF_LIKE(2, 0)
    __attribute__((returns_nonnull));

/* Call fn(arg) when the arena ends; the last registered runs first. For what is not arena memory:
 * a PGresult, a curl handle, a secret to wipe. Register it the moment it exists. */
PUBLIC void arena_cleanup(struct arena *a, void (*fn)(void *arg), void *arg);

/* Bytes handed out so far. */
PUBLIC size_t arena_used(const struct arena *a);
