/*
 * arena — memory with one lifetime.
 *
 * Every unit of work (struct ctx) owns one arena; what is allocated from it dies with it, so
 * modules hold no `free`. Allocation never returns NULL. There are two ceilings:
 *
 *   soft (three quarters): the arena is outgrown. It still gives memory, but whatever takes in data
 *        (db_, net_, storage_, shape_…) answers ERR_OUTGROWN (ctx_fits), so the unit of work fails
 *        and everything else goes on.
 *   hard: a module's function that only computes is left on the spot (arena_contain): the unit of
 *        work fails in the same way. What nobody contains ends the process, with a log line that
 *        names operation, request and job; the supervisor restarts it, PostgreSQL rolls back.
 *
 * Threads: an arena belongs to one unit of work; no two threads may use it at once.
 */
#pragma once
#include "base.h"
#include <stdarg.h>

struct arena;

/* A new arena that will hold at most `ceiling` bytes (0: the default, LIMIT_ARENA). Ends with
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

/*
 * `size` bytes that begin with the `old_size` handed out at `at`; what is new is zeroed. In place
 * where nothing was allocated behind; otherwise elsewhere, and the old memory is wiped and, when
 * nothing else lies in its chunk, given back. `at` (the start of one allocation, or NULL) must not
 * be used any more. So a growing buffer holds little more than its size.
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

/* Call fn(arg) when the arena ends; the last registered runs first. For what is not arena memory:
 * a PGresult, a curl handle, a secret to wipe. Register it the moment it exists. */
PUBLIC void arena_cleanup(struct arena *a, void (*fn)(void *arg), void *arg);

/* Bytes handed out so far. */
PUBLIC size_t arena_used(const struct arena *a);

/* --- The soft ceiling --- */

/* Was the soft ceiling passed? Stays true until arena_back to a mark from before, arena_forgive or
 * arena_reset. */
PUBLIC bool arena_is_outgrown(const struct arena *a);

/* Bytes left below the soft ceiling: 0 when it is outgrown. */
PUBLIC size_t arena_left(const struct arena *a);

/* `size` bytes more count as handed out: memory of a library's, held until the arena ends or goes
 * back (arena_cleanup gives it back). Never fails; past the soft ceiling it is outgrown. */
PUBLIC void arena_count(struct arena *a, size_t size);

/* Call it outgrown: for who refuses to take in what would not fit. */
PUBLIC void arena_outgrow(struct arena *a);

/* Go on after a failure: not outgrown, and `room` bytes more until it is. For bookkeeping (the
 * answer, counters of failed attempts) of a unit of work that has already failed. */
PUBLIC void arena_forgive(struct arena *a, size_t room);

/* --- Giving back in the middle --- */

/* A place in an arena's life. Its members are the arena's own. */
struct arena_mark {
    void *others, *current, *cleanups;
    size_t used_in_current, used, step, floor;
    bool outgrown;
};

/*
 * Everything allocated after the mark is wiped and given back by arena_back, whose cleanups
 * (arena_cleanup since the mark) run first, the last registered before the others. What was
 * allocated before stays, unless it was grown since: a buffer from before that grew (arena_grow,
 * buf) must not be used after. Marks nest; going back to one forgets those made after it.
 */
PUBLIC struct arena_mark arena_mark(struct arena *a);
PUBLIC void arena_back(struct arena *a, const struct arena_mark *m);

/* --- The hard ceiling --- */

/*
 * Run fn(arg). False: it came to the hard ceiling and was left on the spot, its frames are gone and
 * nothing after the allocation ran. For functions that own nothing but arena memory (modules');
 * what they opened through the platform is closed by the caller, who has a sixteenth of the
 * ceiling for it. Nests. Works on the calling thread only: an allocation by another thread is not
 * contained.
 */
PUBLIC CHECKED bool arena_contain(struct arena *a, void (*fn)(void *arg), void *arg);
