/* One shared connection: its batches, its reading fiber, the assignment of results. */
#include "pipeline_connection.h"
#include "batch.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { SILENT_MS = 3000 }; /* longest time without any result: then the connection counts as dead */

/* --- Slots --- */

struct pending_query *pending_query_new(const struct step *steps, size_t n)
{
    struct pending_query *s = calloc(1, sizeof *s);

    if (s != NULL)
        memcpy(s->steps, steps, n * sizeof *steps);
    return s;
}

void pending_query_free(struct pending_query *s)
{
    steps_clear(s->steps, PIPELINE_STEPS_MAX);
    free(s);
}

static void append(struct pipeline_connection *l, struct pending_query *s)
{
    if (l->in_flight++ == 0)
        l->heard_us = clock_monotonic_us();
    *l->end = s;
    l->end = &s->next;
}

/* Removes the first batch and wakes its fiber, unless that has left. */
static void settle_first(struct pipeline_connection *l, bool answered)
{
    struct pending_query *s = l->first;
    struct wake *waiter = s->waiter;

    l->first = s->next;
    if (l->first == NULL)
        l->end = &l->first;
    l->in_flight--;
    s->state = answered ? PENDING_DONE : PENDING_LOST;
    s->waiter = NULL;
    if (waiter != NULL)
        wake_signal(waiter);
    else if (s->left)
        pending_query_free(s);
}

/* --- Closing --- */

void pipeline_close(struct pipeline_connection *l)
{
    pool_give(l->conn);
    l->conn = NULL;
    l->retiring = false;
}

/* Called by the reader, or if there is none: no other fiber may wait on the socket. */
static void lose(struct pipeline_connection *l, const char *why)
{
    log_warn(NULL, "db.pipeline_lost", log_text("why", why), log_int("in_flight", l->in_flight));
    l->conn->lost = true;
    pipeline_close(l);
    while (l->first != NULL)
        settle_first(l, false);
}

/* --- Reading --- */

static bool has_outgrown_plan(const struct pending_query *s)
{
    for (size_t i = 0; i < s->reading.n; i++)
        if (!result_is_ok(s->steps[i].result) && db_error_is_stale_plan(s->steps[i].result))
            return true;
    return false;
}

/* Passes one result to its batch. */
static bool hand_on(struct pipeline_connection *l, PGresult *result)
{
    struct pending_query *s = l->first;

    if (PQstatus(l->conn->pg) == CONNECTION_BAD) {
        PQclear(result);
        return false;
    }
    l->heard_us = clock_monotonic_us();
    if (!reading_take(&s->reading, l->conn, result))
        return false;
    if (reading_is_done(&s->reading)) {
        l->retiring = l->retiring || has_outgrown_plan(s);
        settle_first(l, true);
    }
    return true;
}

/* Takes the results in libpq's buffer. */
static void take_read(struct pipeline_connection *l)
{
    while (l->first != NULL) {
        reading_expect(&l->first->reading, l->conn);
        if (PQisBusy(l->conn->pg))
            break;
        if (!hand_on(l, PQgetResult(l->conn->pg))) {
            lose(l, "the connection broke or is out of step");
            return;
        }
    }
    if (l->first != NULL && conn_has_lost_answer(l->conn))
        lose(l, "no memory for a response");
}

/* Takes the received results without waiting. */
static void read_arrived(struct pipeline_connection *l)
{
    if (PQconsumeInput(l->conn->pg) == 1)
        take_read(l);
    else
        lose(l, "the connection broke");
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool is_silent(const struct pipeline_connection *l)
{
    return clock_monotonic_us() - l->heard_us >= (int64_t)SILENT_MS * 1000;
}

/* Waits until the socket is readable or writable, the connection counts as dead, or the
 * deadline. */
static void await_more(struct pipeline_connection *l, int64_t deadline_us)
{
    int unsent = PQflush(l->conn->pg);
    short events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
    int64_t until_us = earlier(deadline_us, l->heard_us + (int64_t)SILENT_MS * 1000);
    int n = unsent < 0 ? -1 : wait_fd(PQsocket(l->conn->pg), events, until_us);

    if (n > 0)
        read_arrived(l);
    else if (n < 0)
        lose(l, "the connection broke");
    else if (is_silent(l))
        lose(l, "no response for seconds");
}

/* Makes the next batch with a waiting fiber the reader. */
static void pass_on(struct pipeline_connection *l)
{
    struct pending_query *s = l->first;

    while (s != NULL && s->waiter == NULL)
        s = s->next;
    l->reader = s;
    if (s != NULL) {
        wake_signal(s->waiter);
        s->waiter = NULL;
    }
}

static void read_until_answered(
    struct pipeline_connection *l, const struct pending_query *s, int64_t deadline_us)
{
    take_read(l); /* libpq's buffer first: the socket only reports data that libpq has not read */
    while (s->state == PENDING_SENT && clock_monotonic_us() < deadline_us)
        await_more(l, deadline_us);
    pass_on(l);
}

/* Waits until the batch has its results, its fiber must read, or the deadline. */
static void follow(struct pending_query *s, int64_t deadline_us)
{
    struct wake wake;

    wake_init(&wake);
    s->waiter = &wake;
    wake_wait(&wake, deadline_us);
    s->waiter = NULL;
    wake_release(&wake);
}

void pipeline_await(struct pipeline_connection *l, struct pending_query *s, int64_t deadline_us)
{
    if (l->reader == NULL)
        l->reader = s;
    else
        follow(s, deadline_us);
    if (s->state == PENDING_SENT && l->reader == s)
        read_until_answered(l, s, deadline_us);
}

/* --- Sending and ending --- */

/* A connection that rejects a batch is broken. Its reader detects that. */
void pipeline_send(struct pipeline_connection *l, struct pending_query *s, size_t n)
{
    bool sent = conn_send(l->conn, s->steps, n);

    reading_begin(&s->reading, s->steps, n);
    append(l, s);
    if (sent)
        return;
    shutdown(PQsocket(l->conn->pg), SHUT_RDWR);
    if (l->reader == NULL)
        lose(l, "the connection broke");
}

/* Its last fiber left before its results: they precede every later result. */
void pipeline_read_left(struct pipeline_connection *l)
{
    if (l->reader != NULL || l->in_flight == 0)
        return;
    read_arrived(l);
    if (l->conn != NULL && l->in_flight > 0 && is_silent(l))
        lose(l, "no response for seconds");
}

void pipeline_end(struct pipeline_connection *l)
{
    while (l->first != NULL)
        settle_first(l, false);
    if (l->conn != NULL)
        pipeline_close(l);
}
