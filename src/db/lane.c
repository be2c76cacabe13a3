/* Which shared connection a batch goes on, and when one is opened or closed. Knows no statement but
 * its own. */
#include "lane.h"
#include "lane_link.h"
#include "runtime/reactor.h"
#include <ashlar/clock.h>
#include <stdlib.h>

enum { IN_FLIGHT_MAX = 256, OPEN_MS = 300, RETRY_MS = 1000, TRUSTED_MS = 100 };

struct lanes {
    struct lane lanes[LANE_CONNECTIONS];
};

/* --- Opening and choosing --- */

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What a shared connection may do less than one of its own. */
static bool limit_statements(struct conn *k, int64_t deadline_us)
{
    static const struct query limit = { "limit_lane", "platform",
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

static bool open_lane(struct lane *l, int64_t deadline_us)
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

/* Whether it is alive is asked where it was not heard lately: that costs a call, and who sends on a
 * broken one is answered by another. */
static bool is_worn(struct lane *l)
{
    const int64_t trusted_until_us = l->heard_us + (int64_t)TRUSTED_MS * 1000;

    return l->retiring || (trusted_until_us < clock_monotonic_us() && !conn_is_alive(l->conn));
}

static bool is_usable(struct lane *l)
{
    if (l->opening || l->conn == NULL)
        return false;
    lane_read_left(l);
    if (l->conn != NULL && l->conn->retire_us < clock_monotonic_us())
        l->retiring = true;
    if (l->conn != NULL && l->in_flight == 0 && is_worn(l))
        lane_close(l);
    return l->conn != NULL && !l->retiring && l->in_flight < IN_FLIGHT_MAX &&
           (l->reader != NULL || l->in_flight == 0);
}

static struct lane *least_busy(struct lanes *all)
{
    struct lane *least = NULL;

    for (size_t i = 0; i < LANE_CONNECTIONS; i++) {
        struct lane *l = &all->lanes[i];
        if (is_usable(l) && (least == NULL || l->in_flight < least->in_flight))
            least = l;
    }
    return least;
}

static struct lane *may_be_opened(struct lanes *all)
{
    for (size_t i = 0; i < LANE_CONNECTIONS; i++) {
        struct lane *l = &all->lanes[i];
        if (l->conn == NULL && !l->opening && l->retry_us <= clock_monotonic_us())
            return l;
    }
    return NULL;
}

static struct lane *choose(struct lanes *all, int64_t deadline_us)
{
    struct lane *least = least_busy(all), *closed;

    if (least != NULL && least->in_flight == 0)
        return least;
    closed = may_be_opened(all);
    if (closed == NULL)
        return least;
    return open_lane(closed, deadline_us) ? closed : least_busy(all);
}

/* --- The lanes of a reactor --- */

static void end_lanes(void *data)
{
    struct lanes *all = data;

    for (size_t i = 0; i < LANE_CONNECTIONS; i++)
        lane_end(&all->lanes[i]);
    free(all);
}

static struct lanes *lanes_of(struct reactor *r)
{
    struct lanes *all = reactor_kept(r, end_lanes);

    if (all != NULL)
        return all;
    all = calloc(1, sizeof *all);
    for (size_t i = 0; all != NULL && i < LANE_CONNECTIONS; i++)
        all->lanes[i].end = &all->lanes[i].first;
    if (all != NULL && reactor_keep(r, end_lanes, all))
        return all;
    free(all);
    return NULL;
}

/* --- A batch --- */

static enum conn_outcome take_answer(struct slot *s, struct step *steps, size_t n)
{
    enum conn_outcome outcome = s->state == SLOT_DONE ? CONN_OK : CONN_LOST;

    for (size_t i = 0; i < n && outcome == CONN_OK; i++) {
        steps[i].result = s->steps[i].result;
        steps[i].cut = s->steps[i].cut;
        s->steps[i].result = NULL;
    }
    slot_free(s);
    return outcome;
}

bool lane_run(struct step *steps, size_t n, int64_t deadline_us, enum conn_outcome *outcome)
{
    struct fiber *f = fiber_current();
    struct lanes *all = f != NULL && n <= LANE_STEPS_MAX ? lanes_of(f->reactor) : NULL;
    struct lane *l = all != NULL ? choose(all, deadline_us) : NULL;
    struct slot *s = l != NULL ? slot_new(steps, n) : NULL;

    if (s == NULL)
        return false;
    lane_send(l, s, n);
    if (s->state == SLOT_SENT)
        lane_await(l, s, deadline_us);
    if (s->state == SLOT_SENT) {
        s->left = true;
        *outcome = CONN_LATE;
    } else {
        *outcome = take_answer(s, steps, n);
    }
    return true;
}
