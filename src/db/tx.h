/*
 * The transaction of a unit of work, for the dispatcher and the worker.
 *
 * It is lazy: tx_begin takes no connection. BEGIN and the settings (ashlar.org, ashlar.person,
 * ashlar.now) are sent in one pipeline with the first statement. The connection returns to the pool
 * at the end of the transaction. A TX_READ unit has no BEGIN and no COMMIT: each statement is sent
 * with the settings and is a separate read-only transaction.
 */
#pragma once
#include "pool.h"
#include <ashlar/db.h>
#include <ashlar/tx.h>

/* `kind` TX_READ or TX_WRITE. */
CHECKED err tx_begin(struct ctx *c, enum tx_kind kind, enum db_role role);

/* NULL means that the server's tag was COMMIT. Without a statement, nothing is sent. A failed
 * commit and tx_rollback restore c->org and c->actor.person. */
CHECKED err tx_commit(struct ctx *c);
void tx_rollback(struct ctx *c);
bool tx_is_open(const struct ctx *c);

/* c->actor or c->org changed: the next statement must send the settings. */
void tx_settings_changed(struct ctx *c);

/* Role of tx_run and tx_read of this ctx, DB_APP by default. */
void tx_set_role(struct ctx *c, enum db_role role);

/* Reads of this ctx as DB_APP may use the shared connections of its reactor (pipeline.h), with a
 * statement timeout of a second by default. No effect without a reactor. */
void tx_share(struct ctx *c);
/* The opposite: statements of this ctx may take long. All such units use at most half of the
 * pool. */
void tx_be_slow(struct ctx *c);

/*
 * For work with many transactions (a job that loops over tx_run). Allocations of a tx_run or
 * tx_read function from c->arena live until the same function runs again, or c ends. A function
 * above its memory limit fails with ERR_OUTGROWN, is rolled back and abandoned. tx_apart functions
 * run after each of them.
 */
void tx_give_back(struct ctx *c);
CHECKED err tx_run_giving_back(
    struct ctx *c, enum db_role role, enum tx_kind kind, tx_fn *fn, void *arg);

/* Whether the function may run again: the last transaction had no effect. It ended in a
 * serialisation failure, a deadlock, an outdated plan, or a broken connection before COMMIT was
 * sent. */
bool tx_may_retry(const struct ctx *c);

/*
 * Checks: rows that c's work assumes before it has read them.
 *
 * precondition_ask reads a row. `row->size` 0: no row. More than one is ERR_INTERNAL.
 * precondition_read decodes it into a struct.
 *
 * precondition_add sends `q` before the first statement of each of c's transactions. If it does not
 * return exactly `row` (of size 0: any one row), the transaction fails. Then nothing of it commits,
 * no statement returns rows, and preconditions_failed is true until the next transaction starts. At
 * most PRECONDITIONS_MAX at a time.
 *
 * preconditions_confirm sends the checks of the open transaction that no statement has sent. No
 * effect without checks, or when the transaction has failed.
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

/* Calls fn(arg) after the commit of c's open transaction, in order of registration. A repeated pair
 * is called once. A rollback discards it. `arg` must be in c's arena, or live longer. */
void tx_after_commit(struct ctx *c, void (*fn)(void *arg), void *arg);

/* Runs the functions registered by tx_apart. */
void tx_run_what_is_apart(struct ctx *c);

/* For platform code outside any handler (claiming jobs, loading flags): one transaction as `role`
 * around fn. */
CHECKED err tx_run_as(struct ctx *c, enum db_role role, enum tx_kind kind, tx_fn *fn, void *arg);
