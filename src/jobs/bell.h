/* One thread waits, any thread rings; a ring while nobody waits is kept. Knows nothing. */
#pragma once
#include <pthread.h>
#include <stdbool.h>

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung_changed;
    bool rung;
};

void bell_init(struct bell *b);
void bell_release(struct bell *b);
void bell_ring(struct bell *b);

/* Until it rings or `ms` have passed (below 0: for ever); true when it rang. Takes the ring. */
bool bell_wait(struct bell *b, int ms);
