/* Execution of one statement, with the statements that must precede it. */
#include "batch.h"
#include "db_sql.h"
#include "pipeline.h"
#include "row_bytes.h"
#include <ashlar/log.h>

/* The end of a transaction has separate time: after the unit's deadline its response is still
 * required. */
enum { GRACE_MS = 1000, END_WITHIN_MS = 3000 };

static const struct query begin = { "begin_write", "platform", "BEGIN" };

/* Statements sent together: BEGIN, the settings, the checks and the statement itself. A read needs
 * no BEGIN: up to the sync it is one transaction, and each statement has a separate snapshot in
 * either case. */
struct batch {
    struct step steps[3 + PRECONDITIONS_MAX];
    size_t n, first_check, n_checks;
};

/* Never sent to a client: the dispatcher runs the request again. */
static const struct error_kind OUTDATED = { "unit-outdated", 503,
    "State changed since the transaction began", "" };

struct tx *tx_of(struct ctx *c)
{
    if (c->tx == NULL)
        c->tx = arena_alloc(c->arena, sizeof(*c->tx));
    return c->tx;
}

err tx_poison(struct tx *t, err why)
{
    if (t->poison == NULL)
        t->poison = why;
    return why;
}

static int64_t batch_deadline(const struct ctx *c, int limit_ms)
{
    int64_t own = clock_monotonic_us() + (int64_t)limit_ms * 1000;
    return c->deadline_us != 0 && c->deadline_us < own ? c->deadline_us : own;
}

static const char *uuid_setting(struct arena *a, struct uuid id)
{
    char *text = arena_alloc(a, UUID_TEXT_SIZE + 1);

    if (!uuid_is_nil(id))
        uuid_format(id, text);
    return text;
}

static struct params settings_params(struct ctx *c)
{
    char *now = arena_alloc(c->arena, INSTANT_TEXT_SIZE);

    if (clock_is_fake())
        instant_format(clock_now(), now);
    return params_make(
        c->arena, ARGS(ARG(uuid_setting(c->arena, c->org)),
                      ARG(uuid_setting(c->arena, c->actor.person)), ARG((const char *)now)));
}

static void add_step(struct batch *b, const struct query *q, struct params params)
{
    b->steps[b->n++] = (struct step){ .query = q, .params = params };
}

static void add_checks(struct batch *b, const struct tx *t)
{
    b->first_check = b->n;
    b->n_checks = t->checks_due ? t->n_checks : 0;
    for (size_t i = 0; i < b->n_checks; i++)
        add_step(b, t->checks[i].query, t->checks[i].params);
}

/* The requested statement. */
struct asked {
    const struct query *query; /* NULL: the checks alone */
    struct params params;
    size_t most_bytes; /* as a step's */
    bool cut;
};

static struct batch make_batch(struct ctx *c, const struct asked *asked, bool begins)
{
    static const struct params none = { .n = 0 };
    const bool reads = c->tx->kind == TX_READ;
    struct batch b = { .n = 0 };

    if (begins && !reads)
        add_step(&b, &begin, none);
    if (begins || c->tx->settings_due)
        add_step(&b, reads ? &SQL_enter_read : &SQL_enter_tx, settings_params(c));
    add_checks(&b, c->tx);
    if (asked->query != NULL) {
        add_step(&b, asked->query, asked->params);
        b.steps[b.n - 1].most_bytes = asked->most_bytes;
    }
    return b;
}

/* Whether all checks have their responses. A later statement's failure does not affect them. */
static bool were_checked(const struct batch *b)
{
    for (size_t i = 0; i < b->n_checks; i++)
        if (!result_is_ok(b->steps[b->first_check + i].result))
            return false;
    return true;
}

static bool is_outdated(struct ctx *c, const struct batch *b)
{
    for (size_t i = 0; i < b->n_checks; i++)
        if (!row_bytes_match(c->arena, c->tx->checks[i].row, b->steps[b->first_check + i].result))
            return true;
    return false;
}

static const struct step *failed_step(const struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (!result_is_ok(b->steps[i].result))
            return &b->steps[i];
    return NULL;
}

static err lease(struct ctx *c)
{
    const int64_t deadline_us = batch_deadline(c, pool_wait_ms());
    struct tx *t = c->tx;

    t->conn = t->slow ? pool_take_slow(t->role, deadline_us) : pool_take(t->role, deadline_us);
    if (t->conn != NULL) {
        if (conn_is_outgrown(t->conn))
            conn_forget_statements(t->conn, batch_deadline(c, GRACE_MS));
        return NULL;
    }
    log_warn(c, "db.connection_unavailable", log_text("role", db_role_name(t->role)),
        log_text("why", "no connection became free in time, or the database is unreachable"));
    return ctx_left_ms(c) == 0 ? &ERR_TIMEOUT : &ERR_UNAVAILABLE;
}

static enum conn_outcome run_batch(struct ctx *c, struct batch *b)
{
    c->round_trips++;
    return conn_run(c->tx->conn, b->steps, b->n, batch_deadline(c, pool_statement_ms() + GRACE_MS));
}

/* Runs the batch on this reactor's pipeline, if the unit may share and a pipeline is available. */
static bool run_shared(struct ctx *c, struct batch *b, enum conn_outcome *outcome)
{
    const struct tx *t = c->tx;
    bool ran =
        t->shares && t->kind == TX_READ && t->role == DB_APP && t->conn == NULL &&
        pipeline_run(b->steps, b->n, batch_deadline(c, pool_statement_ms() + GRACE_MS), outcome);

    c->round_trips += ran;
    return ran;
}

/* Restarts a transaction in which no statement took effect: the server lost a prepared statement,
 * its plan is outdated, or the idle connection was broken. */
static err begin_again(struct ctx *c, err why, bool *again)
{
    if (c->tx->conn != NULL && !c->tx->conn->lost && c->tx->kind != TX_READ)
        batch_rollback(c);
    batch_give_back(c);
    c->tx->checks_due = c->tx->n_checks > 0;
    *again = true;
    return why;
}

static err link_failed(struct ctx *c, const struct query *q, enum conn_outcome outcome, bool *again)
{
    if (again != NULL && outcome == CONN_LOST)
        return begin_again(c, &ERR_UNAVAILABLE, again);
    /* COMMIT was not sent, so no effect exists and another run is safe. */
    c->tx->may_retry = outcome == CONN_LOST;
    batch_give_back(c);
    return db_error_of_link(c, q, outcome);
}

static err step_failed(struct ctx *c, const struct step *s, bool *again)
{
    const bool is_stale = db_error_is_stale_plan(s->result);

    if (is_stale)
        conn_note_outgrown(c->tx->conn);
    if (again != NULL && is_stale)
        return begin_again(c, &ERR_INTERNAL, again);
    c->tx->may_retry = db_error_may_pass(s->result);
    return db_error_of_result(c, s->query, s->result);
}

/* Evaluates a complete batch. The checks come first: if one fails, the statement's result does not
 * count, not even its failure. */
static err judge(struct ctx *c, struct batch *b, struct asked *asked, PGresult **out, bool *again)
{
    struct tx *t = c->tx;
    const struct step *failed = failed_step(b);

    if (were_checked(b)) {
        t->outdated = is_outdated(c, b);
        t->checks_due = false;
    }
    if (t->outdated)
        return &OUTDATED;
    if (failed != NULL)
        return step_failed(c, failed, again);
    t->settings_due = false;
    asked->cut = b->steps[b->n - 1].cut;
    *out = b->steps[b->n - 1].result;
    b->steps[b->n - 1].result = NULL;
    return NULL;
}

/* `again` NULL: no second attempt is possible. Only the first attempt uses a shared connection. */
static err attempt(struct ctx *c, struct asked *asked, PGresult **out, bool *again)
{
    struct tx *t = c->tx;
    bool begins = t->conn == NULL || t->kind == TX_READ;
    enum conn_outcome outcome;
    struct batch b;
    err e;

    b = make_batch(c, asked, begins);
    if (again == NULL || !run_shared(c, &b, &outcome)) {
        if (t->conn == NULL)
            TRY(lease(c));
        outcome = run_batch(c, &b);
    }
    again = begins ? again : NULL;
    if (outcome == CONN_OK)
        e = judge(c, &b, asked, out, again);
    else
        e = link_failed(c, b.steps[b.n - 1].query, outcome, again);
    steps_clear(b.steps, b.n);
    return e;
}

static err check_usable(struct ctx *c, const struct query *q)
{
    if (c->tx == NULL || !c->tx->open) {
        log_error(c, "db.transaction_missing", log_text("module", q->module),
            log_text("query", q->name),
            log_text("why", "db_ was called outside a transaction: use tx_run or another tx kind"));
        return &ERR_INTERNAL;
    }
    if (c->tx->poison != NULL)
        return c->tx->poison;
    if (ctx_left_ms(c) == 0)
        return tx_poison(c->tx, &ERR_TIMEOUT);
    if (ctx_fits(c) != NULL)
        return tx_poison(c->tx, &ERR_OUTGROWN);
    return NULL;
}

static err run(struct ctx *c, struct asked *asked, PGresult **out)
{
    bool again = false;
    err e = attempt(c, asked, out, &again);

    if (again)
        e = attempt(c, asked, out, NULL);
    return e != NULL ? tx_poison(c->tx, e) : NULL;
}

/* PostgreSQL's error for a missing value is the same as for a broken connection. */
static err check_args(struct ctx *c, const struct query *q, size_t n_args)
{
    if (q->takes == 0 || n_args == (size_t)q->takes - 1)
        return NULL;
    log_error(c, "db.arguments_mismatched", log_text("module", q->module),
        log_text("query", q->name), log_text("file", q->file), log_int("line", q->line),
        log_int("takes", q->takes - 1), log_int("given", (int64_t)n_args));
    return tx_poison(c->tx, &ERR_INTERNAL);
}

err batch_run_some(struct ctx *c, const struct query *q, const struct arg *args, size_t n_args,
    size_t most_bytes, PGresult **out, bool *cut)
{
    struct asked asked = { .query = q, .most_bytes = most_bytes };

    TRY(check_usable(c, q));
    TRY(check_args(c, q, n_args));
    asked.params = params_make(c->arena, args, n_args);
    TRY(run(c, &asked, out));
    *cut = asked.cut;
    return NULL;
}

err batch_run(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args, PGresult **out)
{
    bool cut;

    return batch_run_some(c, q, args, n_args, 0, out, &cut);
}

/* Before the first statement there is no transaction, and the checks alone need none. */
err batch_confirm(struct ctx *c)
{
    struct asked checks = { .query = NULL };
    struct tx *t = c->tx;
    const enum tx_kind kind = t->kind;
    const bool alone = t->conn == NULL;
    PGresult *last = NULL;
    err e;

    TRY(check_usable(c, t->checks[0].query));
    if (alone)
        t->kind = TX_READ;
    e = run(c, &checks, &last);
    PQclear(last);
    t->kind = kind;
    if (alone)
        batch_give_back(c);
    return e;
}

enum conn_outcome batch_end(struct ctx *c, const struct query *q, PGresult **out)
{
    struct step step = { .query = q };
    enum conn_outcome outcome;

    c->round_trips++;
    outcome = conn_run(c->tx->conn, &step, 1, clock_monotonic_us() + (int64_t)END_WITHIN_MS * 1000);
    *out = step.result;
    return outcome;
}

void batch_rollback(struct ctx *c)
{
    static const struct query rollback = { "rollback", "platform", "ROLLBACK" };
    PGresult *result = NULL;

    if (batch_end(c, &rollback, &result) != CONN_OK || !result_is_ok(result))
        c->tx->conn->lost = true;
    PQclear(result);
}

void batch_give_back(struct ctx *c)
{
    if (c->tx->conn != NULL)
        pool_give(c->tx->conn);
    c->tx->conn = NULL;
}
