/*
 * The transaction of a unit of work, from the dispatcher's and the worker's side.
 *
 * Lazy: tx_begin takes no connection; BEGIN and the settings (ashlar.org, ashlar.person,
 * ashlar.now) travel in one pipeline with the first statement. The connection goes back to the pool
 * when the transaction ends. A TX_READ unit has no BEGIN and no COMMIT: each statement travels with
 * the settings and is a read-only transaction of its own.
 */
#pragma once
#include "pool.h"
#include <ashlar/db.h>
#include <ashlar/tx.h>

/* `kind` TX_READ or TX_WRITE. */
CHECKED err tx_begin(struct ctx *c, enum tx_kind kind, enum db_role role);

/* Success means the server's tag was COMMIT. Without any statement sent: nothing happens. A failed
 * commit, like tx_rollback, leaves c->org and c->actor.person as they were at the beginning. */
CHECKED err tx_commit(struct ctx *c);
void tx_rollback(struct ctx *c);
bool tx_is_open(const struct ctx *c);

/* c->actor or c->org changed: send the settings again with the next statement. */
void tx_settings_changed(struct ctx *c);

/* Role that tx_run and tx_read of this ctx use; DB_APP unless set. */
void tx_set_role(struct ctx *c, enum db_role role);

/* Reads of this ctx as DB_APP may use the connections its reactor's fibers share (pipeline.h),
 * where a statement has a second at most. Without a reactor nothing changes. */
void tx_share(struct ctx *c);
/* The opposite: what this ctx asks may take long, and with others of its kind it gets at most half
 * of the pool. */
void tx_be_slow(struct ctx *c);

/*
 * For work with many transactions (a job that loops over tx_run): what a function run by tx_run or
 * tx_read of this ctx allocates from c->arena lives until the same function is run again, and at
 * longest as long as c. A function that comes past its own memory's ceiling fails with
 * ERR_OUTGROWN, is rolled back and left where it is. What tx_apart registered runs after each of
 * them.
 */
void tx_give_back(struct ctx *c);
CHECKED err tx_run_giving_back(
    struct ctx *c, enum db_role role, enum tx_kind kind, tx_fn *fn, void *arg);

/* The last transaction ended in a serialisation failure, a deadlock, an outgrown plan, or with its
 * link broken before COMMIT was sent: nothing of it happened, its function may run again. */
bool tx_may_retry(const struct ctx *c);

/*
 * Checks: rows that c's work takes for granted before it has asked for them. precondition_ask gives
 * a row as it came (`row->size` 0: there is none, more than one is ERR_INTERNAL), precondition_read
 * puts one into a struct. precondition_add has `q` travel in front of the first statement of each
 * of c's transactions: unless it answers exactly `row` (of size 0: any one row), the transaction
 * fails whatever its function says, nothing of it commits, no statement's rows are given out, and
 * preconditions_failed is true until the next one begins. At most PRECONDITIONS_MAX at a time.
 *
 * preconditions_confirm: checks of the open transaction that no statement has taken along are sent
 * alone; nothing when there are none, or when the transaction has failed already.
 */
enum { PRECONDITIONS_MAX = 2 };
CHECKED err precondition_ask(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args, struct bytes *row);
CHECKED err precondition_read(
    struct ctx *c, const struct query *q, const struct shape *s, struct bytes row, void *out);
void precondition_add(
    struct ctx *c, const struct query *q, struct bytes row, const struct arg *args, size_t n_args);
void preconditions_forget(struct ctx *c);
CHECKED err preconditions_confirm(struct ctx *c);
bool preconditions_failed(const struct ctx *c);

/* Call fn(arg) once c's open transaction has committed, in the order of asking; the same pair is
 * called once. A rollback forgets it. `arg` must live in c's arena, or longer. */
void tx_after_commit(struct ctx *c, void (*fn)(void *arg), void *arg);

/* Run what tx_apart registered. */
void tx_run_what_is_apart(struct ctx *c);

/* For platform code outside any handler (claiming jobs, loading flags): one transaction as `role`
 * around fn. */
CHECKED err tx_run_as(struct ctx *c, enum db_role role, enum tx_kind kind, tx_fn *fn, void *arg);
