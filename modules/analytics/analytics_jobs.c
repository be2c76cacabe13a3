/* Background work, and what the schema's owner does daily. Knows no HTTP and no SQL. */
#include "analytics_internal.h"

enum { SEEN_HOURS = 48, SEEN_ON_DAYS = 30, SWEEP_BITE = 20000, USERS_BITE = 1000, DAYS_AHEAD = 7 };

static const struct field analytics__forget_fields[] = {
    TEXT(analytics__forget, visitor, .max = 200),
};
static SHAPE(analytics__forget);

static const struct field analytics__purge_fields[] = {
    ID(analytics__purge, org_id, "org"),
};
static SHAPE(analytics__purge);

/* --- Forgetting: bite by bite, each in a transaction of its own --- */

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

JOB_KIND(analytics__forget_visitor_job, analytics__forget, forget_visitor,
    .name = "analytics.forget_visitor",
    .doc = "Deletes the events of a visitor from one organisation", .timeout_s = 600);
JOB_KIND(analytics__forget_person_job, analytics__forget, forget_person,
    .name = "analytics.forget_person",
    .doc = "Deletes the events of an erased person from every organisation", .system = true,
    .timeout_s = 600);

JOB_KIND(analytics__purge_job, analytics__purge, purge, .name = "analytics.purge",
    .doc = "Deletes the events of a deleted organisation", .system = true, .timeout_s = 600);

/* --- What is past its time --- */

static err sweep_messages(struct ctx *c, void *gone)
{
    return analytics__delete_seen(
        c, instant_add(clock_now(), -HOURS(SEEN_HOURS)), SWEEP_BITE, gone);
}

/* As old as the oldest partition: what occurred then can have arrived no earlier. */
static err sweep_days(struct ctx *c, void *gone)
{
    int64_t days = setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS);
    return analytics__delete_days(c, instant_add(clock_now(), -DAYS(days)), SWEEP_BITE, gone);
}

/* When a user was seen last is known to SEEN_ON_DAYS. */
static err sweep_users(struct ctx *c, void *gone)
{
    int64_t days = setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS) + SEEN_ON_DAYS;
    return analytics__delete_users(c, instant_add(clock_now(), -DAYS(days)), USERS_BITE, gone);
}

static err sweep_all(struct ctx *c, tx_fn *bite, int64_t most)
{
    int64_t gone = most;

    while (gone == most)
        TRY(tx_run(c, bite, &gone));
    return NULL;
}

JOB_HANDLER(sweep, nothing)
{
    (void)in;
    TRY(sweep_all(c, sweep_messages, SWEEP_BITE));
    TRY(sweep_all(c, sweep_days, SWEEP_BITE));
    return sweep_all(c, sweep_users, USERS_BITE);
}

JOB_KIND(analytics__sweep_job, nothing, sweep, .name = "analytics.sweep",
    .doc = "Deletes the marks of messages seen more than two days ago, and counts of days and "
           "users past their retention",
    .system = true, .timeout_s = 600, .every_s = 600);

/* --- Partitions --- */

static err make(struct ctx *c, void *arg)
{
    return analytics__make_partition(c, DAYS_AHEAD, arg);
}

static err drop(struct ctx *c, void *arg)
{
    return analytics__drop_partitions(c, setting_int(&ASHLAR_ANALYTICS_RETENTION_DAYS), arg);
}

/* Each apart: a day of which event_default holds much holds up no other, and a drop that finds its
 * table in use no new day. */
err analytics__maintain(struct ctx *c)
{
    int64_t made = 0, dropped, one = 1;

    while (one > 0) {
        TRY(tx_run(c, make, &one));
        made += one;
    }
    TRY(tx_run(c, drop, &dropped));
    log_info(c, "analytics.partitions", log_int("made", made), log_int("dropped", dropped));
    return NULL;
}
