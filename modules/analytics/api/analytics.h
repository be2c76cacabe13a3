/*
 * analytics — product analytics: events sent by pages and servers in Segment's protocol, and
 * reports on them. Stores no personal data except the received ids and the traits that a write key
 * declares.
 *
 * The only header of this module that others may include. Functions run in the caller's open
 * transaction, in the tenant of c->org unless stated otherwise. Outputs are filled on success and
 * unchanged on failure. Strings in outputs are in the context's arena. Days are UTC days.
 */
#pragma once
#include <ashlar/ashlar.h>

/* --- Write keys of the current organisation: public, permit writing events and no reading --- */

struct analytics_write_key {
    struct uuid id; /* "writekey_…" */
    const char *name;
    const char *key;           /* "wk_…" */
    const char *const *traits; /* stored traits of identify and group; others are dropped */
    size_t n_traits;
    struct instant created_at;
};
PUBLIC extern const struct shape analytics_write_key_shape;
LIST_OF(analytics_write_key);
PUBLIC extern const struct shape analytics_write_key_list_shape;

/* Errors: ANALYTICS_TOO_MANY_WRITE_KEYS. */
PUBLIC CHECKED err analytics_create_write_key(struct ctx *c, const char *name,
    const char *const *traits, size_t n_traits, struct analytics_write_key *out);
PUBLIC CHECKED err analytics_list_write_keys(
    struct ctx *c, const struct page_in *page, struct analytics_write_key_list *out);
/* Messages sent with it afterwards are rejected. Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err analytics_revoke_write_key(struct ctx *c, struct uuid id);

/* Results of a request's messages. */
struct analytics_ingest_result {
    bool success;
    int64_t stored, duplicates, rejected;
    const char *reason;      /* of the first rejected one; NULL: none */
    int64_t unread_times;    /* of stored messages, whose time is their arrival */
    const char *unread_time; /* the first of them, with the field's name; NULL: none */
};
PUBLIC extern const struct shape analytics_ingest_result_shape;

/* --- Reports --- */

/* The range [from, to). At most 399 days. A nil `to` is now, a nil `from` 30 days before. Counts
 * are stored by day and cover all days that the range touches. Funnels use the exact range. */
struct analytics_range {
    struct instant from, to;
};

struct analytics_event_total {
    const char *name;
    int64_t events, visitors;
};
struct analytics_event_total_list {
    const struct analytics_event_total *data; /* most frequent first, at most 200 */
    size_t n_data;
};
PUBLIC extern const struct shape analytics_event_total_list_shape;
PUBLIC CHECKED err analytics_events(
    struct ctx *c, const struct analytics_range *range, struct analytics_event_total_list *out);

struct analytics_day_count {
    const char *day; /* "2026-11-22" */
    int64_t events, visitors;
};
struct analytics_day_count_list {
    const struct analytics_day_count *data; /* every day of the range */
    size_t n_data;
};
PUBLIC extern const struct shape analytics_day_count_list_shape;
/* Of one event, or of all (`event` NULL). */
PUBLIC CHECKED err analytics_count_by_day(struct ctx *c, const struct analytics_range *range,
    const char *event, struct analytics_day_count_list *out);

struct analytics_active_period {
    const char *starts_on;
    int64_t visitors;
};
struct analytics_active_visitors {
    const struct analytics_active_period *data; /* periods with at least one visitor */
    size_t n_data;
};
PUBLIC extern const struct shape analytics_active_visitors_shape;
/* Visitors with any event, by "day", "week" (from Monday) or "month". */
PUBLIC CHECKED err analytics_active_visitors(struct ctx *c, const struct analytics_range *range,
    const char *period, struct analytics_active_visitors *out);

enum { ANALYTICS_STEPS_MAX = 10 };
struct analytics_funnel_wanted {
    struct analytics_range range;
    const char *const *steps; /* names of events, in order; at most ANALYTICS_STEPS_MAX */
    size_t n_steps;
    int64_t within_s; /* from the first step to the last */
};
struct analytics_funnel_step {
    const char *step;
    int64_t visitors; /* visitors who took this step and all before it, in order */
};
struct analytics_funnel {
    const struct analytics_funnel_step *data;
    size_t n_data;
};
PUBLIC extern const struct shape analytics_funnel_shape;
PUBLIC CHECKED err analytics_run_funnel(
    struct ctx *c, const struct analytics_funnel_wanted *wanted, struct analytics_funnel *out);

/* --- Deletion --- */

/* Stored data of an id from messages. */
enum { ANALYTICS_ID_MAX = 200, ANALYTICS_JOINED_MAX = 500 };
struct analytics_visitor {
    const char *visitor;
    bool is_user;              /* received as a userId, within the retention of events */
    const char *joined_to;     /* the user whose events include its own; NULL: itself */
    const char *const *joined; /* ids whose events count for this user; at most
                                * ANALYTICS_JOINED_MAX */
    size_t n_joined;
};
PUBLIC extern const struct shape analytics_visitor_shape;
/* An id that no message contained is no error: the result is empty. */
PUBLIC CHECKED err analytics_find_visitor(
    struct ctx *c, const char *visitor, struct analytics_visitor *out);

/* Delete, in the background, all events of exactly this id in this organisation, and its joins.
 * Events of joined ids are kept, because any holder of a write key can have joined them. `*out`
 * lists these ids. */
PUBLIC CHECKED err analytics_forget_visitor(
    struct ctx *c, const char *visitor, struct analytics_visitor *out);

/* --- Failures --- */
PUBLIC extern const struct error_kind ANALYTICS_UNKNOWN_WRITE_KEY;
PUBLIC extern const struct error_kind ANALYTICS_MESSAGE_REFUSED;
PUBLIC extern const struct error_kind ANALYTICS_TOO_MANY_WRITE_KEYS;
