/*
 * One connection to PostgreSQL: non-blocking, in pipeline mode, every wait with a deadline. A
 * connection belongs to one thread at a time.
 */
#pragma once
#include "pool.h"
#include <ashlar/db.h>
#include <libpq-fe.h>

struct conn {
    PGconn *pg;
    enum db_role role;
    int64_t retire_us;             /* on clock_monotonic_us's scale: not used after this time */
    bool lost;                     /* the connection is broken or its state unknown: it must be
                                    * closed */
    const struct query **prepared; /* open addressing, `room` a power of two */
    size_t n_prepared, room;
    unsigned plans;    /* generation of its prepared statements: conn_is_outgrown */
    bool shared;       /* used by a pipeline: pool_lend */
    bool slow;         /* pool_take_slow */
    struct conn *next; /* the pool's list of idle ones */
};

struct conn_options {
    const char *url;
    const char *role;                   /* SET ROLE after login; NULL: keep the login role */
    const char *application;            /* seen in pg_stat_activity */
    int statement_ms, lock_ms, idle_ms; /* server-side limits; 0: none */
    bool pipeline;
    bool by_index; /* never scan a table sequentially if an index applies: plans outlive the growth
                    * of tables */
};

/* NULL when it cannot be opened by `deadline_us`. `why` is then text for the log, without
 * secrets. */
struct conn *conn_open(
    const struct conn_options *o, int64_t deadline_us, char *why, size_t why_size);
void conn_close(struct conn *k);

/* Whether the socket reports an open connection. No round trip. */
bool conn_is_alive(struct conn *k);

enum conn_outcome { CONN_OK, CONN_LOST, CONN_LATE };

/* Parameters in libpq's form: text, except bytes. */
struct params {
    const char **values;
    int *sizes, *formats;
    int n;
};
struct params params_make(struct arena *a, const struct arg *args, size_t n_args);

struct step {
    const struct query *query;
    struct params params;
    PGresult *result;  /* set by conn_run, cleared by the caller with steps_clear */
    size_t most_bytes; /* limit of rows, which are then read one by one and dropped from the first
                        * that does not fit. The first row always fits. 0: no limit */
    bool cut;          /* rows were dropped */
    size_t bytes;      /* of rows so far */
    bool prepare;      /* private to conn_run */
};

/*
 * Sends all steps together and waits for their results: one round trip. New statements are prepared
 * on the way, each before a separate sync, because a parse after a failing statement is skipped.
 * CONN_OK means that all results arrived, not that they are successful. After CONN_LOST and
 * CONN_LATE the connection must be closed. `deadline_us` 0: none.
 */
enum conn_outcome conn_run(struct conn *k, struct step *steps, size_t n, int64_t deadline_us);
void steps_clear(struct step *steps, size_t n);

/* Outside pipeline mode: one statement as text. */
enum conn_outcome conn_exec(struct conn *k, const char *sql, const struct params *params,
    int64_t deadline_us, PGresult **out);

/* --- The two halves of conn_run, for several concurrent batches --- */

/* Sends all steps up to a sync. False: the connection is broken. */
bool conn_send(struct conn *k, struct step *steps, size_t n);

/* Progress in reading the results of a sent batch. */
struct reading {
    struct step *steps;
    size_t n, at;
    bool preparing;
    enum { EXPECT_RESULT, EXPECT_END, EXPECT_SYNC, EXPECT_NOTHING } expects;
};
void reading_begin(struct reading *r, struct step *steps, size_t n);
/* Sets the row mode of the next result. Call before any access to it (PQisBusy is one). */
void reading_expect(const struct reading *r, struct conn *k);
/* Accepts a result of PQgetResult. False: it is not the expected one, and the connection's state is
 * unknown. */
bool reading_take(struct reading *r, struct conn *k, PGresult *result);
bool reading_is_done(const struct reading *r);
/* Whether libpq had no memory for a received result. At a sync it then keeps no result and would
 * wait for ever, so this is checked whenever it is busy. */
bool conn_has_lost_answer(const struct conn *k);
void conn_note_prepared(struct conn *k, const struct query *q);

/* Drops all prepared statements, here and on the server (their plans no longer fit the schema).
 * Outside a transaction only. */
void conn_forget_statements(struct conn *k, int64_t deadline_us);

/*
 * Reports that a statement of `k` (NULL: of a shared connection) had an outdated plan: the
 * statements of all connections start a new generation. An outdated connection must drop its
 * statements before its next use. Threads: any.
 */
void conn_note_outgrown(const struct conn *k);
bool conn_is_outgrown(const struct conn *k);

/* SQLSTATE of a failed result. "" when it has none. */
const char *result_sqlstate(const PGresult *r);
bool result_is_ok(const PGresult *r);
