/* A flag on which one thread waits and which any thread sets. It stays set until the next wait. */
#pragma once
#include <pthread.h>
#include <stdbool.h>

struct signal_flag {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool set;
};

void signal_flag_init(struct signal_flag *b);
void signal_flag_release(struct signal_flag *b);
void signal_flag_set(struct signal_flag *b);

/* Waits until it is set or `ms` have passed (below 0: for ever). True when it was set. Clears
 * it. */
bool signal_flag_wait(struct signal_flag *b, int ms);
