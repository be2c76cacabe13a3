/*
 * analytics — what people do in a product: events that pages and servers send in Segment's
 * protocol, and what they add up to. Knows no personal data beyond the ids it is sent and the
 * traits a write key declares.
 *
 * The only header of this module that others may include. Functions run in the caller's open
 * transaction, in the tenant of c->org unless they say otherwise. Outputs are filled on success and
 * left alone on failure; strings in them live in the context's arena. Days are UTC days.
 */
#pragma once
#include <ashlar/ashlar.h>

/* --- Write keys of the current organisation: public, they add events and read nothing --- */

struct analytics_write_key {
    struct uuid id; /* "writekey_…" */
    const char *name;
    const char *key;           /* "wk_…" */
    const char *const *traits; /* of identify and group, kept; others are dropped */
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
/* What is sent with it from now on is refused. Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err analytics_revoke_write_key(struct ctx *c, struct uuid id);

/* What became of a request's messages. */
struct analytics_accepted {
    bool success;
    int64_t stored, duplicates, rejected;
    const char *reason;      /* of the first one rejected; NULL: none was */
    int64_t unread_times;    /* of messages that were stored, as of their arrival */
    const char *unread_time; /* the first of them, with its name; NULL: none */
};
PUBLIC extern const struct shape analytics_accepted_shape;

/* --- What events add up to --- */

/* What occurred in [from, to). At most 399 days; a nil `to` is now, a nil `from` 30 days before.
 * Counts are kept by days: they are of all days the range touches. A funnel keeps to the instant.
 */
struct analytics_range {
    struct instant from, to;
};

struct analytics_event_total {
    const char *name;
    int64_t events, visitors;
};
struct analytics_totals {
    const struct analytics_event_total *data; /* most frequent first, at most 200 */
    size_t n_data;
};
PUBLIC extern const struct shape analytics_totals_shape;
PUBLIC CHECKED err analytics_events(
    struct ctx *c, const struct analytics_range *range, struct analytics_totals *out);

struct analytics_day {
    const char *day; /* "2026-11-22" */
    int64_t events, visitors;
};
struct analytics_days {
    const struct analytics_day *data; /* every day of the range */
    size_t n_data;
};
PUBLIC extern const struct shape analytics_days_shape;
/* Of one event, or of all (`event` NULL). */
PUBLIC CHECKED err analytics_count_by_day(struct ctx *c, const struct analytics_range *range,
    const char *event, struct analytics_days *out);

struct analytics_period {
    const char *starts_on;
    int64_t visitors;
};
struct analytics_active {
    const struct analytics_period *data; /* periods in which there were any */
    size_t n_data;
};
PUBLIC extern const struct shape analytics_active_shape;
/* Visitors with any event, by "day", "week" (from Monday) or "month". */
PUBLIC CHECKED err analytics_active_visitors(struct ctx *c, const struct analytics_range *range,
    const char *period, struct analytics_active *out);

enum { ANALYTICS_STEPS_MAX = 10 };
struct analytics_funnel_wanted {
    struct analytics_range range;
    const char *const
        *steps; /* names of events, in the order wanted; at most ANALYTICS_STEPS_MAX */
    size_t n_steps;
    int64_t within_s; /* from the first step to the last */
};
struct analytics_step {
    const char *step;
    int64_t visitors; /* who took it and all before it, in order */
};
struct analytics_funnel {
    const struct analytics_step *data;
    size_t n_data;
};
PUBLIC extern const struct shape analytics_funnel_shape;
PUBLIC CHECKED err analytics_run_funnel(
    struct ctx *c, const struct analytics_funnel_wanted *wanted, struct analytics_funnel *out);

/* --- Forgetting --- */

/* What is known of an id that came with messages. */
enum { ANALYTICS_ID_MAX = 200, ANALYTICS_JOINED_MAX = 500 };
struct analytics_visitor {
    const char *visitor;
    bool is_user;              /* came as a userId, within the time that events are kept */
    const char *joined_to;     /* the user it counts as; NULL: itself */
    const char *const *joined; /* ids that count as this user; at most ANALYTICS_JOINED_MAX */
    size_t n_joined;
};
PUBLIC extern const struct shape analytics_visitor_shape;
/* An id that no message brought is one of which nothing is known: no failure. */
PUBLIC CHECKED err analytics_find_visitor(
    struct ctx *c, const char *visitor, struct analytics_visitor *out);

/* In the background: every event of exactly this id in this organisation, and its joins. Events of
 * the ids that were joined to it stay, because anybody with a write key can have joined them; *out
 * says which these were. */
PUBLIC CHECKED err analytics_forget_visitor(
    struct ctx *c, const char *visitor, struct analytics_visitor *out);

/* --- Failures --- */
PUBLIC extern const struct error_kind ANALYTICS_UNKNOWN_WRITE_KEY;
PUBLIC extern const struct error_kind ANALYTICS_MESSAGE_REFUSED;
PUBLIC extern const struct error_kind ANALYTICS_TOO_MANY_WRITE_KEYS;
