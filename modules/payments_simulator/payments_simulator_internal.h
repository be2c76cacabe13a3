/* What the files of payments_simulator share: its rows and buttons. */
#pragma once
#include "payments.h"
#include "payments_simulator.h"

struct payments_simulator__session {
    const char *id, *org, *checkout, *price, *label, *period, *customer, *success_url, *cancel_url,
        *status, *subscription, *currency, *provider_price;
    int64_t amount_minor;
    struct instant expires_at;
};
struct payments_simulator__subscription {
    const char *id, *customer, *org, *checkout, *price, *period, *status, *currency;
    const char *provider_price; /* NULL: created with the checkout */
    int64_t amount_minor;
    bool card_fails, cancel_at_period_end;
    struct instant created_at, period_start, period_end, cancel_at, ended_at;
};
struct payments_simulator__decline {
    const char *id, *org, *checkout, *customer, *code;
    struct instant made_at;
};
struct payments_simulator__event {
    struct uuid id;
    const char *body;
};
CHECKED err payments_simulator__now(struct ctx *c, struct instant *out);
CHECKED err payments_simulator__move_clock(struct ctx *c, int64_t days);
CHECKED err payments_simulator__insert_session(
    struct ctx *c, const char *key, const struct payments_simulator__session *row);
CHECKED err payments_simulator__session_of_key(
    struct ctx *c, const char *key, struct payments_simulator__session *out, bool *found);
CHECKED err payments_simulator__get_session(
    struct ctx *c, const char *id, struct payments_simulator__session *out, bool *found);
CHECKED err payments_simulator__settle_session(
    struct ctx *c, const char *id, const char *status, const char *subscription);
CHECKED err payments_simulator__insert_subscription(
    struct ctx *c, const struct payments_simulator__subscription *row);
CHECKED err payments_simulator__get_subscription(
    struct ctx *c, const char *id, struct payments_simulator__subscription *out, bool *found);
CHECKED err payments_simulator__list_subscriptions(struct ctx *c, struct instant since,
    const struct payments_simulator__subscription **rows, size_t *n);
CHECKED err payments_simulator__list_due(struct ctx *c, struct instant now,
    const struct payments_simulator__subscription **rows, size_t *n);
CHECKED err payments_simulator__update_subscription(
    struct ctx *c, const struct payments_simulator__subscription *row);
CHECKED err payments_simulator__next_period(struct ctx *c, const char *id);
CHECKED err payments_simulator__insert_event(
    struct ctx *c, const struct payments_simulator__event *row);
CHECKED err payments_simulator__get_event(
    struct ctx *c, struct uuid id, struct payments_simulator__event *out, bool *found);
CHECKED err payments_simulator__finish_event(struct ctx *c, struct uuid id);
CHECKED err payments_simulator__insert_decline(
    struct ctx *c, const struct payments_simulator__decline *row);
CHECKED err payments_simulator__get_decline(
    struct ctx *c, const char *id, struct payments_simulator__decline *out, bool *found);
CHECKED err payments_simulator__insert_refund_dispute(
    struct ctx *c, const struct payments_remote_refund_dispute *row);
CHECKED err payments_simulator__get_refund_dispute(
    struct ctx *c, const char *id, struct payments_remote_refund_dispute *out, bool *found);

/* A button of the pay page: "paid", "declined" (or another decline) or
 * "abandoned". */
CHECKED err payments_simulator__pay(struct ctx *c, const char *session, const char *outcome,
    struct payments_simulator__session *out);
/* Actions of the simulator's own page: "fail", "repair", "cancel" or "schedule-end" a subscription,
 * "refund" or "dispute" its payment, and moving the clock. */
CHECKED err payments_simulator__act(struct ctx *c, const char *subscription, const char *action);
CHECKED err payments_simulator__pass_days(struct ctx *c, int64_t days);
/* Declines a card and queues its event. */
CHECKED err payments_simulator__decline(
    struct ctx *c, const struct payments_simulator__decline *row);
CHECKED err payments_simulator__fetch_decline(
    struct ctx *c, const char *kind, const char *id, struct payments_remote_decline *out);
CHECKED err payments_simulator__emit(
    struct ctx *c, const char *type, const char *kind, const char *object);
/* Runs everything that is due by the simulator's clock. */
CHECKED err payments_simulator__tick(struct ctx *c);
CHECKED err payments_simulator__deliver(struct ctx *c, struct uuid event);
const char *payments_simulator__secret(struct ctx *c);
/* The public URL of a page or route of this server. */
const char *payments_simulator__url(struct ctx *c, const char *path);
extern const struct route payments_simulator__routes[];
extern const struct payments_provider payments_simulator__provider;

struct payments_simulator__event_ref {
    struct uuid id;
};
JOB_OF(payments_simulator__event_ref);
extern const JOB(payments_simulator__event_ref) payments_simulator__deliver_job;
extern const JOB(nothing) payments_simulator__tick_job;
extern const struct job_worker payments_simulator__workers[];
extern const struct table payments_simulator__tables[];
