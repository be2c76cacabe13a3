/* The monitoring thread. */
#include "monitoring.h"
#include "alerts.h"
#include "errors.h"
#include "base/signal_flag.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <stdatomic.h>
#include <unistd.h>

enum { LOOK_MS = 1000, FLUSH_S = 3, JUDGE_S = 10 };

static struct {
    pthread_t thread;
    struct signal_flag signal;
    atomic_bool stopping;
    bool is_up;
    struct alerts alerts;
} watch;

static void judge(struct alerts *a, int64_t now_us)
{
    int64_t values[ALERTS];

    alerts_read(a, now_us, values);
    alerts_judge(a, values, now_us);
    alerts_send(a, values[ALERT_DATABASE] == 0, alerts_mail);
}

static void *look(void *arg)
{
    int64_t flush_at = 0, judge_at = 0;

    (void)arg;
    while (!atomic_load(&watch.stopping)) {
        int64_t now_us = clock_monotonic_us();
        if (now_us >= flush_at) {
            (void)!errors_flush(); /* a failure is itself a queued error */
            flush_at = now_us + SECONDS(FLUSH_S);
        }
        if (now_us >= judge_at) {
            judge(&watch.alerts, now_us);
            judge_at = now_us + SECONDS(JUDGE_S);
        }
        signal_flag_wait(&watch.signal, LOOK_MS);
    }
    return NULL;
}

bool watch_start(void)
{
    char host[64] = "", instance[128];

    gethostname(host, sizeof host - 1);
    snprintf(instance, sizeof instance, "%s:%d", host, (int)getpid());
    alerts_init(&watch.alerts, instance, clock_monotonic_us());
    signal_flag_init(&watch.signal);
    atomic_store(&watch.stopping, false);
    errors_start();
    watch.is_up = pthread_create(&watch.thread, NULL, look, NULL) == 0;
    if (!watch.is_up) {
        log_error(NULL, "watch.thread_failed");
        errors_stop();
        signal_flag_release(&watch.signal);
    }
    return watch.is_up;
}

void watch_stop(void)
{
    if (!watch.is_up)
        return;
    watch.is_up = false;
    atomic_store(&watch.stopping, true);
    signal_flag_set(&watch.signal);
    pthread_join(watch.thread, NULL);
    signal_flag_release(&watch.signal);
    (void)!errors_flush();
    errors_stop();
}
