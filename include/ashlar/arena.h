/*
 * arena — memory with one lifetime.
 *
 * Every unit of work (struct ctx) owns one arena. Its allocations are freed with it, so modules
 * contain no `free`. Allocation never returns NULL. There are two limits:
 *
 *   soft  (three quarters) the arena is outgrown. It still allocates, but every function that
 *         receives data (db_, net_, storage_, shape_…) returns ERR_OUTGROWN (ctx_fits). The unit of
 *         work fails, and the process continues.
 *   hard  a module's function that only computes is abandoned (arena_contain), and the unit of
 *         work fails in the same way. An uncontained overflow ends the process with a log line
 *         that names operation, request and job. The supervisor restarts it, and PostgreSQL rolls
 *         back.
 *
 * Threads: an arena belongs to one unit of work. Two threads must not use it concurrently.
 */
#pragma once
#include "base.h"
#include <stdarg.h>

struct arena;

/* An arena limited to `ceiling` bytes (0: the default, LIMIT_ARENA). The caller frees it by
 * arena_free. */
PUBLIC struct arena *arena_new(size_t ceiling);

/* Runs the cleanups in reverse order, wipes the allocated bytes and frees all memory. NULL is
 * allowed. */
PUBLIC void arena_free(struct arena *a);

/* As arena_free, but keeps the first chunk for the next unit of work. */
PUBLIC void arena_reset(struct arena *a);

/* `size` zeroed bytes, aligned for any type. A `size` of 0 returns a unique pointer. */
PUBLIC void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));

/* `count` zeroed elements of `size` bytes. The product is checked for overflow. */
PUBLIC void *arena_array(struct arena *a, size_t count, size_t size)
    __attribute__((returns_nonnull));

/*
 * Grows the allocation at `at` from `old_size` to `size` bytes. Added bytes are zeroed. The memory
 * grows in place if it is the last allocation. Otherwise it moves, and the old memory is wiped, and
 * freed if its chunk contains no other allocation. So a growing buffer occupies little more than
 * its size. `at` (the start of one allocation, or NULL) is invalid afterwards.
 */
PUBLIC void *arena_grow(struct arena *a, void *at, size_t old_size, size_t size)
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

/* Calls fn(arg) when the arena ends, in reverse order of registration. For resources outside the
 * arena: a PGresult, a curl handle, a secret to wipe. Register it immediately after its
 * creation. */
PUBLIC void arena_cleanup(struct arena *a, void (*fn)(void *arg), void *arg);

/* Bytes allocated so far. */
PUBLIC size_t arena_used(const struct arena *a);

/* --- The soft limit --- */

/* Whether allocations exceeded the soft limit. Stays true until arena_back to an earlier mark,
 * arena_forgive or arena_reset. */
PUBLIC bool arena_is_outgrown(const struct arena *a);

/* Bytes left below the soft limit. 0 when the arena is outgrown. */
PUBLIC size_t arena_left(const struct arena *a);

/* Counts `size` bytes of a library's memory as allocated, until the arena ends or returns to an
 * earlier mark. The caller's arena_cleanup frees them. Never fails. Above the soft limit the arena
 * is outgrown. */
PUBLIC void arena_count(struct arena *a, size_t size);

/* Marks the arena as outgrown: for functions that reject data which would not fit. */
PUBLIC void arena_outgrow(struct arena *a);

/* Continues after a failure: clears the outgrown state and allows `room` more bytes. For the final
 * steps (response, counters of failed attempts) of a unit of work that has failed. */
PUBLIC void arena_forgive(struct arena *a, size_t room);

/* --- Partial release --- */

/* A position in an arena's lifetime. Its members are private. */
struct arena_mark {
    void *others, *current, *cleanups;
    size_t used_in_current, used, step, floor;
    bool outgrown;
};

/*
 * arena_back runs the cleanups registered since the mark, in reverse order, then wipes and frees
 * all allocations since the mark. Earlier allocations stay valid, except buffers that grew
 * (arena_grow, buf) since the mark. Marks nest: arena_back invalidates the marks set after its own.
 */
PUBLIC struct arena_mark arena_mark(struct arena *a);
PUBLIC void arena_back(struct arena *a, const struct arena_mark *m);

/* --- The hard limit --- */

/*
 * Runs fn(arg). False: fn reached the hard limit and was abandoned. Its frames are discarded, and
 * no statement after the allocation ran. Only for functions that own nothing but arena memory
 * (modules'). Resources they opened through the platform are closed by the caller, within a reserve
 * of a sixteenth of the limit. Calls nest. Only allocations of the calling thread are contained.
 */
PUBLIC CHECKED bool arena_contain(struct arena *a, void (*fn)(void *arg), void *arg);
