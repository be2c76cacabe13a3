/*
 * One of a lane's connections, and the batches under way on it. Knows no reactor and no pool's
 * line.
 *
 * Whoever waits for the oldest answer reads for all; when it has its own, the next in line goes on
 * reading. So an idle connection needs no fiber, and a reactor that stops has none to wait for.
 * All of it belongs to one thread.
 */
#pragma once
#include "lane.h"
#include "runtime/wait.h"

/* One batch under way. The lane's memory: its fiber may leave before the answer comes. */
struct slot {
    struct step steps[LANE_STEPS_MAX];
    struct reading reading;
    struct wake *waiter; /* NULL: its fiber reads, or has left */
    enum { SLOT_SENT, SLOT_DONE, SLOT_LOST } state;
    bool left;
    struct slot *next;
};

struct lane {
    struct conn *conn; /* NULL: closed */
    struct slot *first, **end;
    struct slot *reader; /* whose fiber reads for all; NULL: nobody */
    int in_flight;
    bool opening, retiring;
    int64_t heard_us, retry_us;
};

/* A copy of the steps; NULL: no memory. Sent, it is the lane's until it is settled. */
struct slot *slot_new(const struct step *steps, size_t n);
void slot_free(struct slot *s);

/* Send the slot's `n` steps and put it into the line. */
void lane_send(struct lane *l, struct slot *s, size_t n);

/* Until `s` is answered or lost, or the deadline. */
void lane_await(struct lane *l, struct slot *s, int64_t deadline_us);

/* Take what has come for slots whose fibers have all left; waits for nothing. */
void lane_read_left(struct lane *l);

/* Give the connection back; nothing may be under way. */
void lane_close(struct lane *l);
/* Throw away what is under way, whoever left it, and close. When the last fiber has ended. */
void lane_end(struct lane *l);
