/*
 * One of a pipeline's connections, and the batches under way on it.
 *
 * Whoever waits for the oldest answer reads for all; when it has its own, the next in line goes on
 * reading. So an idle connection needs no fiber, and a reactor that stops has none to wait for. All
 * of it belongs to one thread.
 */
#pragma once
#include "pipeline.h"
#include "runtime/wait.h"

/* One batch under way. The pipeline's memory: its fiber may leave before the answer comes. */
struct pending_query {
    struct step steps[PIPELINE_STEPS_MAX];
    struct reading reading;
    struct wake *waiter; /* NULL: its fiber reads, or has left */
    enum { PENDING_SENT, PENDING_DONE, PENDING_LOST } state;
    bool left;
    struct pending_query *next;
};

struct pipeline_connection {
    struct conn *conn; /* NULL: closed */
    struct pending_query *first, **end;
    struct pending_query *reader; /* whose fiber reads for all; NULL: nobody */
    int in_flight;
    bool opening, retiring;
    int64_t heard_us, retry_us;
};

/* A copy of the steps; NULL: no memory. Sent, it is the pipeline's until it is settled. */
struct pending_query *pending_query_new(const struct step *steps, size_t n);
void pending_query_free(struct pending_query *s);

/* Send the slot's `n` steps and put it into the line. */
void pipeline_send(struct pipeline_connection *l, struct pending_query *s, size_t n);

/* Until `s` is answered or lost, or the deadline. */
void pipeline_await(struct pipeline_connection *l, struct pending_query *s, int64_t deadline_us);

/* Take what has come for slots whose fibers have all left; waits for nothing. */
void pipeline_read_left(struct pipeline_connection *l);

/* Give the connection back; nothing may be under way. */
void pipeline_close(struct pipeline_connection *l);
/* Throw away what is under way, whoever left it, and close. When the last fiber has ended. */
void pipeline_end(struct pipeline_connection *l);
