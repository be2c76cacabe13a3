/*
 * The one pool of PostgreSQL connections of this process.
 *
 * A hard cap; who finds none free waits in line (FIFO) until its deadline. Connections are opened
 * by one thread of the pool's own, so that no request ever waits for a name look-up; while the
 * database is away that thread knocks every half second at most, and everybody else is answered at
 * once. Threads: any, after pool_start.
 */
#pragma once
#include "roles.h"
#include <ashlar/ctx.h>
#include <ashlar/metrics.h>

/* Read settings; connections are opened on demand, so the process starts without a database. */
void pool_start(void);
void pool_stop(void);

/* Round trips: is the database there for requests and for jobs, with the settings that its
 * connections were opened with, and is its schema one this binary can serve? NULL, or why not, with
 * PostgreSQL's own words (static or in `a`; for operators). Then `*what` (static; may be NULL) says
 * it in words of ours, for anybody. The roles are looked at once a second at most. */
const char *pool_check(struct arena *a, int timeout_ms, const char **what);

/* One role: does it get in, and is what was asked for in force (role, timeouts, search_path …)?
 * NULL, or why not. `*unfit`: waiting will not help, `serve` refuses to start. */
const char *pool_check_role(struct arena *a, enum db_role role, int timeout_ms, bool *unfit);
/* The schema, asked as DB_APP. `*unfit` is true when the database answered and its schema is what
 * is wrong: `serve` then refuses to start, while an absent database may still come. */
const char *pool_check_schema(struct arena *a, int timeout_ms, bool *unfit);
/* What lets rows past the fences between tenants (db.sql, broken_fences), a line each; NULL:
 * nothing, or it could not be asked, which is in the log. */
const char *pool_broken_fences(struct arena *a, int timeout_ms);
/* Each embedded statement of an enabled module that PostgreSQL does not take against the schema as
 * it is, with its file and line and PostgreSQL's words, a line each; NULL: none, or it could not be
 * asked. Prepares them all: for development, half a second. */
const char *pool_refused_statements(struct arena *a, int timeout_ms);

struct pool_stats {
    int open, in_use, shared, waiting, cap;
    int64_t waits_refused, connects, connect_failures;
};
void pool_stats(struct pool_stats *out);

extern const struct metric METRIC_DB_CONNECTIONS, METRIC_DB_POOL;
/* Sets them; for metrics_ask. */
void pool_report(void);

/* For tx.c. A connection of this role, idle and alive, the caller's until pool_give (which closes
 * it when it is lost, still in a transaction or old). NULL when none came free before `deadline_us`
 * or the database is away. */
struct conn;
struct conn *pool_take(enum db_role role, int64_t deadline_us);
/* For what may take long: half of the cap at most, so that it never has all of them. */
struct conn *pool_take_slow(enum db_role role, int64_t deadline_us);
void pool_give(struct conn *k);

/* A taken connection becomes a pipeline's: from now on several use it, and it only comes back to be
 * closed. False when a third of the cap is lent already; it stays as it was. */
CHECKED bool pool_lend(struct conn *k);

/* Of the role's last failed attempt to connect, PostgreSQL's or the system's own words, a copy in
 * `a`; NULL: the last succeeded. */
const char *pool_why_not(struct arena *a, enum db_role role);

/* What the server keeps to, beside pool_statement_ms. */
enum { POOL_IDLE_IN_TRANSACTION_MS = 10000 };
int pool_lock_ms(enum db_role role); /* the owner waits far shorter: pipeline.h */

/* ASHLAR_DB_WAIT_MS, ASHLAR_DB_STATEMENT_MS and ASHLAR_DB_SHARED_STATEMENT_MS, as pool_start read
 * them; the last is never more than the one before. */
int pool_wait_ms(void);
int pool_statement_ms(void);
int pool_shared_statement_ms(void);

/* The URL the role logs in with. */
const char *db_role_url(enum db_role role);
