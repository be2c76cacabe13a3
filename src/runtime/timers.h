/* Deadlines of parked fibers: a binary heap, the earliest first. */
#pragma once
#include "fiber.h"

struct timers {
    struct fiber **heap;
    size_t n, room;
};

/* Room for `most` fibers. False when memory is exhausted. */
bool timers_init(struct timers *t, size_t most);
void timers_release(struct timers *t);
/* Ordered by f->deadline_us. A fiber is in it at most once, and there are at most `most`. */
void timers_add(struct timers *t, struct fiber *f);
/* No effect when it is absent. */
void timers_remove(struct timers *t, struct fiber *f);
struct fiber *timers_first(const struct timers *t);
