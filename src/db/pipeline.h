/*
 * pipeline — a reactor's shared connections to PostgreSQL. On a few pipelined connections any
 * number of fibers each run a separate batch, up to a separate sync. For short reads only: no
 * BEGIN, no row lock, no cancel. The server ends a statement after ASHLAR_DB_SHARED_STATEMENT_MS.
 *
 * A pipeline belongs to its reactor's thread. Its connections are lent by the pool and opened by
 * the first fiber that needs one. They are closed when they break, reach their lifetime or have an
 * outdated plan.
 */
#pragma once
#include "conn.h"

enum { PIPELINE_CONNECTIONS = 2, PIPELINE_STEPS_MAX = 5, PIPELINE_STATEMENT_LEAST_MS = 1000 };

/* Lock timeout of the tables' owner. A waiting exclusive lock blocks every later read of its
 * table. */
enum { OWNER_LOCK_MS = 200 };
_Static_assert(OWNER_LOCK_MS * 4 <= PIPELINE_STATEMENT_LEAST_MS,
    "reads that wait for the owner's lock complete");

/*
 * Sends the steps on the pipeline of this fiber's reactor and waits for their results, as conn_run
 * does. False: no pipeline is usable now (no fiber, no free or working connection), and nothing was
 * sent. CONN_LATE: the deadline passed. Another fiber reads and discards the late results.
 */
bool pipeline_run(struct step *steps, size_t n, int64_t deadline_us, enum conn_outcome *outcome);
