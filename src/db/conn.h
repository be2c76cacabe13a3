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
    int64_t retire_us;             /* on clock_monotonic_us's scale: not used again after this */
    bool lost;                     /* the link is gone or its state unknown: only to be closed */
    const struct query **prepared; /* open addressing, `room` a power of two */
    size_t n_prepared, room;
    unsigned plans;    /* the generation its statements are of: conn_is_outgrown */
    bool shared;       /* lent to a pipeline: pool_lend */
    bool slow;         /* pool_take_slow */
    struct conn *next; /* the pool's list of idle ones */
};

struct conn_options {
    const char *url;
    const char *role;                   /* SET ROLE at once; NULL: stay who logged in */
    const char *application;            /* seen in pg_stat_activity */
    int statement_ms, lock_ms, idle_ms; /* server-side limits; 0: none */
    bool pipeline;
    bool
        by_index; /* never walk a whole table where an index leads: plans are kept while it grows */
};

/* NULL when it cannot be opened by `deadline_us`; `why` is then text for the log, without secrets.
 */
struct conn *conn_open(
    const struct conn_options *o, int64_t deadline_us, char *why, size_t why_size);
void conn_close(struct conn *k);

/* Is the link still up, as far as the socket knows? No round trip. */
bool conn_is_alive(struct conn *k);

enum conn_outcome { CONN_OK, CONN_LOST, CONN_LATE };

/* Parameters as libpq takes them. Text, but for bytes. */
struct params {
    const char **values;
    int *sizes, *formats;
    int n;
};
struct params params_make(struct arena *a, const struct arg *args, size_t n_args);

struct step {
    const struct query *query;
    struct params params;
    PGresult *result;  /* filled by conn_run; the caller clears it with steps_clear */
    size_t most_bytes; /* of rows: they are taken one by one, and from the first on that does not
                        * fit they are dropped as they come. The very first always fits. 0: all
                        * rows, whatever their size */
    bool cut;          /* rows were dropped */
    size_t bytes;      /* of rows so far */
    bool prepare;      /* conn_run's own */
};

/*
 * Send all steps at once and wait for their results: one round trip. Statements this connection
 * does not know yet are prepared on the way, each before a sync of its own: behind a failing
 * statement a parse would be lost. CONN_OK means that all results came, not that they are good.
 * After CONN_LOST and CONN_LATE the connection can only be closed. `deadline_us` 0: none.
 */
enum conn_outcome conn_run(struct conn *k, struct step *steps, size_t n, int64_t deadline_us);
void steps_clear(struct step *steps, size_t n);

/* Outside pipeline mode: one statement as text. */
enum conn_outcome conn_exec(struct conn *k, const char *sql, const struct params *params,
    int64_t deadline_us, PGresult **out);

/* --- The two halves of conn_run, for several batches at a time --- */

/* Send all steps up to a sync; false: the link is broken. */
bool conn_send(struct conn *k, struct step *steps, size_t n);

/* What of a sent batch has been read. */
struct reading {
    struct step *steps;
    size_t n, at;
    bool preparing;
    enum { EXPECT_RESULT, EXPECT_END, EXPECT_SYNC, EXPECT_NOTHING } expects;
};
void reading_begin(struct reading *r, struct step *steps, size_t n);
/* Before anything of the next answer is looked at (PQisBusy does): how its rows are to come. */
void reading_expect(const struct reading *r, struct conn *k);
/* Take what PQgetResult gave; false: it is not what must come now, the link's state is unknown. */
bool reading_take(struct reading *r, struct conn *k, PGresult *result);
bool reading_is_done(const struct reading *r);
/* Did libpq find no memory for an answer that has come? At a sync it then keeps no result and goes
 * on waiting, for ever: asked whenever it is busy. */
bool conn_has_lost_answer(const struct conn *k);
void conn_note_prepared(struct conn *k, const struct query *q);

/* Forget all prepared statements, here and on the server (their plans no longer fit the schema).
 * Outside a transaction only. */
void conn_forget_statements(struct conn *k, int64_t deadline_us);

/*
 * A statement of `k` (NULL: of a shared one) has turned out to be of an older schema: those of all
 * connections begin a new generation. A connection that is outgrown must forget its statements
 * before it is used again. Threads: any.
 */
void conn_note_outgrown(const struct conn *k);
bool conn_is_outgrown(const struct conn *k);

/* The five characters of a failed result; "" when it has none. */
const char *result_sqlstate(const PGresult *r);
bool result_is_ok(const PGresult *r);
