/*
 * pipeline — a reactor's shared way to PostgreSQL: a few pipelined connections on which any number
 * of fibers have a batch of their own under way, each up to a sync of its own. For short reads
 * only: no BEGIN, no row lock, no cancel, and a statement that runs longer than
 * ASHLAR_DB_SHARED_STATEMENT_MS is ended by the server.
 *
 * A pipeline belongs to its reactor's thread. Its connections are lent by the pool, opened by
 * whoever needs one, and closed when they break, grow old or hold an outgrown plan.
 */
#pragma once
#include "conn.h"

enum { PIPELINE_CONNECTIONS = 2, PIPELINE_STEPS_MAX = 5, PIPELINE_STATEMENT_LEAST_MS = 1000 };

/* How long the tables' owner waits for a lock: whoever waits for an exclusive one holds up every
 * read of the table that comes after. */
enum { OWNER_LOCK_MS = 200 };
_Static_assert(
    OWNER_LOCK_MS * 4 <= PIPELINE_STATEMENT_LEAST_MS, "reads behind the owner are answered");

/*
 * Send the steps on the pipeline of this fiber's reactor and wait for their results, as conn_run
 * does. False when there is none to use now (no fiber, no connection free or able): nothing was
 * sent. CONN_LATE: the deadline passed; whatever still comes is read by others and thrown away.
 */
bool pipeline_run(struct step *steps, size_t n, int64_t deadline_us, enum conn_outcome *outcome);
