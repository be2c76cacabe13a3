/* Queries of analytics, one function each. No rules here. */
#include "analytics_internal.h"
#include "analytics_sql.h"

static const struct field analytics_write_key_fields[] = {
    ID(analytics_write_key, id, "writekey"),
    TEXT(analytics_write_key, name, .max = 200),
    TEXT(analytics_write_key, key, .max = 80,
        .doc = "Key to put into pages and servers. It is not a secret."),
    TEXTS(analytics_write_key, traits, .max = 50, .doc = "Names of the traits that are kept"),
    TIME(analytics_write_key, created_at),
};
SHAPE(analytics_write_key);
LIST_SHAPE(analytics_write_key);

static const struct field analytics__write_key_fields[] = {
    ID(analytics__write_key, org_id, "org"),
    TEXT(analytics__write_key, key),
    TEXTS(analytics__write_key, traits),
};
static SHAPE(analytics__write_key);

struct org_ref {
    struct uuid org_id;
};
static const struct field org_ref_fields[] = {
    ID(org_ref, org_id, "org"),
};
static SHAPE(org_ref);

static const struct field analytics__joins_fields[] = {
    INT(analytics__joins, made),
    INT(analytics__joins, cut),
    INT(analytics__joins, known_user),
    INT(analytics__joins, other_user),
    INT(analytics__joins, too_many),
};
static SHAPE(analytics__joins);

static const struct field analytics_visitor_fields[] = {
    TEXT(analytics_visitor, visitor),
    BOOL(analytics_visitor, is_user,
        .doc = "Whether the id arrived as a userId. A userId is not joined to another id."),
    TEXT(analytics_visitor, joined_to, .optional = true,
        .doc = "User that the id counts as. Null if there is none."),
    TEXTS(analytics_visitor, joined, .max = ANALYTICS_JOINED_MAX,
        .doc = "Ids that count as this user. Anyone with a write key can have joined them."),
};
SHAPE(analytics_visitor);

static const struct field analytics_event_total_fields[] = {
    TEXT(analytics_event_total, name,
        .doc = "Name of the event. Names such as $page and $identify are reserved for the SDK."),
    INT(analytics_event_total, events),
    INT(analytics_event_total, visitors),
};
static SHAPE(analytics_event_total);

static const struct field analytics_day_count_fields[] = {
    TEXT(analytics_day_count, day, .example = "2026-11-22", .doc = "Day in UTC"),
    INT(analytics_day_count, events),
    INT(analytics_day_count, visitors),
};
static SHAPE(analytics_day_count);

static const struct field analytics_active_period_fields[] = {
    TEXT(analytics_active_period, starts_on, .example = "2026-11-16",
        .doc = "First day of the period"),
    INT(analytics_active_period, visitors,
        .doc = "Number of visitors with any event in the period"),
};
static SHAPE(analytics_active_period);

static const struct field analytics_funnel_step_fields[] = {
    TEXT(analytics_funnel_step, step),
    INT(analytics_funnel_step, visitors,
        .doc = "Number of visitors who took this step after all steps before it"),
};
static SHAPE(analytics_funnel_step);

static const struct field analytics_event_total_list_fields[] = {
    LIST(analytics_event_total_list, data, analytics_event_total, .max = 200),
};
SHAPE(analytics_event_total_list);
static const struct field analytics_day_count_list_fields[] = {
    LIST(analytics_day_count_list, data, analytics_day_count, .max = 400),
};
SHAPE(analytics_day_count_list);
static const struct field analytics_active_visitors_fields[] = {
    LIST(analytics_active_visitors, data, analytics_active_period, .max = 400),
};
SHAPE(analytics_active_visitors);
static const struct field analytics_funnel_fields[] = {
    LIST(analytics_funnel, data, analytics_funnel_step, .max = ANALYTICS_STEPS_MAX),
};
SHAPE(analytics_funnel);

const struct constraint analytics__constraints[] = {
    { .name = NULL },
};

/* --- Write keys --- */

err analytics__insert_write_key(struct ctx *c, const struct analytics_write_key *wanted,
    const char *traits_json, struct analytics_write_key *out)
{
    return db_one(c, &SQL_insert_write_key, analytics_write_key, out,
        ARGS(ARG(c->org), ARG(uuid_new()), ARG(wanted->name), ARG(wanted->key), ARG(traits_json)));
}

err analytics__count_write_keys(struct ctx *c, int64_t *out)
{
    return db_int(c, &SQL_count_write_keys, out, ARGS(ARG(c->org)));
}

err analytics__list_write_keys(
    struct ctx *c, const struct page_in *page, struct analytics_write_key_list *out)
{
    return db_page(c, &SQL_list_write_keys, analytics_write_key, out, page, ARGS(ARG(c->org)));
}

err analytics__delete_write_key(struct ctx *c, struct uuid id, struct analytics_write_key *out)
{
    return db_one(c, &SQL_delete_write_key, analytics_write_key, out, ARGS(ARG(c->org), ARG(id)));
}

err analytics__find_write_key(
    struct ctx *c, const char *key, struct analytics__write_key *out, bool *found)
{
    return db_maybe(c, &SQL_write_key_by_text, analytics__write_key, out, found, ARGS(ARG(key)));
}

/* --- Messages --- */

err analytics__store_messages(
    struct ctx *c, struct instant received_at, const char *messages, int64_t *stored)
{
    return db_exec_count(
        c, &SQL_store_messages, stored, ARGS(ARG(c->org), ARG(received_at), ARG(messages)));
}

err analytics__take_ids(
    struct ctx *c, const char *users, const char *links, struct analytics__joins *out)
{
    return db_one(
        c, &SQL_take_ids, analytics__joins, out, ARGS(ARG(c->org), ARG(users), ARG(links)));
}

err analytics__delete_seen(struct ctx *c, struct instant before, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_seen_messages, gone, ARGS(ARG(before), ARG(most)));
}

err analytics__delete_day_visitors(
    struct ctx *c, struct instant before, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_day_visitors, gone, ARGS(ARG(before), ARG(most)));
}

err analytics__delete_day_counts(struct ctx *c, struct instant before, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_day_counts, gone, ARGS(ARG(before), ARG(most)));
}

err analytics__delete_default_events(
    struct ctx *c, struct instant before, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_default_events, gone, ARGS(ARG(before), ARG(most)));
}

err analytics__delete_milestones(struct ctx *c, struct instant before, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_milestones, gone, ARGS(ARG(before), ARG(most)));
}

err analytics__delete_users(struct ctx *c, struct instant before, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_users, gone, ARGS(ARG(before), ARG(most)));
}

/* --- Reports --- */

err analytics__events_by_name(
    struct ctx *c, const struct analytics_range *range, struct analytics_event_total_list *out)
{
    const struct analytics_event_total *rows;
    size_t n;

    TRY(db_list(c, &SQL_events_by_name, analytics_event_total, &rows, &n,
        ARGS(ARG(c->org), ARG(range->from), ARG(range->to))));
    *out = (struct analytics_event_total_list){ rows, n };
    return NULL;
}

err analytics__events_by_day(struct ctx *c, const struct analytics_range *range, const char *event,
    struct analytics_day_count_list *out)
{
    const struct analytics_day_count *rows;
    size_t n;

    TRY(db_list(c, &SQL_events_by_day, analytics_day_count, &rows, &n,
        ARGS(ARG(c->org), ARG(range->from), ARG(range->to), ARG(event))));
    *out = (struct analytics_day_count_list){ rows, n };
    return NULL;
}

err analytics__active(struct ctx *c, const struct analytics_range *range, const char *period,
    struct analytics_active_visitors *out)
{
    const struct analytics_active_period *rows;
    size_t n;

    TRY(db_list(c, &SQL_active_visitors, analytics_active_period, &rows, &n,
        ARGS(ARG(c->org), ARG(range->from), ARG(range->to), ARG(period))));
    *out = (struct analytics_active_visitors){ rows, n };
    return NULL;
}

err analytics__funnel(struct ctx *c, const struct analytics_range *range, const char *steps,
    int64_t within_s, struct analytics_funnel *out)
{
    const struct analytics_funnel_step *rows;
    size_t n;

    TRY(db_list(c, &SQL_funnel, analytics_funnel_step, &rows, &n,
        ARGS(ARG(c->org), ARG(range->from), ARG(range->to), ARG(steps), ARG((double)within_s))));
    *out = (struct analytics_funnel){ rows, n };
    return NULL;
}

err analytics__platform_funnel(struct ctx *c, const struct analytics_range *range,
    const char *steps, int64_t within_s, struct analytics_funnel *out)
{
    const struct analytics_funnel_step *rows;
    size_t n;

    TRY(db_list(c, &SQL_platform_funnel, analytics_funnel_step, &rows, &n,
        ARGS(ARG(range->from), ARG(range->to), ARG(steps), ARG((double)within_s))));
    *out = (struct analytics_funnel){ rows, n };
    return NULL;
}

/* --- Milestones --- */

err analytics__insert_milestone(struct ctx *c, const struct analytics__milestone *m)
{
    return db_exec(c, &SQL_insert_milestone,
        ARGS(ARG(m->event_id), ARG(m->name), ARG(m->person_id), ARG(m->org_id), ARG(m->signup_hash),
            ARG(m->occurred_at)));
}

/* --- Deletion --- */

err analytics__forget_visitor(
    struct ctx *c, struct uuid org, const char *visitor, int64_t most, int64_t *gone)
{
    return db_int(c, &SQL_forget_visitor, gone, ARGS(ARG(org), ARG(visitor), ARG(most)));
}

err analytics__find_visitor(struct ctx *c, const char *visitor, struct analytics_visitor *out)
{
    return db_one(c, &SQL_find_visitor, analytics_visitor, out, ARGS(ARG(c->org), ARG(visitor)));
}

err analytics__org_that_knows(struct ctx *c, const char *visitor, struct uuid *org)
{
    struct org_ref row = { .org_id = UUID_NIL };
    bool found;

    TRY(db_maybe(c, &SQL_org_that_knows, org_ref, &row, &found, ARGS(ARG(visitor), ARG(*org))));
    *org = row.org_id;
    return NULL;
}

err analytics__forget_person(struct ctx *c)
{
    return db_exec(c, &SQL_forget_person, NO_ARGS);
}

err analytics__purge_bite(struct ctx *c, struct uuid org, int64_t most, int64_t *gone)
{
    return db_int(c, &SQL_purge_org, gone, ARGS(ARG(org), ARG(most)));
}

err analytics__delete_keys_of_org(struct ctx *c)
{
    TRY(db_exec(c, &SQL_delete_write_keys_of_org, ARGS(ARG(c->org))));
    return db_exec(c, &SQL_forget_org, NO_ARGS);
}

/* --- Partitions, as the schema's owner --- */

err analytics__make_partition(struct ctx *c, int64_t days_ahead, int64_t *made)
{
    return db_int(c, &SQL_make_partition, made, ARGS(ARG(days_ahead)));
}

err analytics__drop_partition(struct ctx *c, int64_t keep_days, int64_t *dropped)
{
    return db_int(c, &SQL_drop_partition, dropped, ARGS(ARG(keep_days)));
}
