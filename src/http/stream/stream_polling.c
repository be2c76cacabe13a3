/* SSE polling: two threads read new events and write them to the subscribed clients. */
#include "config/platform_settings.h"
#include "jobs/topics.h"
#include "runtime/bounds.h"
#include "stream_table.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <errno.h>
#include <signal.h>

struct stream_pace stream_pace = {
    .beat_ms = 15000, .deaf_ms = 5000, .slow_ms = 10000, .round_ms = 50
};

static int64_t after_ms(int64_t us, int ms)
{
    return us + (int64_t)ms * 1000;
}

/* --- Sending --- */

/* All streams with bytes to send. */
static void send_ready(int64_t now_us)
{
    struct stream *s;

    while ((s = TAILQ_FIRST(&streams.ready)) != NULL) {
        stream_move(s, NULL);
        s->state = SENDING;
        s->late_us = after_ms(now_us, stream_pace.slow_ms);
        reaper_until(s->line.watched, s->late_us);
        s->line.go_on(&s->line);
    }
    streams.send_us = after_ms(now_us, stream_pace.round_ms);
}

/* --- Pulling --- */

static stream_pull *look;

static enum ending ask(struct stream *s, struct stream_batch *b)
{
    struct arena *a = arena_new(0);
    err e = look(a, &s->subscription, b);
    bool away = e == &ERR_UNAVAILABLE || e == &ERR_TIMEOUT;

    arena_free(a);
    metric_add(&METRIC_STREAM_PULLS,
        e == NULL ? (b->n ? "events" : "nothing") : (e->status < 500 ? "refused" : "failed"), 1);
    metric_add(&METRIC_STREAM_EVENTS, NULL, b->n);
    if (e != NULL)
        stream_batch_clear(b);
    if (e == NULL || away) /* an unreachable database may recover: the stream waits */
        return GOES_ON;
    s->code = e->code;
    return e->status < 500 ? REFUSED : FAILED;
}

/* Spurious wake-up: followers of an organisation are woken by events they may not see. The stream
 * waits for the next wake-up or heartbeat. */
static void rest_on(struct stream *s)
{
    s->state = s->again ? DUE : RESTING;
    stream_move(s, s->again ? &streams.due : &streams.resting);
    s->again = false;
}

static void make_ready(struct stream *s, struct stream_batch *b, int64_t now_us)
{
    s->again = s->again || b->full;
    s->events += b->n;
    s->wrote_us = now_us;
    s->state = READY;
    stream_move(s, &streams.ready);
    if (b->n == 0 && s->ending == GOES_ON)
        stream_batch_beat(b);
    if (b->bytes.size > 0)
        s->out = b->bytes;
    else
        stream_batch_release(b);
}

/* Applies the result of a pull. Called with the lock held. */
static void settle(struct stream *s, struct stream_batch *b, enum ending why)
{
    int64_t now_us = clock_monotonic_us();

    s->looked_us = now_us;
    s->subscription.after = b->after;
    if (s->ending == GOES_ON)
        s->ending = why;
    if (s->ending != GOES_ON || b->n > 0 || now_us >= after_ms(s->wrote_us, stream_pace.beat_ms)) {
        make_ready(s, b, now_us);
        return;
    }
    stream_batch_release(b);
    rest_on(s);
}

/* Called with the lock held; releases it during the pull. */
static void pull(struct stream *s)
{
    struct stream_batch b;
    enum ending why;

    stream_move(s, NULL);
    s->state = PULLING;
    streams.pulling++;
    pthread_mutex_unlock(&streams.lock);
    stream_batch_init(
        &b, s->subscription.row->route->stream, s->subscription.ndjson, s->subscription.after);
    why = ask(s, &b);
    pthread_mutex_lock(&streams.lock);
    streams.pulling--;
    if (!s->gone) {
        settle(s, &b, why);
        return;
    }
    stream_batch_release(&b);
    pthread_mutex_unlock(&streams.lock);
    stream_release(s);
    pthread_mutex_lock(&streams.lock);
}

/* --- Rounds --- */

static int64_t look_us(const struct stream *s)
{
    return after_ms(s->looked_us, topics_come() ? stream_pace.beat_ms : stream_pace.deaf_ms);
}

static void call_rested(int64_t now_us)
{
    struct stream *s;

    while ((s = TAILQ_FIRST(&streams.resting)) != NULL && look_us(s) <= now_us) {
        s->state = DUE;
        stream_move(s, &streams.due);
    }
}

/* Streams woken during a round wait for the next one: each is pulled once in round_ms at most. */
static void begin_round(int64_t now_us)
{
    struct stream *s;

    if (!TAILQ_EMPTY(&streams.round) || streams.pulling > 0 || now_us < streams.round_us)
        return;
    if (!TAILQ_EMPTY(&streams.due))
        streams.round_us = after_ms(now_us, stream_pace.round_ms);
    while ((s = TAILQ_FIRST(&streams.due)) != NULL)
        stream_move(s, &streams.round);
}

/* At the end of a round, and during a long one at intervals. */
static bool sending_is_due(int64_t now_us)
{
    bool over = TAILQ_EMPTY(&streams.round) && streams.pulling == 0;

    return !TAILQ_EMPTY(&streams.ready) && (over || now_us >= streams.send_us);
}

/* Called with the lock held; releases it while it waits. */
static void wait_for_more(int64_t now_us)
{
    const struct stream *rested = TAILQ_FIRST(&streams.resting);
    int64_t until_us = now_us + SECONDS(1); /* notifications may have stopped in the meantime */
    struct timespec until;

    if (rested && look_us(rested) < until_us)
        until_us = look_us(rested);
    if (!TAILQ_EMPTY(&streams.due) && streams.round_us > now_us && streams.round_us < until_us)
        until_us = streams.round_us;
    if (!TAILQ_EMPTY(&streams.ready) && streams.send_us < until_us)
        until_us = streams.send_us;
    until = (struct timespec){ .tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000 };
    pthread_cond_timedwait(&streams.changed, &streams.lock, &until);
}

static void *serve(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&streams.lock);
    while (!streams.stopping) {
        int64_t now_us = clock_monotonic_us();
        struct stream *s;
        call_rested(now_us);
        begin_round(now_us);
        if (sending_is_due(now_us))
            send_ready(now_us);
        s = TAILQ_FIRST(&streams.round);
        if (s)
            pull(s);
        else
            wait_for_more(now_us);
    }
    pthread_mutex_unlock(&streams.lock);
    return NULL;
}

/* --- Waking --- */

static void wake(struct stream *s)
{
    if (s->state == RESTING) {
        s->state = DUE;
        stream_move(s, &streams.due);
    } else if (s->state != DUE) {
        s->again = true;
    }
}

static bool follows(const struct stream *s, struct uuid topic)
{
    return uuid_is_nil(topic) || uuid_equal(topic_of_org(s->subscription.org), topic);
}

static void hear(struct uuid topic)
{
    struct stream *s;

    pthread_mutex_lock(&streams.lock);
    if (uuid_is_nil(topic) || topic_is_of_org(topic)) {
        TAILQ_FOREACH(s, &streams.all, in_all)
        {
            if (follows(s, topic))
                wake(s);
        }
    } else {
        LIST_FOREACH(s, stream_bucket(topic), in_topic)
        {
            if (uuid_equal(s->subscription.topic, topic))
                wake(s);
        }
    }
    if (!TAILQ_EMPTY(&streams.due))
        pthread_cond_signal(&streams.changed);
    pthread_mutex_unlock(&streams.lock);
}

/* --- Start and end --- */

static void start_pullers(void)
{
    int failed = 0;

    for (streams.n_threads = 0; streams.n_threads < STREAM_PULLERS && !failed;) {
        failed = pthread_create(&streams.threads[streams.n_threads], NULL, serve, NULL);
        streams.n_threads += !failed;
    }
    if (failed)
        log_error(NULL, "stream.thread_failed", log_text("why", strerrordesc_np(failed)));
}

/* Signals are handled by the main thread only. */
static bool start_threads(void)
{
    sigset_t all, before;
    bool ok;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = stream_disconnect_start();
    if (ok)
        start_pullers();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok && streams.n_threads > 0;
}

void streams_pull_by(stream_pull *pull_of_request)
{
    look = pull_of_request;
}

bool streams_start(void)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&streams.changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    streams.stopping = streams.draining = false;
    streams.round_us = streams.send_us = 0;
    metric_set(&METRIC_BOUND_LIMIT, "streams", setting_int(&ASHLAR_STREAMS));
    if (!start_threads())
        return false;
    topics_on(hear);
    return true;
}

int streams_open(void)
{
    int n;

    pthread_mutex_lock(&streams.lock);
    n = streams.n;
    pthread_mutex_unlock(&streams.lock);
    return n;
}

void streams_drain(void)
{
    struct stream *s;

    pthread_mutex_lock(&streams.lock);
    streams.draining = true;
    TAILQ_FOREACH(s, &streams.all, in_all)
    stream_end_with(s, DRAINED);
    if (streams.n_threads > 0)
        pthread_cond_broadcast(&streams.changed);
    pthread_mutex_unlock(&streams.lock);
}

static void stop_pullers(void)
{
    streams_drain();
    pthread_mutex_lock(&streams.lock);
    streams.stopping = true;
    pthread_cond_broadcast(&streams.changed);
    pthread_mutex_unlock(&streams.lock);
    for (int i = 0; i < streams.n_threads; i++)
        pthread_join(streams.threads[i], NULL);
    pthread_mutex_lock(&streams.lock);
    streams.n_threads = 0;
    send_ready(clock_monotonic_us()); /* results of the last pulls */
    pthread_mutex_unlock(&streams.lock);
}

void streams_stop(void)
{
    topics_on(NULL);
    stream_disconnect_stop();
    if (streams.n_threads > 0)
        stop_pullers();
}

void stream_read_now(struct stream *s, struct buf *out)
{
    struct stream_batch b;

    if (s->out.data) {
        buf_add(out, s->out.data, s->out.size);
        buf_release(&s->out);
        s->out = (struct buf){ .data = NULL };
    }
    do {
        stream_batch_init(
            &b, s->subscription.row->route->stream, s->subscription.ndjson, s->subscription.after);
        s->ending = ask(s, &b);
        buf_add(out, b.bytes.data, b.bytes.size);
        s->subscription.after = b.after;
        stream_batch_release(&b);
    } while (b.full && s->ending == GOES_ON);
}
