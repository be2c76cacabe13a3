/* Arenas: a list of chunks, two limits, cleanups. */
#include <ashlar/arena.h>
#include "memory.h"
#include "poison.h"
#include <ashlar/limits.h>
#include <pthread.h>
#include <setjmp.h>

#ifdef WITH_ASAN
/* A poisoned gap after every allocation, so that AddressSanitizer reports an overrun as in malloc's
 * memory. */
enum { GAP = 16 };
#else
enum { GAP = 0 };
#endif

enum {
    ALIGNMENT = _Alignof(max_align_t),
    FIRST_CHUNK = 16 * 1024,
    LARGEST_STEP = 1024 * 1024,
};

struct chunk {
    struct chunk *next;
    size_t size, used;
    size_t last;   /* start of its last allocation */
    size_t number; /* in order of creation */
    _Alignas(max_align_t) char data[];
};

struct cleanup {
    struct cleanup *next;
    void (*fn)(void *arg);
    void *arg;
};

/* Continuation of contained work at the hard limit. */
struct escape {
    jmp_buf at;
    pthread_t thread;
};

struct arena {
    struct chunk *first; /* kept by arena_reset */
    struct chunk *current;
    struct chunk *others; /* all but the first, the newest first */
    struct cleanup *cleanups;
    size_t ceiling, soft, used, step;
    size_t n_chunks, floor; /* chunks created; chunks of before the last mark, which are not
                             * freed */
    struct escape *escape;  /* NULL: work is not contained */
    bool outgrown;
};

static struct chunk *chunk_new(size_t size)
{
    struct chunk *k = memory_alloc(sizeof *k + size);
    *k = (struct chunk){ .size = size };
    POISON(k->data, size);
    return k;
}

/* Chunks contain bodies, tokens and copies of growing buffers. None outlives its unit of work. */
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
    *a = (struct arena){ .ceiling = ceiling ? ceiling : (size_t)LIMIT_ARENA, .step = FIRST_CHUNK };
    a->soft = LIMIT_SOFT_OF(a->ceiling);
    a->first = a->current = chunk_new(FIRST_CHUNK);
    a->first->number = a->n_chunks = 1;
    return a;
}

static void run_cleanups(struct arena *a, const struct cleanup *until)
{
    while (a->cleanups != until) {
        struct cleanup *done = a->cleanups;
        a->cleanups = done->next;
        done->fn(done->arg);
    }
}

static void free_others(struct arena *a, const struct chunk *until)
{
    while (a->others != until) {
        struct chunk *done = a->others;
        a->others = done->next;
        chunk_free(done);
    }
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    run_cleanups(a, NULL);
    free_others(a, NULL);
    chunk_free(a->first);
    free(a);
}

void arena_reset(struct arena *a)
{
    run_cleanups(a, NULL);
    free_others(a, NULL);
    chunk_wipe(a->first);
    a->first->used = 0;
    POISON(a->first->data, a->first->size);
    *a = (struct arena){
        .first = a->first,
        .current = a->first,
        .ceiling = a->ceiling,
        .soft = LIMIT_SOFT_OF(a->ceiling),
        .step = FIRST_CHUNK,
        .n_chunks = 1,
    };
}

/* A chunk with `need` bytes free. A large allocation gets a separate chunk if the current chunk has
 * more room than the new one would. */
static struct chunk *chunk_with(struct arena *a, size_t need)
{
    if (a->current->size - a->current->used >= need)
        return a->current;
    if (a->step < LARGEST_STEP)
        a->step *= 2;
    struct chunk *k = chunk_new(need > a->step ? need : a->step);
    k->number = ++a->n_chunks;
    k->next = a->others;
    a->others = k;
    if (k->size - need >= a->current->size - a->current->used)
        a->current = k;
    return k;
}

/* Contained work has a lower limit, so that its failure can be reported. */
static size_t hard_ceiling(const struct arena *a)
{
    return a->escape ? a->ceiling - LIMIT_RESERVE_OF(a->ceiling) : a->ceiling;
}

static _Noreturn void reach_ceiling(struct arena *a, size_t size)
{
    a->outgrown = true;
    if (a->escape && pthread_equal(a->escape->thread, pthread_self()))
        longjmp(a->escape->at, 1);
    memory_abort("arena.ceiling_reached", size, a->ceiling);
}

/* Memory of an allocation of `size` bytes, rounded up. */
static size_t measure(struct arena *a, size_t size)
{
    size_t need;

    if (__builtin_add_overflow(size ? size : 1, ALIGNMENT - 1, &need))
        reach_ceiling(a, size);
    return need & ~(size_t)(ALIGNMENT - 1);
}

static void take(struct arena *a, size_t need, size_t size)
{
    size_t ceiling = hard_ceiling(a);

    if (a->used > ceiling || need > ceiling - a->used)
        reach_ceiling(a, size);
    a->used += need;
    a->outgrown = a->outgrown || a->used > a->soft;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t need = measure(a, size);
    struct chunk *k;
    char *at;

    take(a, need, size);
    k = chunk_with(a, need + GAP);
    at = k->data + k->used;
    k->last = k->used;
    k->used += need + GAP;
    UNPOISON(at, size);
    return memset(at, 0, size);
}

/* The chunk whose last allocation begins at `at`. NULL: it is not the last allocation. */
static struct chunk *chunk_ending_with(struct arena *a, const char *at)
{
    if (a->current->data + a->current->last == at)
        return a->current;
    for (struct chunk *k = a->others; k; k = k->next)
        if (k->data + k->last == at)
            return k;
    return NULL;
}

static bool grow_in_place(struct arena *a, struct chunk *k, size_t old_size, size_t size)
{
    size_t had = k->used - k->last - GAP, need = measure(a, size);
    char *at = k->data + k->last;

    if (need + GAP > k->size - k->last)
        return false;
    if (need > had) {
        take(a, need - had, size);
        k->used = k->last + need + GAP;
    }
    UNPOISON(at, size);
    memset(at + old_size, 0, size - old_size);
    return true;
}

static void unlink_chunk(struct arena *a, struct chunk *k)
{
    struct chunk **at = &a->others;

    while (*at && *at != k)
        at = &(*at)->next;
    if (*at == NULL) /* the first chunk stays */
        return;
    *at = k->next;
    chunk_free(k);
}

/* The last allocation of `k` was copied elsewhere and its place is free. Bytes before a mark stay
 * counted, because arena_back restores the count. */
static void give_up_last(struct arena *a, struct chunk *k)
{
    POISON(k->data + k->last, k->used - k->last);
    k->used = k->last;
    if (k->used == 0 && k != a->current)
        unlink_chunk(a, k);
}

static void *move(struct arena *a, struct chunk *k, void *at, size_t old_size, size_t size)
{
    bool frees = k && k->number > a->floor;
    void *grown;

    if (frees)
        a->used -= k->used - k->last - GAP;
    grown = arena_alloc(a, size);
    memcpy(grown, at, old_size);
    explicit_bzero(at, old_size);
    if (frees)
        give_up_last(a, k);
    return grown;
}

void *arena_grow(struct arena *a, void *at, size_t old_size, size_t size)
{
    struct chunk *k;

    if (at == NULL)
        return arena_alloc(a, size);
    if (size <= old_size)
        return at;
    k = chunk_ending_with(a, at);
    return k && grow_in_place(a, k, old_size, size) ? at : move(a, k, at, old_size, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        reach_ceiling(a, SIZE_MAX);
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
        reach_ceiling(a, size);
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
        memory_abort("arena.format_invalid", 0, a->ceiling);
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

/* --- The soft limit --- */

bool arena_is_outgrown(const struct arena *a)
{
    return a->outgrown;
}

size_t arena_left(const struct arena *a)
{
    return a->outgrown ? 0 : a->soft - a->used;
}

void arena_count(struct arena *a, size_t size)
{
    size_t left = arena_left(a);

    a->outgrown = a->outgrown || size > left;
    a->used += size < left ? size : left;
}

void arena_outgrow(struct arena *a)
{
    a->outgrown = true;
}

void arena_forgive(struct arena *a, size_t room)
{
    size_t most = a->ceiling - a->used;

    room = a->used + (room < most ? room : most);
    a->outgrown = false;
    a->soft = a->soft > room ? a->soft : room;
}

/* --- Marks --- */

struct arena_mark arena_mark(struct arena *a)
{
    struct arena_mark m = {
        .others = a->others,
        .current = a->current,
        .cleanups = a->cleanups,
        .used_in_current = a->current->used,
        .used = a->used,
        .step = a->step,
        .floor = a->floor,
        .outgrown = a->outgrown,
    };

    a->floor = a->n_chunks;
    return m;
}

void arena_back(struct arena *a, const struct arena_mark *m)
{
    struct chunk *k = m->current;

    run_cleanups(a, m->cleanups);
    free_others(a, m->others);
    a->current = k;
    if (k->used > m->used_in_current) {
        char *tail = k->data + m->used_in_current;
        UNPOISON(tail, k->used - m->used_in_current);
        explicit_bzero(tail, k->used - m->used_in_current);
        POISON(tail, k->size - m->used_in_current);
    }
    k->used = k->last = m->used_in_current;
    a->used = m->used;
    a->step = m->step;
    a->floor = m->floor;
    a->outgrown = m->outgrown;
}

/* --- The hard limit --- */

bool arena_contain(struct arena *a, void (*fn)(void *arg), void *arg)
{
    struct escape *outer = a->escape, here = { .thread = pthread_self() };
    bool ended = false;

    if (setjmp(here.at) == 0) {
        a->escape = &here;
        fn(arg);
        ended = true;
    }
    a->escape = outer;
    return ended;
}
