/*
 * One of a pipeline's connections, and its batches in progress.
 *
 * The fiber of the oldest batch reads for all. When it has its results, the fiber of the next batch
 * reads. So an idle connection needs no fiber, and a stopping reactor waits for none. All of it
 * belongs to one thread.
 */
#pragma once
#include "pipeline.h"
#include "runtime/wait.h"

/* One batch in progress. The pipeline owns its memory, because its fiber may leave before the
 * results. */
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
    struct pending_query *reader; /* batch whose fiber reads for all; NULL: none */
    int in_flight;
    bool opening, retiring;
    int64_t heard_us, retry_us;
};

/* A copy of the steps. NULL: no memory. After sending, the pipeline owns it until it is settled. */
struct pending_query *pending_query_new(const struct step *steps, size_t n);
void pending_query_free(struct pending_query *s);

/* Sends the batch's `n` steps and appends it. */
void pipeline_send(struct pipeline_connection *l, struct pending_query *s, size_t n);

/* Waits until `s` has its results or is lost, or the deadline. */
void pipeline_await(struct pipeline_connection *l, struct pending_query *s, int64_t deadline_us);

/* Takes received results of batches whose fibers have all left. Does not wait. */
void pipeline_read_left(struct pipeline_connection *l);

/* Returns the connection. No batch may be in progress. */
void pipeline_close(struct pipeline_connection *l);
/* Discards the batches in progress and closes. Call after the last fiber has ended. */
void pipeline_end(struct pipeline_connection *l);
