/* Bounded pools for blocking and computing functions. */
#include "offload.h"
#include "bounds.h"
#include "config/platform_settings.h"
#include "fiber.h"
#include "wait.h"
#include "workers.h"
#include <ashlar/log.h>
#include <ashlar/runtime.h>
#include <stdatomic.h>
#include <sys/sysinfo.h>

/* The pool for computation, as wide as the memory allows, and the pool for calls of other
 * servers. */
static struct workers computing = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work = PTHREAD_COND_INITIALIZER,
    .queue_max = OFFLOAD_QUEUE,
    .computes = true,
};
static struct workers calling = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work = PTHREAD_COND_INITIALIZER,
    .queue_max = OFFLOAD_QUEUE,
};

const struct metric METRIC_OFFLOADS = {
    .name = "ashlar_offloads_total",
    .help = "Blocking computations (password hashes) by result: done, rejected because the queue "
            "was full, or timed out waiting for a thread.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "done|full|late",
};

/* One core stays free for all other work. */
static int slots(void)
{
    int wanted = (int)setting_int(&ASHLAR_PASSWORD_SLOTS), cores = get_nprocs();

    if (wanted > 0)
        return wanted;
    return cores > 2 ? cores - 1 : 1;
}

static const char *const outcome_words[] = {
    [WORKERS_DONE] = "done",
    [WORKERS_FULL] = "full",
    [WORKERS_LATE] = "late",
};

static err refuse_in_transaction(struct ctx *c, const char *what)
{
    log_error(c, "runtime.in_transaction_rejected", log_text("call", what),
        log_text("repair", "make the route or job TX_MANUAL and call it between two tx_run"));
    return &ERR_INTERNAL;
}

static err timed_out(struct ctx *c)
{
    return problem(c, &ERR_TIMEOUT, NULL, "The deadline of this request has passed.");
}

err offload(struct ctx *c, void (*fn)(void *arg), void *arg)
{
    if (c->in_transaction)
        return refuse_in_transaction(c, "offload");
    int left_ms = ctx_left_ms(c);
    if (!left_ms)
        return timed_out(c);
    int wait_ms = left_ms < OFFLOAD_WAIT_MS ? left_ms : OFFLOAD_WAIT_MS;
    enum workers_outcome outcome =
        workers_run(&computing, slots(), fn, arg, clock_monotonic_us() + (int64_t)wait_ms * 1000);
    metric_add(&METRIC_OFFLOADS, outcome_words[outcome], 1);
    if (outcome == WORKERS_DONE)
        return NULL;
    metric_add(&METRIC_BOUND_REFUSED, "hashes", 1);
    log_warn(c, "offload.refused", log_text("why", outcome_words[outcome]),
        log_int("wait_ms", wait_ms), log_int("slots", slots()));
    if (!ctx_left_ms(c))
        return timed_out(c);
    return problem(c, &ERR_UNAVAILABLE, NULL, "The server is overloaded. Try again in a moment.");
}

static atomic_int entered;

bool offload_enter(void)
{
    const int64_t wait_us = (int64_t)OFFLOAD_WAIT_MS * 1000;
    bool has_room = !workers_are_full(&computing, slots(), clock_monotonic_us() + wait_us);

    if (atomic_fetch_add(&entered, 1) < workers_room(&computing, slots(), wait_us) && has_room)
        return true;
    offload_leave();
    metric_add(&METRIC_OFFLOADS, outcome_words[WORKERS_FULL], 1);
    metric_add(&METRIC_BOUND_REFUSED, "hashes", 1);
    return false;
}

void offload_leave(void)
{
    atomic_fetch_sub(&entered, 1);
}

err sleep_ms(struct ctx *c, int ms)
{
    if (c->in_transaction)
        return refuse_in_transaction(c, "sleep_ms");
    int left_ms = ctx_left_ms(c);
    bool enough = ms <= left_ms;
    if (ms > 0)
        wait_time(clock_monotonic_us() + (int64_t)(enough ? ms : left_ms) * 1000);
    return enough ? NULL : timed_out(c);
}

bool runtime_call(void (*fn)(void *arg), void *arg, int64_t until_us)
{
    if (!fiber_current()) {
        fn(arg);
        return true;
    }
    if (workers_run(&calling, WORKERS_MAX, fn, arg, until_us) == WORKERS_DONE)
        return true;
    metric_add(&METRIC_BOUND_REFUSED, "calls", 1);
    return false;
}

void runtime_report(void)
{
    metric_set(&METRIC_BOUND_USED, "hashes", workers_load(&computing));
    metric_set(&METRIC_BOUND_LIMIT, "hashes",
        workers_room(&computing, slots(), (int64_t)OFFLOAD_WAIT_MS * 1000));
    metric_set(&METRIC_BOUND_USED, "calls", workers_load(&calling));
    metric_set(&METRIC_BOUND_LIMIT, "calls", WORKERS_MAX + OFFLOAD_QUEUE);
}

void runtime_stop(void)
{
    workers_stop(&computing);
    workers_stop(&calling);
}
