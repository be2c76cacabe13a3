/* Wake-up of workers when jobs may be due. */
#include "notifier.h"
#include "config/platform_settings.h"
#include "db/conn.h"
#include "db/tx.h"
#include "topics.h"
#include <ashlar/log.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

enum { TAKE_MS = 3000, AGAIN_MS = 2000, CHECK_MS = 30000 };

static struct {
    _Atomic(void (*)(void)) heard, notify;
    pthread_t listener;
    bool listening; /* the thread exists */
    int stop_fd;
} wake = { .stop_fd = -1 };

static void call(void (*fn)(void))
{
    if (fn != NULL)
        fn();
}

static void committed(void *arg)
{
    (void)arg;
    call(atomic_load(&wake.heard));
    call(atomic_load(&wake.notify));
}

void notifier_after_commit(struct ctx *c)
{
    tx_after_commit(c, committed, NULL);
}

static bool say_listen(struct conn *k)
{
    static const struct query listen = { "listen", "platform", "LISTEN ashlar_jobs" };
    static const struct query topics = { "listen_topics", "platform", "LISTEN ashlar_streams" };
    struct step steps[] = { { .query = &listen }, { .query = &topics } };
    bool good;

    good = conn_run(k, steps, 2, clock_monotonic_us() + (int64_t)TAKE_MS * 1000) == CONN_OK &&
           result_is_ok(steps[0].result) && result_is_ok(steps[1].result);
    steps_clear(steps, 2);
    return good;
}

/* Any number of notifications is one wake-up of the workers. Topics are passed on one by one. */
static bool take_notifications(struct conn *k)
{
    PGnotify *n;
    bool any = false;
    /* Before they are taken: it reads the socket too, and poll does not report input that libpq has
     * read. */
    const bool alive = conn_is_alive(k);

    while ((n = PQnotifies(k->pg)) != NULL) {
        if (strcmp(n->relname, "ashlar_streams") == 0)
            topics_heard(n->extra);
        else
            any = true;
        PQfreemem(n);
    }
    if (any)
        call(atomic_load(&wake.heard));
    return alive;
}

static bool must_stop(int timeout_ms)
{
    struct pollfd stop = { .fd = wake.stop_fd, .events = POLLIN };

    return poll(&stop, 1, timeout_ms) > 0;
}

/* Listens until the connection breaks or the process ends. A periodic check detects a broken
 * connection without traffic. */
static void listen_on(struct conn *k)
{
    struct pollfd fds[2] = { { .fd = wake.stop_fd, .events = POLLIN },
        { .fd = PQsocket(k->pg), .events = POLLIN } };

    if (!say_listen(k))
        return;
    topics_listening(true);
    call(atomic_load(&wake.heard)); /* a wake-up may have been missed before LISTEN */
    while (take_notifications(k)) { /* first those that came with the response to LISTEN */
        if (poll(fds, 2, CHECK_MS) > 0 && fds[0].revents != 0)
            break;
    }
    topics_listening(false);
}

static void *listen_always(void *arg)
{
    struct conn *k;
    bool said = false;

    (void)arg;
    while (!must_stop(0)) {
        k = pool_take(DB_SYSTEM, clock_monotonic_us() + (int64_t)TAKE_MS * 1000);
        if (k != NULL) {
            said = false;
            listen_on(k);
            k->lost = true; /* it listens, so the pool must not reuse it */
            pool_give(k);
        }
        if (must_stop(AGAIN_MS)) /* also after success: the connection may break immediately each
                                  * time */
            break;
        if (!said)
            log_warn(
                NULL, "jobs.listen_failed", log_text("then", "polls until LISTEN succeeds again"));
        said = true;
    }
    return NULL;
}

void notifier_start(void (*heard)(void), void (*notify)(void))
{
    atomic_store(&wake.heard, heard);
    atomic_store(&wake.notify, notify);
    if (!setting_bool(&ASHLAR_JOBS_LISTEN))
        return;
    wake.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    wake.listening =
        wake.stop_fd >= 0 && pthread_create(&wake.listener, NULL, listen_always, NULL) == 0;
    if (!wake.listening)
        log_warn(NULL, "jobs.listen_failed", log_text("then", "polling"));
}

void notifier_stop(void)
{
    atomic_store(&wake.heard, NULL);
    atomic_store(&wake.notify, NULL);
    if (wake.listening) {
        eventfd_write(wake.stop_fd, 1);
        pthread_join(wake.listener, NULL);
    }
    if (wake.stop_fd >= 0)
        close(wake.stop_fd);
    wake.stop_fd = -1;
    wake.listening = false;
}
