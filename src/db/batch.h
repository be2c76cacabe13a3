/* One statement in the open unit of work, and what its failure means. */
#pragma once
#include "conn.h"
#include "tx.h"

/* A row that is taken for granted: precondition_add. */
struct precondition {
    const struct query *query;
    struct params params;
    struct bytes row;
};

/* The open transaction's state; c->tx. Lives in c's arena across transactions. */
struct tx {
    enum tx_kind kind;
    enum db_role role;     /* of the open transaction */
    enum db_role run_role; /* of those tx_run and tx_read open */
    bool shares;           /* reads may go on the reactor's pipeline */
    bool slow;             /* counts against the slow ones' part of the pool */
    bool gives_back;       /* tx_give_back */
    bool open;
    bool settings_due; /* ashlar.org and the others travel with the next statement */
    bool may_retry;    /* the last transaction failed in a way that running it again may cure */
    err poison;        /* why the open transaction cannot commit any more; NULL: it can */
    struct precondition checks[PRECONDITIONS_MAX];
    size_t n_checks;
    bool checks_due;        /* they travel with the next statement */
    bool outdated;          /* the last transaction failed because one of them did not hold */
    struct conn *conn;      /* NULL until the first statement */
    struct uuid org_before; /* a rolled back transaction leaves c as it was */
    const char *role_before;
    struct actor actor_before;
    struct apart *apart, *apart_before; /* newest first; what tx_apart registered */
    struct after *after, **after_end;   /* what to call after COMMIT */
    struct tx_memory *memories;         /* of tx_give_back */
};

/* c's tx, made on first use. */
struct tx *tx_of(struct ctx *c);

/* The transaction cannot commit any more; returns `why`. */
err tx_poison(struct tx *t, err why);

/* Run q; on success `*out` is the caller's to clear. ERR_OUTGROWN, before anything is sent, when
 * the unit of work has outgrown its memory. */
CHECKED err batch_run(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args, PGresult **out);

/* The same, but of the rows only the first ones that have `most_bytes` together, at least one;
 * `*cut`: there were more. The others are never held in memory. */
CHECKED err batch_run_some(struct ctx *c, const struct query *q, const struct arg *args,
    size_t n_args, size_t most_bytes, PGresult **out, bool *cut);

/* Send the checks that are due, alone. */
CHECKED err batch_confirm(struct ctx *c);

/* COMMIT or ROLLBACK, within a time of its own. `*out` is the caller's to clear. */
enum conn_outcome batch_end(struct ctx *c, const struct query *q, PGresult **out);
void batch_rollback(struct ctx *c);
void batch_give_back(struct ctx *c);

/* What a failed result means, logged when it is unexpected. Constraints get the name their module
 * gives them. */
err db_error_of_result(struct ctx *c, const struct query *q, const PGresult *r);
/* The link broke, or no answer came in time. */
err db_error_of_link(struct ctx *c, const struct query *q, enum conn_outcome outcome);
/* Running the transaction again may succeed. */
bool db_error_may_pass(const PGresult *r);
/* The statement's plan no longer fits the schema, or the server forgot it. */
bool db_error_is_stale_plan(const PGresult *r);
