/* Execution of statements on one connection: sent together, read in order. */
#include "conn.h"
#include "runtime/wait.h"
#include <ashlar/log.h>
#include <poll.h>
#include <stdatomic.h>

enum { STATEMENTS_MAX = 4096, STATEMENT_NAME_SIZE = 160 };

/* --- The connection's prepared statements --- */

static size_t pending_query_of(const struct conn *k, const struct query *q)
{
    size_t at = ((uintptr_t)q >> 3) * 0x9E3779B97F4A7C15u >> 20;

    while (k->prepared[at & (k->room - 1)] != NULL && k->prepared[at & (k->room - 1)] != q)
        at++;
    return at & (k->room - 1);
}

static bool is_prepared(const struct conn *k, const struct query *q)
{
    return k->room > 0 && k->prepared[pending_query_of(k, q)] == q;
}

/* The table is at most half full, so that a search always ends. */
static bool grow_prepared(struct conn *k)
{
    struct conn bigger = { .room = k->room > 0 ? k->room * 2 : 64 };

    if (bigger.room > STATEMENTS_MAX * 2)
        return false;
    bigger.prepared = calloc(bigger.room, sizeof(*bigger.prepared));
    if (bigger.prepared == NULL)
        return false;
    for (size_t i = 0; i < k->room; i++)
        if (k->prepared[i] != NULL)
            bigger.prepared[pending_query_of(&bigger, k->prepared[i])] = k->prepared[i];
    free(k->prepared);
    k->prepared = bigger.prepared;
    k->room = bigger.room;
    return true;
}

/* A missing entry costs a failed PREPARE later. So without memory the connection is closed. */
void conn_note_prepared(struct conn *k, const struct query *q)
{
    if ((k->n_prepared + 1) * 2 > k->room && !grow_prepared(k)) {
        k->retire_us = 1;
        return;
    }
    k->prepared[pending_query_of(k, q)] = q;
    k->n_prepared++;
}

static const char *statement_name(const struct query *q, char *out)
{
    snprintf(out, STATEMENT_NAME_SIZE, "%s.%s", q->module, q->name);
    return out;
}

/* --- Waiting --- */

/* libpq 15, fe-protocol3.c: only its message shows this. A server message with the same text only
 * costs a connection. */
bool conn_has_lost_answer(const struct conn *k)
{
    return strstr(PQerrorMessage(k->pg), "out of memory") != NULL;
}

/* Waits until PQgetResult would not block. */
static enum conn_outcome await_result(struct conn *k, int64_t deadline_us)
{
    for (;;) {
        int unsent = PQflush(k->pg);
        short events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN);

        if (unsent < 0)
            return CONN_LOST;
        if (!PQisBusy(k->pg))
            return CONN_OK;
        if (conn_has_lost_answer(k))
            return CONN_LOST;
        if (wait_fd(PQsocket(k->pg), events, deadline_us) <= 0)
            return CONN_LATE;
        if (PQconsumeInput(k->pg) != 1)
            return CONN_LOST;
    }
}

static enum conn_outcome next_result(struct conn *k, int64_t deadline_us, PGresult **out)
{
    enum conn_outcome outcome = await_result(k, deadline_us);

    if (outcome != CONN_OK)
        return outcome;
    *out = PQgetResult(k->pg);
    if (PQstatus(k->pg) != CONNECTION_BAD)
        return CONN_OK;
    PQclear(*out);
    *out = NULL;
    return CONN_LOST;
}

bool result_is_ok(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

const char *result_sqlstate(const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    return state != NULL ? state : "";
}

/* --- Steps --- */

static bool send_prepare(struct conn *k, const struct query *q)
{
    char name[STATEMENT_NAME_SIZE];
    return PQsendPrepare(k->pg, statement_name(q, name), q->sql, 0, NULL) == 1 &&
           PQpipelineSync(k->pg) == 1;
}

static bool send_step(struct conn *k, const struct step *s)
{
    char name[STATEMENT_NAME_SIZE];
    return PQsendQueryPrepared(k->pg, statement_name(s->query, name), s->params.n, s->params.values,
               s->params.sizes, s->params.formats, 0) == 1;
}

bool conn_send(struct conn *k, struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        steps[i].result = NULL;
        steps[i].cut = false;
        steps[i].bytes = 0;
        steps[i].prepare = !is_prepared(k, steps[i].query);
        if (steps[i].prepare && !send_prepare(k, steps[i].query))
            return false;
    }
    for (size_t i = 0; i < n; i++)
        if (!send_step(k, &steps[i]))
            return false;
    return PQpipelineSync(k->pg) == 1;
}

/* One result and the NULL after it. */
static enum conn_outcome read_one(struct conn *k, int64_t deadline_us, PGresult **out)
{
    PGresult *end = NULL;
    enum conn_outcome outcome = next_result(k, deadline_us, out);

    if (outcome == CONN_OK)
        outcome = next_result(k, deadline_us, &end);
    PQclear(end);
    return outcome;
}

static enum conn_outcome read_all(struct conn *k, struct step *steps, size_t n, int64_t deadline_us)
{
    enum conn_outcome outcome = CONN_OK;
    struct reading reading;

    reading_begin(&reading, steps, n);
    while (outcome == CONN_OK && !reading_is_done(&reading)) {
        PGresult *result = NULL;
        reading_expect(&reading, k);
        outcome = next_result(k, deadline_us, &result);
        if (outcome == CONN_OK && !reading_take(&reading, k, result))
            outcome = CONN_LOST;
    }
    return outcome;
}

enum conn_outcome conn_run(struct conn *k, struct step *steps, size_t n, int64_t deadline_us)
{
    enum conn_outcome outcome =
        conn_send(k, steps, n) ? read_all(k, steps, n, deadline_us) : CONN_LOST;

    if (outcome != CONN_OK)
        k->lost = true;
    return outcome;
}

void steps_clear(struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        PQclear(steps[i].result);
        steps[i].result = NULL;
    }
}

enum conn_outcome conn_exec(struct conn *k, const char *sql, const struct params *params,
    int64_t deadline_us, PGresult **out)
{
    static const struct params none = { .n = 0 };
    const struct params *p = params != NULL ? params : &none;
    bool sent = PQsendQueryParams(k->pg, sql, p->n, NULL, p->values, p->sizes, p->formats, 0) == 1;
    enum conn_outcome outcome = sent ? read_one(k, deadline_us, out) : CONN_LOST;

    if (outcome != CONN_OK)
        k->lost = true;
    return outcome;
}

static atomic_uint generation;

/* Many connections report the same change. Only the first report counts. */
void conn_note_outgrown(const struct conn *k)
{
    unsigned was = k != NULL ? k->plans : atomic_load(&generation);

    atomic_compare_exchange_strong(&generation, &was, was + 1);
}

bool conn_is_outgrown(const struct conn *k)
{
    return k->plans != atomic_load(&generation);
}

void conn_forget_statements(struct conn *k, int64_t deadline_us)
{
    static const struct query deallocate = { "deallocate_all", "platform", "DEALLOCATE ALL" };
    struct step step = { .query = &deallocate };

    k->plans = atomic_load(&generation);
    if (k->n_prepared == 0)
        return;
    /* It is itself a prepared statement and is dropped with the others. */
    if (conn_run(k, &step, 1, deadline_us) == CONN_OK && !result_is_ok(step.result))
        k->lost = true;
    steps_clear(&step, 1);
    if (k->room > 0)
        memset((void *)k->prepared, 0, k->room * sizeof(*k->prepared));
    k->n_prepared = 0;
}
