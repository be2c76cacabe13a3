/*
 * tx — transactions as services see them.
 *
 * The route's (or job's) tx_kind says who opens the transaction:
 *   TX_READ    the dispatcher, read only
 *   TX_WRITE   the dispatcher: one transaction around handler and audit row; committed when the
 *              handler returned NULL, rolled back otherwise
 *   TX_MANUAL  nobody: the service calls tx_run itself, several times where it talks to third
 *              parties or hashes passwords: commit the intent, call with no connection held, commit
 *              the result. Where a session is required, each tx_run checks that session and
 *              membership still exist: a handler that ends its own does so in its last one
 * Memory: what a handler allocates lives until the request is answered. A TX_MANUAL job may run for
 * long, so there what the function of a tx_run allocates (rows that db_ gave, buffers, copies)
 * lives until the same function is run again, at longest to the end of the job: a loop over tx_run
 * needs the memory of one round. What is needed longer is copied outside of tx_run (arena_strdup,
 * list_append in the job's run function), where memory lives as long as the job.
 *
 * With a transaction open, net_request, offload and sleep_ms are refused: they would hold a
 * connection.
 */
#pragma once
#include "ctx.h"

enum tx_kind { TX_DEFAULT, TX_READ, TX_WRITE, TX_MANUAL };

typedef err tx_fn(struct ctx *c, void *arg);

/*
 * Run fn in one transaction: committed when it returns NULL (and the database says COMMIT), rolled
 * back otherwise. Inside an open transaction it joins it. A serialisation failure or deadlock
 * (40001, 40P01) runs fn again, at most 5 times: fn must have no effect outside the database and
 * must set what it returns anew each time. Errors: fn's, ERR_UNAVAILABLE, ERR_TIMEOUT.
 */
PUBLIC CHECKED err tx_run(struct ctx *c, tx_fn *fn, void *arg);

/* As tx_run, read only. */
PUBLIC CHECKED err tx_read(struct ctx *c, tx_fn *fn, void *arg);

/*
 * What must outlive a failed request (attempt counters, throttles, theft revocation): fn runs in
 * its own short transaction after the unit of work's transaction ended, however it ended, and
 * before the answer. `arg` must live in c's arena. Its failure is logged and does not change the
 * answer.
 */
PUBLIC void tx_apart(struct ctx *c, tx_fn *fn, void *arg);

/*
 * Enter a tenant that was unknown when the work began (an organisation just created, one found by
 * an invitation's token): from here on the open transaction and c->org are that organisation's.
 * Refused (ERR_INTERNAL) when another tenant is already set.
 */
PUBLIC CHECKED err tx_enter_org(struct ctx *c, struct uuid org);

/* Back to no tenant, so that the next can be entered: for work that walks over several of them in
 * one transaction (a person's own organisations, when the person is erased). */
PUBLIC CHECKED err tx_leave_org(struct ctx *c);

/* The same for a person whose identity was just proved (sign-in) or who was just created: from here
 * on the transaction reads and writes that person's rows. Nobody becomes that person, the system
 * acts on for that person, and of somebody else (signing in over another's session) only the
 * network stays. */
PUBLIC CHECKED err tx_enter_person(struct ctx *c, struct uuid person);
