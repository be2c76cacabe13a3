/* Arenas: a list of chunks, a ceiling, cleanups. Knows nothing of what is stored in them. */
#include <ashlar/arena.h>
#include "base/memory.h"
#include "base/poison.h"

#ifdef WITH_ASAN
/* A poisoned gap behind every allocation, so that an overrun is caught as it would be in malloc's
 * memory. */
enum { GAP = 16 };
#else
enum { GAP = 0 };
#endif

enum {
    ALIGNMENT = _Alignof(max_align_t),
    FIRST_CHUNK = 16 * 1024,
    LARGEST_STEP = 1024 * 1024,
    DEFAULT_CEILING = 64 * 1024 * 1024,
};

struct chunk {
    struct chunk *next;
    size_t size, used;
    _Alignas(max_align_t) char data[];
};

struct cleanup {
    struct cleanup *next;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct chunk *first; /* kept by arena_reset */
    struct chunk *current;
    struct chunk *others; /* everything but the first */
    struct cleanup *cleanups;
    size_t ceiling, used, step;
};

static struct chunk *chunk_new(size_t size)
{
    struct chunk *k = memory_alloc(sizeof *k + size);
    *k = (struct chunk){ .size = size };
    POISON(k->data, size);
    return k;
}

/* Bodies, tokens and copies a growing buffer left behind lie here: none outlives its unit of work.
 */
static void chunk_wipe(struct chunk *k)
{
    UNPOISON(k->data, k->size);
    explicit_bzero(k->data, k->used);
}

static void chunk_free(struct chunk *k)
{
    chunk_wipe(k);
    free(k);
}

struct arena *arena_new(size_t ceiling)
{
    struct arena *a = memory_alloc(sizeof *a);
    *a = (struct arena){ .ceiling = ceiling ? ceiling : DEFAULT_CEILING, .step = FIRST_CHUNK };
    a->first = a->current = chunk_new(FIRST_CHUNK);
    return a;
}

static void run_cleanups(struct arena *a)
{
    while (a->cleanups) {
        struct cleanup *done = a->cleanups;
        a->cleanups = done->next;
        done->fn(done->arg);
    }
}

static void free_others(struct arena *a)
{
    while (a->others) {
        struct chunk *done = a->others;
        a->others = done->next;
        chunk_free(done);
    }
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    run_cleanups(a);
    free_others(a);
    chunk_free(a->first);
    free(a);
}

void arena_reset(struct arena *a)
{
    run_cleanups(a);
    free_others(a);
    chunk_wipe(a->first);
    a->first->used = 0;
    POISON(a->first->data, a->first->size);
    a->current = a->first;
    a->used = 0;
    a->step = FIRST_CHUNK;
}

/* A chunk with `need` bytes free. A big allocation gets one of its own while the current chunk has
 * more left than the new one would. */
static struct chunk *chunk_with(struct arena *a, size_t need)
{
    if (a->current->size - a->current->used >= need)
        return a->current;
    if (a->step < LARGEST_STEP)
        a->step *= 2;
    struct chunk *k = chunk_new(need > a->step ? need : a->step);
    k->next = a->others;
    a->others = k;
    if (k->size - need >= a->current->size - a->current->used)
        a->current = k;
    return k;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t need;
    if (__builtin_add_overflow(size ? size : 1, ALIGNMENT - 1, &need))
        memory_abort("arena.ceiling_reached", size, a->ceiling);
    need &= ~(size_t)(ALIGNMENT - 1);
    if (need > a->ceiling - a->used)
        memory_abort("arena.ceiling_reached", size, a->ceiling);

    struct chunk *k = chunk_with(a, need + GAP);
    char *at = k->data + k->used;
    k->used += need + GAP;
    a->used += need;
    UNPOISON(at, size);
    return memset(at, 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        memory_abort("arena.ceiling_reached", SIZE_MAX, a->ceiling);
    return arena_alloc(a, total);
}

void *arena_memdup(struct arena *a, const void *data, size_t size)
{
    void *copy = arena_alloc(a, size);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *arena_strndup(struct arena *a, const char *text, size_t size)
{
    size_t room;
    if (__builtin_add_overflow(size, 1, &room))
        memory_abort("arena.ceiling_reached", size, a->ceiling);
    char *copy = arena_alloc(a, room);
    if (size)
        memcpy(copy, text, size);
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return text ? arena_strndup(a, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0)
        memory_abort("arena.bad_format", 0, a->ceiling);
    char *text = arena_alloc(a, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, args);
    return text;
}

void arena_cleanup(struct arena *a, void (*fn)(void *arg), void *arg)
{
    struct cleanup *entry = arena_alloc(a, sizeof *entry);
    *entry = (struct cleanup){ .next = a->cleanups, .fn = fn, .arg = arg };
    a->cleanups = entry;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
