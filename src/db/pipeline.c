/* Selection, opening and closing of a reactor's shared connections. */
#include "pipeline.h"
#include "pipeline_connection.h"
#include "runtime/reactor.h"
#include <ashlar/clock.h>
#include <stdlib.h>

enum { IN_FLIGHT_MAX = 256, OPEN_MS = 300, RETRY_MS = 1000, TRUSTED_MS = 100 };

struct pipeline_connections {
    struct pipeline_connection pipelines[PIPELINE_CONNECTIONS];
};

/* --- Opening and choosing --- */

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Sets the shorter statement timeout of shared connections. */
static bool limit_statements(struct conn *k, int64_t deadline_us)
{
    static const struct query limit = { "limit_pipeline", "platform",
        "SELECT set_config('statement_timeout', $1, false)" };
    char text[16];
    const char *values[] = { text };
    int sizes[] = { 0 }, formats[] = { 0 };
    struct step step = { .query = &limit, .params = { values, sizes, formats, 1 } };
    bool good;

    snprintf(text, sizeof text, "%d", pool_shared_statement_ms());
    good = conn_run(k, &step, 1, deadline_us) == CONN_OK && result_is_ok(step.result);
    steps_clear(&step, 1);
    return good;
}

static struct conn *borrow(int64_t deadline_us)
{
    struct conn *k = pool_take(DB_APP, deadline_us);

    if (k != NULL && pool_lend(k) && limit_statements(k, deadline_us))
        return k;
    if (k != NULL)
        pool_give(k);
    return NULL;
}

static bool open_pipeline(struct pipeline_connection *l, int64_t deadline_us)
{
    int64_t now_us = clock_monotonic_us();

    l->opening = true;
    l->conn = borrow(lesser(deadline_us, now_us + (int64_t)OPEN_MS * 1000));
    l->opening = false;
    l->retiring = false;
    if (l->conn == NULL)
        l->retry_us = now_us + (int64_t)RETRY_MS * 1000;
    return l->conn != NULL;
}

/* Checks the connection only if it was silent for a while, because a check costs a system call. A
 * batch on a broken connection is sent again on another. */
static bool is_worn(struct pipeline_connection *l)
{
    const int64_t trusted_until_us = l->heard_us + (int64_t)TRUSTED_MS * 1000;

    return l->retiring || (trusted_until_us < clock_monotonic_us() && !conn_is_alive(l->conn));
}

static bool is_usable(struct pipeline_connection *l)
{
    if (l->opening || l->conn == NULL)
        return false;
    pipeline_read_left(l);
    if (l->conn != NULL && l->conn->retire_us < clock_monotonic_us())
        l->retiring = true;
    if (l->conn != NULL && l->in_flight == 0 && is_worn(l))
        pipeline_close(l);
    return l->conn != NULL && !l->retiring && l->in_flight < IN_FLIGHT_MAX &&
           (l->reader != NULL || l->in_flight == 0);
}

static struct pipeline_connection *least_busy(struct pipeline_connections *all)
{
    struct pipeline_connection *least = NULL;

    for (size_t i = 0; i < PIPELINE_CONNECTIONS; i++) {
        struct pipeline_connection *l = &all->pipelines[i];
        if (is_usable(l) && (least == NULL || l->in_flight < least->in_flight))
            least = l;
    }
    return least;
}

static struct pipeline_connection *may_be_opened(struct pipeline_connections *all)
{
    for (size_t i = 0; i < PIPELINE_CONNECTIONS; i++) {
        struct pipeline_connection *l = &all->pipelines[i];
        if (l->conn == NULL && !l->opening && l->retry_us <= clock_monotonic_us())
            return l;
    }
    return NULL;
}

static struct pipeline_connection *choose(struct pipeline_connections *all, int64_t deadline_us)
{
    struct pipeline_connection *least = least_busy(all), *closed;

    if (least != NULL && least->in_flight == 0)
        return least;
    closed = may_be_opened(all);
    if (closed == NULL)
        return least;
    return open_pipeline(closed, deadline_us) ? closed : least_busy(all);
}

/* --- The pipelines of a reactor --- */

static void end_pipelines(void *data)
{
    struct pipeline_connections *all = data;

    for (size_t i = 0; i < PIPELINE_CONNECTIONS; i++)
        pipeline_end(&all->pipelines[i]);
    free(all);
}

static struct pipeline_connections *pipelines_of(struct reactor *r)
{
    struct pipeline_connections *all = reactor_kept(r, end_pipelines);

    if (all != NULL)
        return all;
    all = calloc(1, sizeof *all);
    for (size_t i = 0; all != NULL && i < PIPELINE_CONNECTIONS; i++)
        all->pipelines[i].end = &all->pipelines[i].first;
    if (all != NULL && reactor_keep(r, end_pipelines, all))
        return all;
    free(all);
    return NULL;
}

/* --- A batch --- */

static enum conn_outcome take_answer(struct pending_query *s, struct step *steps, size_t n)
{
    enum conn_outcome outcome = s->state == PENDING_DONE ? CONN_OK : CONN_LOST;

    for (size_t i = 0; i < n && outcome == CONN_OK; i++) {
        steps[i].result = s->steps[i].result;
        steps[i].cut = s->steps[i].cut;
        s->steps[i].result = NULL;
    }
    pending_query_free(s);
    return outcome;
}

bool pipeline_run(struct step *steps, size_t n, int64_t deadline_us, enum conn_outcome *outcome)
{
    struct fiber *f = fiber_current();
    struct pipeline_connections *all =
        f != NULL && n <= PIPELINE_STEPS_MAX ? pipelines_of(f->reactor) : NULL;
    struct pipeline_connection *l = all != NULL ? choose(all, deadline_us) : NULL;
    struct pending_query *s = l != NULL ? pending_query_new(steps, n) : NULL;

    if (s == NULL)
        return false;
    pipeline_send(l, s, n);
    if (s->state == PENDING_SENT)
        pipeline_await(l, s, deadline_us);
    if (s->state == PENDING_SENT) {
        s->left = true;
        *outcome = CONN_LATE;
    } else {
        *outcome = take_answer(s, steps, n);
    }
    return true;
}
