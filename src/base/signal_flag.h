/* One thread waits, any thread rings; a ring while nobody waits is kept. */
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

/* Until it rings or `ms` have passed (below 0: for ever); true when it rang. Takes the ring. */
bool signal_flag_wait(struct signal_flag *b, int ms);
