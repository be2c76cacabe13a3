/* Routes for tests/bench, which no product needs: a slow statement, an idle stream. In test only.
 */
#include "bench_sql.h"
#include "tools.h"
#include <ashlar/db.h>

HANDLER(bench_slow, nothing, nothing)
{
    bool slept;

    (void)in, (void)out;
    return db_bool(c, &SQL_bench_sleep, &slept, NO_ARGS);
}

static err pull_nothing(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch)
{
    int64_t none;

    (void)topic, (void)after, (void)batch;
    return db_int(c, &SQL_bench_nothing, &none, NO_ARGS);
}

struct bench_tick {
    int64_t n;
};
static const struct field bench_tick_fields[] = {
    INT(bench_tick, n, .doc = "Number of the tick"),
};
static SHAPE(bench_tick);
static STREAM_EVENT(BENCH_TICK, bench_tick, .name = "tick", .doc = "Never sent");
static const struct stream_event *const bench_events[] = { &BENCH_TICK.kind, NULL };
static const struct stream_kind BENCH_STREAM = {
    .doc = "Stream without events", .events = bench_events, .pull = pull_nothing
};

HANDLER(bench_stream, nothing, stream_from)
{
    (void)c, (void)in;
    out->topic.b[0] = 1;
    return NULL;
}

#define BENCH_ROW(p, i, s, fn, st)                                                                 \
    .method = GET, .path = p, .id = i, .summary = s, .auth = AUTH_PUBLIC, .rate = RATE_NONE,       \
    .status = st, .errors = NO_ERRORS, .hidden = true, .only_in = ENV_TEST, .handler = BY(fn)

static const struct route bench_routes[] = {
    { BENCH_ROW("/test/bench/slow", "benchSlow", "Run a statement of 50 ms", bench_slow, 204),
        .slow = true },
    { BENCH_ROW("/test/bench/stream", "benchStream", "Stream nothing", bench_stream, 200),
        .stream = &BENCH_STREAM },
    { .method = 0 },
};

const struct module bench_module = {
    .name = "bench",
    .summary = "Routes for benchmarks: a slow statement, a stream without events",
    .routes = ROUTES(bench_routes),
};
