/* A binary heap of fibers by deadline. */
#include "timers.h"
#include <stdlib.h>

bool timers_init(struct timers *t, size_t most)
{
    *t = (struct timers){ .heap = calloc(most ? most : 1, sizeof(struct fiber *)), .room = most };
    return t->heap != NULL;
}

void timers_release(struct timers *t)
{
    free(t->heap);
    *t = (struct timers){ .n = 0 };
}

static void put(struct timers *t, size_t at, struct fiber *f)
{
    t->heap[at] = f;
    f->timer_at = at + 1;
}

static void sift_up(struct timers *t, size_t at)
{
    struct fiber *f = t->heap[at];

    while (at > 0 && t->heap[(at - 1) / 2]->deadline_us > f->deadline_us) {
        put(t, at, t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(t, at, f);
}

static void sift_down(struct timers *t, size_t at)
{
    struct fiber *f = t->heap[at];

    for (size_t child; (child = 2 * at + 1) < t->n; at = child) {
        if (child + 1 < t->n && t->heap[child + 1]->deadline_us < t->heap[child]->deadline_us)
            child++;
        if (t->heap[child]->deadline_us >= f->deadline_us)
            break;
        put(t, at, t->heap[child]);
    }
    put(t, at, f);
}

void timers_add(struct timers *t, struct fiber *f)
{
    t->heap[t->n] = f;
    sift_up(t, t->n++);
}

void timers_remove(struct timers *t, struct fiber *f)
{
    size_t at = f->timer_at;
    struct fiber *last;

    if (at-- == 0)
        return;
    f->timer_at = 0;
    last = t->heap[--t->n];
    if (last == f)
        return;
    put(t, at, last);
    sift_up(t, at);
    sift_down(t, last->timer_at - 1);
}

struct fiber *timers_first(const struct timers *t)
{
    return t->n ? t->heap[0] : NULL;
}
