/* Job handlers of analytics, and the daily partition maintenance of the schema's owner. */
#include "analytics_internal.h"

enum { SEEN_HOURS = 48, SEEN_ON_DAYS = 30, DAYS_AHEAD = 7, DROP_TRIES = 20 };

/* --- Deletion in batches, each in its own transaction --- */

enum { FORGET_BITE = 100, PURGE_BITE = 10000 };

struct forgetting {
    struct uuid org;
    const char *visitor; /* NULL: the whole organisation */
    int64_t gone;
};

static err forget_bite(struct ctx *c, void *arg)
{
    struct forgetting *f = arg;
    return analytics__forget_visitor(c, f->org, f->visitor, FORGET_BITE, &f->gone);
}

static err forget_in_org(struct ctx *c, struct uuid org, const char *visitor)
{
    struct forgetting f = { .org = org, .visitor = visitor, .gone = FORGET_BITE };

    while (f.gone == FORGET_BITE)
        TRY(tx_run(c, forget_bite, &f));
    return NULL;
}

JOB_HANDLER(forget_visitor, analytics__forget)
{
    return forget_in_org(c, c->org, in->visitor);
}

static err find_org(struct ctx *c, void *arg)
{
    struct forgetting *f = arg;
    return analytics__org_that_knows(c, f->visitor, &f->org);
}

JOB_HANDLER(forget_person, analytics__forget)
{
    struct forgetting f = { .visitor = in->visitor };

    for (;;) {
        TRY(tx_read(c, find_org, &f));
        if (uuid_is_nil(f.org))
            return NULL;
        TRY(forget_in_org(c, f.org, f.visitor));
    }
}

static err purge_bite(struct ctx *c, void *arg)
{
    struct forgetting *f = arg;
    return analytics__purge_bite(c, f->org, PURGE_BITE, &f->gone);
}

JOB_HANDLER(purge, analytics__purge)
{
    struct forgetting f = { .org = in->org_id, .gone = 1 };

    while (f.gone > 0)
        TRY(tx_run(c, purge_bite, &f));
    return NULL;
}

/* --- Retention --- */

static struct instant oldest(int64_t days)
{
    return instant_add(clock_now(), -DAYS(days));
}

static err sweep_messages(struct ctx *c, int64_t most, int64_t *gone)
{
    return analytics__delete_seen(c, instant_add(clock_now(), -HOURS(SEEN_HOURS)), most, gone);
}

/* By the age of the oldest partition: an event of that time cannot have arrived earlier. */
static err sweep_visitors(struct ctx *c, int64_t most, int64_t *gone)
{
    return analytics__delete_day_visitors(
        c, oldest(setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS)), most, gone);
}

static err sweep_counts(struct ctx *c, int64_t most, int64_t *gone)
{
    return analytics__delete_day_counts(
        c, oldest(setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS)), most, gone);
}

/* Events without their own partition. */
static err sweep_events(struct ctx *c, int64_t most, int64_t *gone)
{
    return analytics__delete_default_events(
        c, oldest(setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS)), most, gone);
}

static err sweep_milestones(struct ctx *c, int64_t most, int64_t *gone)
{
    return analytics__delete_milestones(
        c, oldest(setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS)), most, gone);
}

/* The last use of a user id is known to SEEN_ON_DAYS. */
static err sweep_users(struct ctx *c, int64_t most, int64_t *gone)
{
    return analytics__delete_users(
        c, oldest(setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS) + SEEN_ON_DAYS), most, gone);
}

const struct job_worker analytics__workers[] = {
    { RUNS(analytics__forget_visitor_job, forget_visitor) },
    { RUNS(analytics__forget_person_job, forget_person) },
    { RUNS(analytics__purge_job, purge) },
    { SWEEPS(analytics__sweep_job) },
    { .job = NULL },
};

#define SWEPT_AFTER_RETENTION(name_, bite_)                                                        \
    {                                                                                              \
        .name = (name_), .swept = "ASHLAR_ANALYTICS_RETENTION_DAYS after it", .bite = (bite_),     \
        .by = &analytics__sweep_job.kind                                                           \
    }
const struct table analytics__tables[] = {
    SWEPT_AFTER_RETENTION("day_visitor", sweep_visitors), /* before the events through which they
                                                           * are found */
    SWEPT_AFTER_RETENTION("day_count", sweep_counts),
    SWEPT_AFTER_RETENTION("event", sweep_events), /* whole days: analytics__maintain */
    { .name = "known_user",
        .swept = "30 days and ASHLAR_ANALYTICS_RETENTION_DAYS after it was seen last",
        .bite = sweep_users,
        .by = &analytics__sweep_job.kind },
    { .name = "message",
        .swept = "48 hours after it came",
        .bite = sweep_messages,
        .by = &analytics__sweep_job.kind },
    SWEPT_AFTER_RETENTION("milestone", sweep_milestones),
    { .name = "visitor_link", .swept = "with the user it is joined to", .with = "known_user" },
    { .name = "write_key", .kept = "until it is deleted, or with its organisation" },
    { NULL },
};

/* --- Partitions --- */

static err make(struct ctx *c, void *arg)
{
    return analytics__make_partition(c, DAYS_AHEAD, arg);
}

static err drop(struct ctx *c, void *arg)
{
    return analytics__drop_partition(c, setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS), arg);
}

/* The lock timeout is short, so that reports are not blocked; several attempts may be needed. */
static err drop_one(struct ctx *c, int64_t *one)
{
    err failed = &ERR_UNAVAILABLE;

    for (int i = 0; failed == &ERR_UNAVAILABLE && i < DROP_TRIES; i++)
        failed = tx_run(c, drop, one);
    return failed;
}

/* Separate transactions: a day with many rows in event_default blocks no other day. A drop whose
 * table is in use blocks no new day. */
err analytics__maintain(struct ctx *c)
{
    int64_t made = 0, dropped = 0, one = 1;

    while (one > 0) {
        TRY(tx_run(c, make, &one));
        made += one;
    }
    for (one = 1; one > 0; dropped += one)
        TRY(drop_one(c, &one));
    log_info(
        c, "analytics.partitions_maintained", log_int("made", made), log_int("dropped", dropped));
    return NULL;
}
