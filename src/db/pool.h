/*
 * The pool of this process's PostgreSQL connections.
 *
 * Its size is limited. A caller without a free connection waits in a queue (FIFO) until its
 * deadline. A separate thread opens connections, so that no request waits for a name lookup. While
 * the database is unreachable, that thread retries at most every half second, and callers get an
 * error immediately. Threads: any, after pool_start.
 */
#pragma once
#include "roles.h"
#include <ashlar/ctx.h>
#include <ashlar/metrics.h>

/* Reads the settings. Connections are opened on demand, so the process starts without a
 * database. */
void pool_start(void);
void pool_stop(void);

/* Checks the database with round trips. It must be reachable for requests and jobs, with its
 * connections' settings in effect. Its schema must be one that this binary can serve. NULL, or the
 * reason in PostgreSQL's words for operators (static or in `a`). `*what` (static; may be NULL) is
 * then a public description. The roles are checked at most once a second. */
const char *pool_check(struct arena *a, int timeout_ms, const char **what);

/* Checks one role: login, and effect of its settings (role, timeouts, search_path …). NULL, or the
 * reason. `*unfit`: waiting does not help, and `serve` does not start. */
const char *pool_check_role(struct arena *a, enum db_role role, int timeout_ms, bool *unfit);
/* Checks the schema as DB_APP. `*unfit` is true when the database responded and its schema is
 * wrong: `serve` then does not start. An unreachable database may still recover. */
const char *pool_check_schema(struct arena *a, int timeout_ms, bool *unfit);
/* Defects of row-level security between tenants (db.sql, broken_fences), a line each. NULL: none,
 * or the query failed and was logged. */
const char *pool_broken_fences(struct arena *a, int timeout_ms);
/* Embedded statements of enabled modules that PostgreSQL rejects for the current schema, with file,
 * line and PostgreSQL's words, a line each. NULL: none, or the check failed. Prepares all
 * statements, which takes half a second: for development. */
const char *pool_refused_statements(struct arena *a, int timeout_ms);

struct pool_stats {
    int open, in_use, shared, waiting, cap;
    int64_t waits_refused, connects, connect_failures;
};
void pool_stats(struct pool_stats *out);

extern const struct metric METRIC_DB_CONNECTIONS, METRIC_DB_POOL;
/* Sets the pool's gauges; for metrics_ask. */
void pool_report(void);

/* For tx.c. An idle, live connection of this role, owned by the caller until pool_give. pool_give
 * closes it when it is lost, in a transaction or old. NULL when none was free before `deadline_us`
 * or the database is unreachable. */
struct conn;
struct conn *pool_take(enum db_role role, int64_t deadline_us);
/* For slow reads: they use at most half of the pool. */
struct conn *pool_take_slow(enum db_role role, int64_t deadline_us);
void pool_give(struct conn *k);

/* Lends a taken connection to a pipeline: several fibers use it until it is returned for closing.
 * False when a third of the pool is already lent. The connection is then unchanged. */
CHECKED bool pool_lend(struct conn *k);

/* Error of the role's last failed attempt to connect, in PostgreSQL's or the system's words, a copy
 * in `a`. NULL: the last attempt succeeded. */
const char *pool_why_not(struct arena *a, enum db_role role);

/* Timeouts set on the server, in addition to pool_statement_ms. */
enum { POOL_IDLE_IN_TRANSACTION_MS = 10000 };
int pool_lock_ms(enum db_role role); /* the owner's is far shorter: pipeline.h */

/* ASHLAR_DB_WAIT_MS, ASHLAR_DB_STATEMENT_MS and ASHLAR_DB_SHARED_STATEMENT_MS as read by
 * pool_start. The last is at most the second. */
int pool_wait_ms(void);
int pool_statement_ms(void);
int pool_shared_statement_ms(void);

/* The login URL of the role. */
const char *db_role_url(enum db_role role);
