/* Declarations shared by the files of analytics only. For other modules: api/analytics.h. */
#pragma once
#include <analytics.h>

/* --- Messages of Segment's protocol (analytics_message.c): from a tree to the stored form --- */

enum {
    ANALYTICS__BATCH_MAX = 2500,          /* messages; Segment's limits */
    ANALYTICS__BATCH_BYTES = 500 * 1024,  /* of a request */
    ANALYTICS__MESSAGE_BYTES = 32 * 1024, /* of the stored form of one message */
    ANALYTICS__MESSAGE_ID_MAX = 100,
    ANALYTICS__NAME_MAX = 200,
};

/* The body of a batch, not parsed yet (analytics_envelope.c). Fuzzed. */
struct analytics__envelope {
    struct bytes write_key, sent_at; /* their JSON; size 0: absent */
    const char *batch;               /* its opening bracket; NULL: there is no list of that name */
    const char *end;                 /* of the body */
    bool has_batch, twice;
    bool broken; /* after the last separable message there is no valid JSON */
};
/* False when it is not an object, ends before its batch, or has one of the three members twice. */
bool analytics__open_envelope(struct bytes body, struct analytics__envelope *out);

/* The next message's JSON, possibly invalid. Start with { NULL }. False: none is left, or there is
 * no list. */
struct analytics__place {
    const char *at;
    bool broken;
};
bool analytics__next_message(
    const struct analytics__envelope *e, struct analytics__place *place, struct bytes *out);

struct analytics__write_key {
    struct uuid org_id;
    const char *key;
    const char *const *traits;
    size_t n_traits;
};

/* A time as sent by a client's clock and library (analytics_time.c). Fuzzed. */
struct analytics__time {
    struct instant at; /* INSTANT_NONE: absent */
    bool has_zone;     /* false: read as UTC, possibly off by the sender's zone */
};
/* ISO 8601, seconds to nanoseconds since 1970, RFC 5322, or the text of a JavaScript Date. False:
 * none of these, or before 1990. */
bool analytics__read_time(struct arena *a, const struct tree *value, struct analytics__time *out);

/* The messages of a request while they are read. */
struct analytics__intake {
    struct ctx *c;
    const struct analytics__write_key *key;
    struct instant received_at;
    struct analytics__time sent; /* by the sender's clock, as sent */
    struct buf messages;         /* JSON for store_messages, without the closing bracket */
    struct buf links, users;     /* the same for take_ids */
    size_t n_messages, n_links, n_users, n_rejected;
    size_t n_placeholders; /* messages that would join ids, one of which is a placeholder */
    size_t n_unread_times;
    const char *unread_time; /* the first of them, with the field's name; NULL: none */
    const char *last_user;   /* the last entry of `users` */
    const char *rejection;   /* of the first one rejected; NULL: none */
};
void analytics__intake_open(struct analytics__intake *in, struct ctx *c,
    const struct analytics__write_key *key, const struct tree *sent_at);
/* Add a message. `type` is the default. NULL, or the reason of its rejection. */
const char *analytics__intake_add(
    struct analytics__intake *in, const struct tree *message, const char *type);

/* Whether an id identifies no visitor (analytics_placeholder.c): "null", "0", "[object Object]" and
 * other output of broken callers. It joins nothing. */
bool analytics__is_placeholder(struct arena *a, const char *id);
/* Only white space. */
bool analytics__is_blank(const char *id);
/* The words among the placeholders, in lower case; NULL-terminated. */
extern const char *const analytics__placeholders[];

/* The write key of "Basic base64(key:)", or NULL. */
const char *analytics__basic_key(struct arena *a, const char *authorization);

/* --- Ingestion (analytics_ingest_service.c) --- */

struct analytics__sent {
    struct bytes body;
    const char *type;          /* of a single message; NULL: a batch */
    const char *authorization; /* the header; NULL: none */
    bool do_not_track;
};
CHECKED err analytics__ingest(
    struct ctx *c, const struct analytics__sent *sent, struct analytics_ingest_result *out);
/* The settings that analytics-next requests before it sends: JSON. Errors: ERR_NOT_FOUND. */
CHECKED err analytics__browser_settings(struct ctx *c, const char *key, const char **out);

/* --- analytics_store.c --- */
extern const struct constraint analytics__constraints[];

CHECKED err analytics__insert_write_key(struct ctx *c, const struct analytics_write_key *wanted,
    const char *traits_json, struct analytics_write_key *out);
CHECKED err analytics__count_write_keys(struct ctx *c, int64_t *out);
CHECKED err analytics__list_write_keys(
    struct ctx *c, const struct page_in *page, struct analytics_write_key_list *out);
CHECKED err analytics__delete_write_key(
    struct ctx *c, struct uuid id, struct analytics_write_key *out);
CHECKED err analytics__find_write_key(
    struct ctx *c, const char *key, struct analytics__write_key *out, bool *found);

CHECKED err analytics__store_messages(
    struct ctx *c, struct instant received_at, const char *messages, int64_t *stored);
/* Results of pairs of ids: joined; separated, because the id is a user's; or not joined. */
struct analytics__joins {
    int64_t made, cut;
    int64_t known_user, other_user, too_many;
};
/* Record which ids are users' (a JSON list). Then join pairs ([[visitor, joins], …]) whose second
 * id is one of them. */
CHECKED err analytics__take_ids(
    struct ctx *c, const char *users, const char *links, struct analytics__joins *out);
/* At most `most` rows each; `*gone`: number of deleted rows. */
CHECKED err analytics__delete_seen(
    struct ctx *c, struct instant before, int64_t most, int64_t *gone);
CHECKED err analytics__delete_day_visitors(
    struct ctx *c, struct instant before, int64_t most, int64_t *gone);
CHECKED err analytics__delete_day_counts(
    struct ctx *c, struct instant before, int64_t most, int64_t *gone);
CHECKED err analytics__delete_default_events(
    struct ctx *c, struct instant before, int64_t most, int64_t *gone);
CHECKED err analytics__delete_milestones(
    struct ctx *c, struct instant before, int64_t most, int64_t *gone);
CHECKED err analytics__delete_users(
    struct ctx *c, struct instant before, int64_t most, int64_t *gone);

/* For whole days: the range begins and ends at midnight UTC. */
CHECKED err analytics__events_by_name(
    struct ctx *c, const struct analytics_range *range, struct analytics_event_total_list *out);
CHECKED err analytics__events_by_day(struct ctx *c, const struct analytics_range *range,
    const char *event, struct analytics_day_count_list *out);
CHECKED err analytics__active(struct ctx *c, const struct analytics_range *range,
    const char *period, struct analytics_active_visitors *out);
/* For an exact range. `steps`: a JSON list of names. */
CHECKED err analytics__funnel(struct ctx *c, const struct analytics_range *range, const char *steps,
    int64_t within_s, struct analytics_funnel *out);
CHECKED err analytics__platform_funnel(struct ctx *c, const struct analytics_range *range,
    const char *steps, int64_t within_s, struct analytics_funnel *out);

/*
 * A funnel over the platform's own customers, across organisations, from the modules' events and
 * not from pages. For staff, as ashlar_system. Writes an audit row.
 */
#define ANALYTICS__MILESTONES    "signed up|verified|created organisation|joined organisation|paid"
#define ANALYTICS__READ_PLATFORM "analytics.read_platform" /* a permission of staff */
CHECKED err analytics__run_platform_funnel(
    struct ctx *c, const struct analytics_funnel_wanted *wanted, struct analytics_funnel *out);

struct analytics__milestone {
    struct uuid event_id;
    const char *name; /* one of ANALYTICS__MILESTONES */
    struct uuid person_id, org_id;
    struct bytes signup_hash; /* size 0: none */
    struct instant occurred_at;
};
CHECKED err analytics__insert_milestone(struct ctx *c, const struct analytics__milestone *m);

/* Deletes at most `most` rows, so that no transaction is long. *gone < most: completed. */
CHECKED err analytics__forget_visitor(
    struct ctx *c, struct uuid org, const char *visitor, int64_t most, int64_t *gone);
CHECKED err analytics__find_visitor(
    struct ctx *c, const char *visitor, struct analytics_visitor *out);
/* As the system: the next organisation after `*org` (nil: the first) with data of the visitor, a
 * "person_…". nil: none. */
CHECKED err analytics__org_that_knows(struct ctx *c, const char *visitor, struct uuid *org);
CHECKED err analytics__forget_person(struct ctx *c);
/* As the system. *gone 0: completed. */
CHECKED err analytics__purge_bite(struct ctx *c, struct uuid org, int64_t most, int64_t *gone);
/* Data of the organisation to delete immediately: write keys and milestones. */
CHECKED err analytics__delete_keys_of_org(struct ctx *c);

/* Creates one missing partition: *made 1. None was missing: 0. */
CHECKED err analytics__make_partition(struct ctx *c, int64_t days_ahead, int64_t *made);
CHECKED err analytics__drop_partition(struct ctx *c, int64_t keep_days, int64_t *dropped);

/* --- Routes, jobs, events, hooks, settings, metrics --- */
extern const struct route analytics__ingest_routes[], analytics__alias_routes[],
    analytics__key_routes[], analytics__report_routes[], analytics__staff_routes[];
extern const struct subscription analytics__subscriptions[];

struct analytics__forget {
    const char *visitor;
};
JOB_OF(analytics__forget);
struct analytics__purge {
    struct uuid org_id;
};
JOB_OF(analytics__purge);
extern const JOB(analytics__forget) analytics__forget_visitor_job, analytics__forget_person_job;
extern const JOB(analytics__purge) analytics__purge_job;
extern const JOB(nothing) analytics__sweep_job;
extern const struct job_worker analytics__workers[];
extern const struct table analytics__tables[];

CHECKED err analytics__erase_person(struct ctx *c, struct uuid person);
CHECKED err analytics__purge_org(struct ctx *c);
CHECKED err analytics__maintain(struct ctx *c);

extern const struct setting ASHLAR_ANALYTICS_RETENTION_DAYS, ASHLAR_ANALYTICS_DO_NOT_TRACK;
extern const struct metric analytics__messages_metric, analytics__joins_metric,
    analytics__times_metric;
