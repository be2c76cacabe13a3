/* HTTP surface for members: write keys and reports. Rules are in analytics_service.c. */
#include "analytics_internal.h"

/* --- Write keys --- */

struct create_write_key {
    const char *name;
    const char *const *traits;
    size_t n_traits;
};
static const struct field create_write_key_fields[] = {
    TEXT(create_write_key, name, .format = LINE, .max = 200,
        .doc = "Name that describes where the key is used", .example = "Web shop"),
    TEXTS(create_write_key, traits, .max = 50, .optional = true,
        .doc = "Names of the traits to keep from identify and group messages. All other traits are "
               "discarded."),
};
static SHAPE(create_write_key);

struct write_key_ref {
    struct uuid id;
};
static const struct field write_key_ref_fields[] = {
    ID(write_key_ref, id, "writekey", .in = PATH, .doc = "Id of the write key"),
};
static SHAPE(write_key_ref);

HANDLER(create_write_key, create_write_key, analytics_write_key)
{
    return analytics_create_write_key(c, in->name, in->traits, in->n_traits, out);
}

HANDLER(list_write_keys, page_in, analytics_write_key_list)
{
    return analytics_list_write_keys(c, in, out);
}

HANDLER(revoke_write_key, write_key_ref, nothing)
{
    (void)out;
    return analytics_revoke_write_key(c, in->id);
}

struct visitor_ref {
    const char *visitor;
};
static const struct field visitor_ref_fields[] = {
    TEXT(visitor_ref, visitor, .in = PATH, .max = ANALYTICS_ID_MAX,
        .doc = "userId or anonymousId of the visitor, if it is valid in a path"),
};
static SHAPE(visitor_ref);

struct visitor_named {
    const char *visitor;
};
static const struct field visitor_named_fields[] = {
    TEXT(visitor_named, visitor, .in = QUERY, .format = VERBATIM, .max = ANALYTICS_ID_MAX,
        .doc = "userId or anonymousId of the visitor, with any characters"),
};
static SHAPE(visitor_named);

HANDLER(get_visitor, visitor_ref, analytics_visitor)
{
    return analytics_find_visitor(c, in->visitor, out);
}

HANDLER(forget_visitor, visitor_ref, analytics_visitor)
{
    return analytics_forget_visitor(c, in->visitor, out);
}

HANDLER(find_named, visitor_named, analytics_visitor)
{
    return analytics_find_visitor(c, in->visitor, out);
}

HANDLER(forget_named, visitor_named, analytics_visitor)
{
    return analytics_forget_visitor(c, in->visitor, out);
}

#define JOINED_STAY                                                                                \
    "Deletes every event with exactly this id, in a background job. Events of the ids in "         \
    "`joined` are kept. Delete those that belong to the same person separately."
#define ANY_CHARACTERS "Accepts every id that a message can contain, including ids with a slash."

const struct route analytics__key_routes[] = {
    {
        .method = POST,
        .path = "/v1/orgs/{org_id}/analytics/write-keys",
        .id = "createWriteKey",
        .summary = "Create a write key",
        .doc = "A web page or a server needs a write key to send events.",
        .auth = AUTH_SESSION,
        .permission = "analytics.manage",
        .scope = SCOPE_ORG,
        .rate = RATE_WRITE,
        .status = 201,
        .errors = ERRORS(&ANALYTICS_TOO_MANY_WRITE_KEYS),
        .handler = BY(create_write_key),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/analytics/write-keys",
        .id = "listWriteKeys",
        .summary = "List write keys",
        .doc = "The oldest write key is first.",
        .auth = AUTH_SESSION,
        .permission = "analytics.read",
        .scope = SCOPE_ORG,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_write_keys),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/analytics/write-keys/{id}",
        .id = "revokeWriteKey",
        .summary = "Revoke a write key",
        .doc = "Messages sent with it are rejected.",
        .auth = AUTH_SESSION,
        .permission = "analytics.manage",
        .scope = SCOPE_ORG,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(revoke_write_key),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/analytics/visitors/{visitor}",
        .id = "getVisitor",
        .summary = "Get a visitor",
        .doc = "Returns whether the id is a user's, and the ids joined to it.",
        .auth = AUTH_SESSION,
        .permission = "analytics.manage",
        .scope = SCOPE_ORG,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_visitor),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/analytics/visitors/{visitor}",
        .id = "forgetVisitor",
        .summary = "Delete a visitor's events",
        .doc = JOINED_STAY,
        .auth = AUTH_SESSION,
        .permission = "analytics.manage",
        .scope = SCOPE_ORG,
        .rate = RATE_WRITE,
        .status = 202,
        .errors = NO_ERRORS,
        .handler = BY(forget_visitor),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/analytics/visitors",
        .id = "findVisitor",
        .summary = "Get a visitor (id as a query parameter)",
        .doc = ANY_CHARACTERS,
        .auth = AUTH_SESSION,
        .permission = "analytics.manage",
        .scope = SCOPE_ORG,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(find_named),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/analytics/visitors",
        .id = "forgetNamedVisitor",
        .summary = "Delete a visitor's events (id as a query parameter)",
        .doc = ANY_CHARACTERS " " JOINED_STAY,
        .auth = AUTH_SESSION,
        .permission = "analytics.manage",
        .scope = SCOPE_ORG,
        .rate = RATE_WRITE,
        .status = 202,
        .errors = NO_ERRORS,
        .handler = BY(forget_named),
    },
    { .id = NULL },
};

/* --- Reports --- */

/* For counts, which are stored by day. Funnels use exact times. */
#define DAYS_DOC " The whole UTC day counts."
#define RANGE_FIELDS(S, more)                                                                      \
    { .name = "from",                                                                              \
        .kind = KIND_TIME,                                                                         \
        .offset = offsetof(struct S, range.from),                                                  \
        .in = QUERY,                                                                               \
        .optional = true,                                                                          \
        .doc = "Start of the time range, inclusive. Default: 30 days before the end." more },      \
    {                                                                                              \
        .name = "to", .kind = KIND_TIME, .offset = offsetof(struct S, range.to), .in = QUERY,      \
        .optional = true, .doc = "End of the time range, exclusive. Default: now." more            \
    }

struct events_in {
    struct analytics_range range;
};
static const struct field events_in_fields[] = { RANGE_FIELDS(events_in, DAYS_DOC) };
static SHAPE(events_in);

struct days_in {
    struct analytics_range range;
    const char *event;
};
static const struct field days_in_fields[] = {
    RANGE_FIELDS(days_in, DAYS_DOC),
    TEXT(days_in, event, .in = QUERY, .format = VERBATIM, .max = 200, .optional = true,
        .doc = "Name of the event. Default: all events."),
};
static SHAPE(days_in);

struct active_in {
    struct analytics_range range;
    const char *period;
};
static const struct field active_in_fields[] = {
    RANGE_FIELDS(active_in, DAYS_DOC),
    TEXT(active_in, period, .in = QUERY, .one_of = "day|week|month", .fallback = "day",
        .doc = "Period that visitors are counted by. Weeks begin on Monday."),
};
static SHAPE(active_in);

struct funnel_in {
    struct analytics_range range;
    const char *const *steps;
    size_t n_steps;
    int64_t within_days;
};
static const struct field funnel_in_fields[] = {
    RANGE_FIELDS(funnel_in, ""),
    TEXTS(funnel_in, steps, .in = QUERY, .format = VERBATIM, .min = 1, .max = ANALYTICS_STEPS_MAX,
        .doc = "Names of the events in the required order"),
    INT(funnel_in, within_days, .in = QUERY, .min = 1, .max = 90, .fallback = "14",
        .doc = "Maximum time from the first step to the last, in days"),
};
static SHAPE(funnel_in);

HANDLER(list_events, events_in, analytics_event_total_list)
{
    return analytics_events(c, &in->range, out);
}

HANDLER(count_by_day, days_in, analytics_day_count_list)
{
    return analytics_count_by_day(c, &in->range, in->event, out);
}

HANDLER(count_active, active_in, analytics_active_visitors)
{
    return analytics_active_visitors(c, &in->range, in->period, out);
}

HANDLER(run_funnel, funnel_in, analytics_funnel)
{
    return analytics_run_funnel(c,
        &(struct analytics_funnel_wanted){ .range = in->range,
            .steps = in->steps,
            .n_steps = in->n_steps,
            .within_s = in->within_days * 86400 },
        out);
}

#define REPORT(at, name, text, more, fn)                                                           \
    {                                                                                              \
        .method = GET, .path = "/v1/orgs/{org_id}/analytics/" at, .id = name, .summary = text,     \
        .doc = more, .auth = AUTH_SESSION_OR_KEY, .permission = "analytics.read",                  \
        .scope = SCOPE_ORG, .rate = RATE_READ, .slow = true, .status = 200, .errors = NO_ERRORS,   \
        .handler = BY(fn)                                                                          \
    }

const struct route analytics__report_routes[] = {
    REPORT("events", "listEvents", "List the most frequent events",
        "Returns up to 200 events with their number of occurrences and visitors.", list_events),
    REPORT("days", "countByDay", "Count events and visitors by day", NULL, count_by_day),
    REPORT("active", "countActiveVisitors", "Count active visitors",
        "Counts visitors with any event, by day, week or month.", count_active),
    REPORT("funnel", "runFunnel", "Run a funnel",
        "Returns how many visitors took each step, in the given order and within the given number "
        "of days.",
        run_funnel),
    { .id = NULL },
};
