/* Open streams: limits, buffers and ends. */
#include "stream_table.h"
#include "base/memory.h"
#include "config/platform_settings.h"
#include "runtime/bounds.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <ashlar/route.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    RETRY_MS = 2000,       /* after a connection loss, with the same again as jitter … */
    AWAY_RETRY_MS = 10000, /* … after a restart, when all clients reconnect: spread over this */
    SEND_BUFFER = 64 * 1024,
};

const struct metric METRIC_STREAM_EVENTS = {
    .name = "ashlar_stream_events_total",
    .help = "Events written to streams.",
    .kind = METRIC_COUNTER,
};
const struct metric METRIC_STREAM_PULLS = {
    .name = "ashlar_stream_pulls_total",
    .help = "Polls of streams by result: new events, none, session or membership ended, or "
            "database unreachable.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "events|nothing|refused|failed",
};
const struct metric METRIC_STREAM_ENDS = {
    .name = "ashlar_stream_ends_total",
    .help = "Closed streams by reason: client disconnected, client too slow, session or membership "
            "ended, server restart, or failed poll.",
    .kind = METRIC_COUNTER,
    .label = "why",
    .values = "left|slow|refused|drained|failed",
};

struct streams streams = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
    .all = TAILQ_HEAD_INITIALIZER(streams.all),
    .resting = TAILQ_HEAD_INITIALIZER(streams.resting),
    .due = TAILQ_HEAD_INITIALIZER(streams.due),
    .round = TAILQ_HEAD_INITIALIZER(streams.round),
    .ready = TAILQ_HEAD_INITIALIZER(streams.ready),
};

static const char *const ending_words[] = { "", "left", "slow", "refused", "drained", "failed" };

static int jitter_ms(int least, int spread)
{
    uint32_t r;

    random_bytes(&r, sizeof r);
    return least + (int)(r % (uint32_t)spread);
}

struct topic *stream_bucket(struct uuid topic)
{
    uint64_t half[2];

    memcpy(half, topic.b, sizeof half);
    return &streams.topics[((half[0] ^ half[1]) * 0x9E3779B97F4A7C15u >> 32) % STREAM_BUCKETS];
}

void stream_move(struct stream *s, struct queue *to)
{
    if (s->queue)
        TAILQ_REMOVE(s->queue, s, in_queue);
    if (to)
        TAILQ_INSERT_TAIL(to, s, in_queue);
    s->queue = to;
}

/* --- Opening and closing --- */

static bool same(struct uuid a, struct uuid b)
{
    return !uuid_is_nil(a) && uuid_equal(a, b);
}

void stream_end_with(struct stream *s, enum ending why)
{
    if (s->ending == GOES_ON)
        s->ending = why;
    if (s->state == RESTING || s->state == DUE) {
        s->state = READY;
        stream_move(s, &streams.ready);
        pthread_cond_signal(&streams.changed);
    }
}

struct usage {
    int person, org;
};

static struct usage count_usage(const struct stream_subscription *subscription)
{
    struct usage n = { 0, 0 };
    struct stream *s;

    TAILQ_FOREACH(s, &streams.all, in_all)
    {
        bool by_person = same(s->subscription.person, subscription->person),
             by_org = same(s->subscription.org, subscription->org);
        if (s->ending != GOES_ON)
            continue;
        n.person += by_person;
        n.org += by_org;
    }
    return n;
}

/* NULL: accepted. */
static err refuse(struct ctx *c, const struct stream_subscription *subscription)
{
    struct usage n;

    if (streams.draining)
        return problem(c, &ERR_UNAVAILABLE, NULL, "The server is restarting. Reconnect.");
    if (streams.n >= setting_int(&ASHLAR_STREAMS))
        return problem(c, &ERR_UNAVAILABLE, NULL, "Too many streams are open. Retry later.");
    streams_end_left(); /* a page reload has just closed some: they do not count */
    n = count_usage(subscription);
    if (n.person >= setting_int(&ASHLAR_STREAMS_PER_PERSON))
        return problem(c, &ERR_RATE_LIMITED, NULL, "You have %d open streams already.", n.person);
    if (n.org >= setting_int(&ASHLAR_STREAMS_PER_ORG))
        return problem(
            c, &ERR_RATE_LIMITED, NULL, "The organisation has %d open streams already.", n.org);
    return NULL;
}

static void write_start(struct stream *s)
{
    struct stream_batch b;

    stream_batch_init(
        &b, s->subscription.row->route->stream, s->subscription.ndjson, s->subscription.after);
    stream_batch_retry(&b, jitter_ms(RETRY_MS, RETRY_MS));
    stream_batch_beat(&b); /* the head is sent together with the first bytes */
    s->out = b.bytes;
}

static void enlist(struct stream *s)
{
    TAILQ_INSERT_TAIL(&streams.all, s, in_all);
    LIST_INSERT_HEAD(stream_bucket(s->subscription.topic), s, in_topic);
    streams.n++;
    metric_set(&METRIC_BOUND_USED, "streams", streams.n);
}

err stream_new(struct ctx *c, const struct stream_subscription *subscription, struct stream **out)
{
    struct stream *s = memory_alloc(sizeof *s);
    err why;

    *s = (struct stream){ .subscription = *subscription, .line.fd = -1 };
    s->opened_us = s->wrote_us = clock_monotonic_us();
    write_start(s);
    pthread_mutex_lock(&streams.lock);
    why = refuse(c, subscription);
    if (why == NULL)
        enlist(s);
    pthread_mutex_unlock(&streams.lock);
    if (why == NULL) {
        *out = s;
        return NULL;
    }
    metric_add(&METRIC_BOUND_REFUSED, "streams", 1);
    buf_release(&s->out);
    free(s);
    return why;
}

void stream_attach(struct stream *s, const struct stream_line *line)
{
    static const int size = SEND_BUFFER; /* limit of unread bytes of a client in the kernel */

    s->line = *line;
    (void)setsockopt(line->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    stream_watch(s);
}

static void delist(struct stream *s)
{
    stream_unwatch(s);
    stream_move(s, NULL);
    TAILQ_REMOVE(&streams.all, s, in_all);
    LIST_REMOVE(s, in_topic);
    streams.n--;
    metric_set(&METRIC_BOUND_USED, "streams", streams.n);
    pthread_cond_broadcast(&streams.changed);
}

void stream_release(struct stream *s)
{
    int64_t now_us = clock_monotonic_us();
    enum ending why = s->ending;

    if (why == GOES_ON)
        why = s->state == SENDING && s->late_us && now_us >= s->late_us ? SLOW : LEFT;
    metric_add(&METRIC_STREAM_ENDS, ending_words[why], 1);
    log_info(NULL, "stream.ended", log_text("operation", s->subscription.row->route->id),
        log_text("request_id", s->subscription.request_id), log_text("why", ending_words[why]),
        log_int("events", s->events), log_int("seconds", (now_us - s->opened_us) / SECONDS(1)));
    if (s->out.data)
        buf_release(&s->out);
    wipe(&s->subscription, sizeof s->subscription);
    free(s);
}

void stream_closed(struct stream *s)
{
    bool mine;

    pthread_mutex_lock(&streams.lock);
    mine = s->state != PULLING;
    s->gone = true;
    delist(s);
    pthread_mutex_unlock(&streams.lock);
    if (mine)
        stream_release(s);
}

/* --- Sending --- */

static size_t take_bytes(struct stream *s, char *out, size_t max)
{
    size_t left = s->out.size - s->sent, n = left < max ? left : max;

    if (s->out.data == NULL)
        return 0;
    memcpy(out, s->out.data + s->sent, n);
    s->sent += n;
    if (s->sent == s->out.size) {
        buf_release(&s->out);
        s->out = (struct buf){ .data = NULL };
        s->sent = 0;
    }
    return n;
}

static void say_good_bye(struct stream *s)
{
    struct stream_batch b;

    s->said_good_bye = true;
    if (s->ending == LEFT || s->ending == SLOW)
        return;
    stream_batch_init(
        &b, s->subscription.row->route->stream, s->subscription.ndjson, s->subscription.after);
    if (s->ending == DRAINED)
        stream_batch_retry(&b, jitter_ms(RETRY_MS / 2, AWAY_RETRY_MS));
    stream_batch_end(&b, s->ending == DRAINED ? "draining" : s->code);
    s->out = b.bytes;
}

/* All bytes so far have been taken by the library. */
static void park(struct stream *s)
{
    bool due = s->state == STARTING || s->again;

    reaper_until(s->line.watched, 0);
    s->line.park(&s->line);
    s->again = false;
    s->late_us = 0;
    s->state = due ? DUE : RESTING;
    stream_move(s, due ? &streams.due : &streams.resting);
    if (due)
        pthread_cond_signal(&streams.changed);
}

ssize_t stream_read(struct stream *s, char *out, size_t max)
{
    ssize_t n;

    pthread_mutex_lock(&streams.lock);
    if (s->out.data == NULL && s->ending != GOES_ON && !s->said_good_bye)
        say_good_bye(s);
    n = (ssize_t)take_bytes(s, out, max);
    if (n == 0 && s->said_good_bye)
        n = STREAM_END;
    else if (n == 0)
        park(s);
    pthread_mutex_unlock(&streams.lock);
    return n;
}
