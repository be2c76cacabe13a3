/* Background work, and what the schema's owner does daily. Knows no HTTP and no SQL. */
#include "analytics_internal.h"

enum { SEEN_HOURS = 48, SWEEP_BITE = 20000, SWEEP_BITES_MAX = 50, DAYS_AHEAD = 7 };

static const struct field analytics__forget_fields[] = {
    TEXT(analytics__forget, visitor, .max = 200),
};
static SHAPE(analytics__forget);

/* --- Forgetting: a day of arrivals per transaction, each with the links still there --- */

struct forgetting {
    struct uuid org; /* nil: in every organisation */
    const char *visitor;
    struct analytics_range received;
    int64_t gone;
};

static err forget_day(struct ctx *c, void *arg)
{
    struct forgetting *f = arg;
    int64_t gone;

    TRY(analytics__forget_between(c, f->org, f->visitor, &f->received, &gone));
    f->gone = gone;
    return NULL;
}

static err forget_links(struct ctx *c, void *arg)
{
    const struct forgetting *f = arg;
    return analytics__forget_links(c, f->org, f->visitor);
}

static err forget_everywhere(struct ctx *c, struct forgetting *f)
{
    int64_t days = setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS) + 2, gone = 0;
    struct instant to = instant_add(clock_now(), DAYS(1));

    for (int64_t i = 0; i < days; i++) {
        f->received = (struct analytics_range){ instant_add(to, -DAYS(1)), to };
        to = f->received.from;
        TRY(tx_run(c, forget_day, f));
        gone += f->gone;
    }
    TRY(tx_run(c, forget_links, f));
    log_info(c, "analytics.visitor_forgotten", log_int("events", gone));
    return NULL;
}

static err forget_visitor(struct ctx *c, const void *payload)
{
    const struct analytics__forget *wanted = payload;
    return forget_everywhere(c, &(struct forgetting){ .org = c->org, .visitor = wanted->visitor });
}

static err forget_person(struct ctx *c, const void *payload)
{
    const struct analytics__forget *wanted = payload;
    return forget_everywhere(c, &(struct forgetting){ .visitor = wanted->visitor });
}

const struct job_kind analytics__forget_visitor_job = {
    .name = "analytics.forget_visitor",
    .doc = "Deletes the events of a visitor from one organisation",
    .payload = &analytics__forget_shape,
    .run = forget_visitor,
    .timeout_s = 600,
};
const struct job_kind analytics__forget_person_job = {
    .name = "analytics.forget_person",
    .doc = "Deletes the events of an erased person from every organisation",
    .payload = &analytics__forget_shape,
    .run = forget_person,
    .system = true,
    .timeout_s = 600,
};

/* --- Messages seen --- */

static err sweep_bite(struct ctx *c, void *arg)
{
    return analytics__delete_seen(c, instant_add(clock_now(), -HOURS(SEEN_HOURS)), SWEEP_BITE, arg);
}

static err sweep(struct ctx *c, const void *payload)
{
    int64_t gone = SWEEP_BITE;

    (void)payload;
    for (int i = 0; i < SWEEP_BITES_MAX && gone == SWEEP_BITE; i++)
        TRY(tx_run(c, sweep_bite, &gone));
    return NULL;
}

const struct job_kind analytics__sweep_job = {
    .name = "analytics.sweep",
    .doc = "Deletes the marks of messages seen more than two days ago",
    .payload = &nothing_shape,
    .run = sweep,
    .system = true,
    .timeout_s = 300,
    .every_s = 600,
};

/* --- Partitions --- */

struct upkeep {
    int64_t made, dropped;
};

static err make(struct ctx *c, void *arg)
{
    struct upkeep *done = arg;
    return analytics__make_partitions(c, DAYS_AHEAD, &done->made);
}

static err drop(struct ctx *c, void *arg)
{
    struct upkeep *done = arg;
    return analytics__drop_partitions(
        c, setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS), &done->dropped);
}

/* Apart, so that a drop that finds its table in use holds up no new day. */
err analytics__maintain(struct ctx *c)
{
    struct upkeep done = { 0 };

    TRY(tx_run(c, make, &done));
    TRY(tx_run(c, drop, &done));
    log_info(
        c, "analytics.partitions", log_int("made", done.made), log_int("dropped", done.dropped));
    return NULL;
}
