/* Counters of finished requests, per route: status class, duration, round trips. */
#include "requests.h"
#include "base/memory.h"
#include <stdatomic.h>

/* Upper bounds of the duration histogram; the last bucket is +Inf. */
static const struct {
    int64_t us;
    const char *seconds;
} bounds[] = {
    { 1000, "0.001" },
    { 2500, "0.0025" },
    { 5000, "0.005" },
    { 10000, "0.01" },
    { 25000, "0.025" },
    { 50000, "0.05" },
    { 100000, "0.1" },
    { 250000, "0.25" },
    { 500000, "0.5" },
    { 1000000, "1" },
    { 2500000, "2.5" },
    { 5000000, "5" },
    { 10000000, "10" },
};
enum { BUCKETS = COUNT(bounds) + 1, CLASSES = 5 };

struct series {
    const char *route;
    _Atomic int64_t status[CLASSES];
    _Atomic int64_t bucket[BUCKETS];
    _Atomic int64_t total_us, round_trips;
};

static struct series *routes; /* the last one: unmatched requests */
static size_t n_series;

void requests_start(const char *const *route_ids, size_t n_routes)
{
    size_t size;
    if (__builtin_mul_overflow(n_routes + 1, sizeof *routes, &size))
        memory_abort("metrics.route_limit_exceeded", n_routes, 0);
    free(routes);
    routes = memory_alloc(size);
    memset(routes, 0, size);
    n_series = n_routes + 1;
    for (size_t i = 0; i < n_routes; i++)
        routes[i].route = route_ids[i];
    routes[n_routes].route = "unmatched";
}

static void add(_Atomic int64_t *to, int64_t n)
{
    atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static long long value_of(_Atomic int64_t *from)
{
    return (long long)atomic_load_explicit(from, memory_order_relaxed);
}

void requests_count(size_t route, int status, int64_t duration_us, int round_trips)
{
    if (!n_series)
        return;
    struct series *s = &routes[route < n_series ? route : n_series - 1];
    int class = status / 100 - 1;
    size_t bucket = 0;
    while (bucket < COUNT(bounds) && duration_us > bounds[bucket].us)
        bucket++;
    add(&s->status[class < 0 || class >= CLASSES ? CLASSES - 1 : class], 1);
    add(&s->bucket[bucket], 1);
    add(&s->total_us, duration_us);
    add(&s->round_trips, round_trips);
}

void requests_totals(int64_t *all, int64_t *failed)
{
    *all = *failed = 0;
    for (size_t i = 0; i < n_series; i++) {
        for (int class = 0; class < CLASSES; class ++)
            *all += value_of(&routes[i].status[class]);
        *failed += value_of(&routes[i].status[CLASSES - 1]);
    }
}

static void head(struct buf *out, const char *name, const char *kind, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void render_status(struct buf *out)
{
    head(out, "ashlar_http_requests_total", "counter", "Finished requests by route and status.");
    for (size_t i = 0; i < n_series; i++)
        for (int class = 1; class < CLASSES; class ++)
            buf_printf(out, "ashlar_http_requests_total{route=\"%s\",status=\"%dxx\"} %lld\n",
                routes[i].route, class + 1, value_of(&routes[i].status[class]));
}

static void render_durations(struct buf *out)
{
    static const char name[] = "http_server_request_duration_seconds";
    head(out, name, "histogram", "Time from the first byte of a request to its response.");
    for (size_t i = 0; i < n_series; i++) {
        struct series *s = &routes[i];
        long long seen = 0;
        for (size_t b = 0; b < BUCKETS; b++) {
            seen += value_of(&s->bucket[b]);
            buf_printf(out, "%s_bucket{route=\"%s\",le=\"%s\"} %lld\n", name, s->route,
                b < COUNT(bounds) ? bounds[b].seconds : "+Inf", seen);
        }
        long long us = value_of(&s->total_us);
        buf_printf(
            out, "%s_sum{route=\"%s\"} %lld.%06lld\n", name, s->route, us / 1000000, us % 1000000);
        buf_printf(out, "%s_count{route=\"%s\"} %lld\n", name, s->route, seen);
    }
}

static void render_round_trips(struct buf *out)
{
    static const char name[] = "ashlar_http_round_trips_total";
    head(out, name, "counter", "Round trips to PostgreSQL spent on requests.");
    for (size_t i = 0; i < n_series; i++)
        buf_printf(out, "%s{route=\"%s\"} %lld\n", name, routes[i].route,
            value_of(&routes[i].round_trips));
}

void requests_render(struct buf *out)
{
    render_status(out);
    render_durations(out);
    render_round_trips(out);
}
