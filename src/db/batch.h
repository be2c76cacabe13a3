/* One statement in the open unit of work, and the meaning of its failure. */
#pragma once
#include "conn.h"
#include "tx.h"

/* A row that the work assumes: precondition_add. */
struct precondition {
    const struct query *query;
    struct params params;
    struct bytes row;
};

/* The open transaction's state, c->tx. It stays in c's arena across transactions. */
struct tx {
    enum tx_kind kind;
    enum db_role role;     /* of the open transaction */
    enum db_role run_role; /* of transactions that tx_run and tx_read open */
    bool shares;           /* reads may use the reactor's pipeline */
    bool slow;             /* counts against the part of the pool for slow reads */
    bool gives_back;       /* tx_give_back */
    bool open;
    bool settings_due; /* the next statement must send ashlar.org and the other settings */
    bool may_retry;    /* the last transaction failed in a way that another run may cure */
    err poison;        /* why the open transaction cannot commit; NULL: it can */
    struct precondition checks[PRECONDITIONS_MAX];
    size_t n_checks;
    bool checks_due;        /* the next statement must send them */
    bool outdated;          /* the last transaction failed because a check failed */
    struct conn *conn;      /* NULL until the first statement */
    struct uuid org_before; /* value to restore in c after a rollback */
    const char *role_before;
    struct actor actor_before;
    struct apart *apart, *apart_before; /* registered by tx_apart, newest first */
    struct after *after, **after_end;   /* registered by tx_after_commit */
    struct tx_memory *memories;         /* of tx_give_back */
};

/* c's tx, created on first use. */
struct tx *tx_of(struct ctx *c);

/* Prevents the commit of the transaction. Returns `why`. */
err tx_poison(struct tx *t, err why);

/* Runs q. On success the caller must clear `*out`. ERR_OUTGROWN, before anything is sent, when the
 * unit of work has outgrown its memory. */
CHECKED err batch_run(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args, PGresult **out);

/* The same for the first rows of together `most_bytes`, at least one. `*cut`: further rows exist.
 * They are never held in memory. */
CHECKED err batch_run_some(struct ctx *c, const struct query *q, const struct arg *args,
    size_t n_args, size_t most_bytes, PGresult **out, bool *cut);

/* Sends the due checks alone. */
CHECKED err batch_confirm(struct ctx *c);

/* COMMIT or ROLLBACK, with a separate deadline. The caller must clear `*out`. */
enum conn_outcome batch_end(struct ctx *c, const struct query *q, PGresult **out);
void batch_rollback(struct ctx *c);
void batch_give_back(struct ctx *c);

/* Error of a failed result, logged when unexpected. A violated constraint has the kind of its
 * module's table. */
err db_error_of_result(struct ctx *c, const struct query *q, const PGresult *r);
/* Error of a broken connection or a missing response. */
err db_error_of_link(struct ctx *c, const struct query *q, enum conn_outcome outcome);
/* Whether another run of the transaction may succeed. */
bool db_error_may_pass(const PGresult *r);
/* Whether the statement's plan no longer fits the schema, or the server lost it. */
bool db_error_is_stale_plan(const PGresult *r);
