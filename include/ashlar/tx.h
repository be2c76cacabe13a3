/*
 * tx — transactions of services.
 *
 * The tx_kind of the route (or job) selects who opens the transaction:
 *   TX_READ    the dispatcher, read only
 *   TX_WRITE   the dispatcher: one transaction around handler and audit row, committed when the
 *              handler returns NULL, rolled back otherwise
 *   TX_MANUAL  the service, by tx_run. Several times if it calls third parties or hashes passwords:
 *              commit the intent, call without a connection, commit the result. If a session is
 *              required, each tx_run checks that session and membership still exist. So a handler
 *              must end its own session in its last tx_run
 * Memory: a handler's allocations live until the response. A TX_MANUAL job may run for long. There,
 * allocations inside a tx_run function (rows of db_, buffers, copies) live only until the same
 * function runs again, or the job ends. So a loop over tx_run needs the memory of one round. Copy
 * longer-lived data outside of tx_run (arena_strdup, list_append in the job's run function), where
 * memory lives as long as the job.
 *
 * In an open transaction, net_request, offload and sleep_ms return an error: they would hold a
 * connection.
 */
#pragma once
#include "ctx.h"

enum tx_kind { TX_DEFAULT, TX_READ, TX_WRITE, TX_MANUAL };

typedef err tx_fn(struct ctx *c, void *arg);

/*
 * Runs fn in one transaction: committed when it returns NULL and COMMIT succeeds, rolled back
 * otherwise. It joins an open transaction. After a serialisation failure or deadlock (40001, 40P01)
 * fn runs again, at most 5 times. So fn must have no effect outside the database and must set its
 * outputs in each run. Errors: fn's, ERR_UNAVAILABLE, ERR_TIMEOUT.
 */
PUBLIC CHECKED err tx_run(struct ctx *c, tx_fn *fn, void *arg);

/* As tx_run, read only. */
PUBLIC CHECKED err tx_read(struct ctx *c, tx_fn *fn, void *arg);

/*
 * For writes that must survive a failed request (attempt counters, throttles, theft revocation).
 * They run in a separate short transaction after the current one ended, committed or not, and
 * before the response. `arg` must be in c's arena. A failure of fn is logged and does not change
 * the response.
 */
PUBLIC void tx_apart(struct ctx *c, tx_fn *fn, void *arg);

/*
 * Enters a tenant that was unknown at the start (a new organisation, or that of an invitation's
 * token). From this call on, the open transaction and c->org belong to it. ERR_INTERNAL when
 * another tenant is set.
 */
PUBLIC CHECKED err tx_enter_org(struct ctx *c, struct uuid org);

/* Leaves the tenant, so that another can be entered: for one transaction over several tenants (a
 * person's organisations, when the person is erased). */
PUBLIC CHECKED err tx_leave_org(struct ctx *c);

/* The same for a person whose identity was just proved (sign-in) or who was just created. From this
 * call on, the transaction reads and writes that person's rows. Without an actor, the actor becomes
 * the person. The system acts on behalf of the person. Of another person's session (a sign-in over
 * it) only the network stays. */
PUBLIC CHECKED err tx_enter_person(struct ctx *c, struct uuid person);
