/* The development provider: its own rows and buttons. For payments_internal.h and its own files. */
#pragma once
#include "payments_provider.h"

struct payments__dev_session {
    const char *id, *org, *checkout, *price, *label, *period, *customer, *success_url, *cancel_url,
        *status, *subscription, *currency, *provider_price;
    int64_t amount_minor;
    struct instant expires_at;
};
struct payments__dev_subscription {
    const char *id, *customer, *org, *checkout, *price, *period, *status, *currency;
    const char *provider_price; /* NULL: made on the way */
    int64_t amount_minor;
    bool card_fails, cancel_at_period_end;
    struct instant created_at, period_start, period_end, cancel_at, ended_at;
};
struct payments__dev_decline {
    const char *id, *org, *checkout, *customer, *code;
    struct instant made_at;
};
struct payments__dev_event {
    struct uuid id;
    const char *body;
};
CHECKED err payments__dev_now(struct ctx *c, struct instant *out);
CHECKED err payments__dev_move_clock(struct ctx *c, int64_t days);
CHECKED err payments__dev_insert_session(
    struct ctx *c, const char *key, const struct payments__dev_session *row);
CHECKED err payments__dev_session_of_key(
    struct ctx *c, const char *key, struct payments__dev_session *out, bool *found);
CHECKED err payments__dev_get_session(
    struct ctx *c, const char *id, struct payments__dev_session *out, bool *found);
CHECKED err payments__dev_settle_session(
    struct ctx *c, const char *id, const char *status, const char *subscription);
CHECKED err payments__dev_insert_subscription(
    struct ctx *c, const struct payments__dev_subscription *row);
CHECKED err payments__dev_get_subscription(
    struct ctx *c, const char *id, struct payments__dev_subscription *out, bool *found);
CHECKED err payments__dev_list_subscriptions(
    struct ctx *c, struct instant since, const struct payments__dev_subscription **rows, size_t *n);
CHECKED err payments__dev_list_due(
    struct ctx *c, struct instant now, const struct payments__dev_subscription **rows, size_t *n);
CHECKED err payments__dev_update_subscription(
    struct ctx *c, const struct payments__dev_subscription *row);
CHECKED err payments__dev_next_period(struct ctx *c, const char *id);
CHECKED err payments__dev_insert_event(struct ctx *c, const struct payments__dev_event *row);
CHECKED err payments__dev_get_event(
    struct ctx *c, struct uuid id, struct payments__dev_event *out, bool *found);
CHECKED err payments__dev_finish_event(struct ctx *c, struct uuid id);
CHECKED err payments__dev_insert_decline(struct ctx *c, const struct payments__dev_decline *row);
CHECKED err payments__dev_get_decline(
    struct ctx *c, const char *id, struct payments__dev_decline *out, bool *found);
CHECKED err payments__dev_insert_refund_dispute(
    struct ctx *c, const struct payments__remote_refund_dispute *row);
CHECKED err payments__dev_get_refund_dispute(
    struct ctx *c, const char *id, struct payments__remote_refund_dispute *out, bool *found);

/* A button of the pay page: "paid", "declined" (or another decline) or
 * "abandoned". */
CHECKED err payments__dev_pay(
    struct ctx *c, const char *session, const char *outcome, struct payments__dev_session *out);
/* Of the simulator's own page: "fail", "repair", "cancel" or "schedule-end" a subscription,
 * "refund" or "dispute" what was paid for it; move its clock. */
CHECKED err payments__dev_act(struct ctx *c, const char *subscription, const char *action);
CHECKED err payments__dev_pass_days(struct ctx *c, int64_t days);
/* A card is declined, and its event is on its way. */
CHECKED err payments__dev_decline(struct ctx *c, const struct payments__dev_decline *row);
CHECKED err payments__dev_fetch_decline(
    struct ctx *c, const char *kind, const char *id, struct payments__remote_decline *out);
CHECKED err payments__dev_emit(
    struct ctx *c, const char *type, const char *kind, const char *object);
/* What came due by the simulator's clock. */
CHECKED err payments__dev_tick(struct ctx *c);
CHECKED err payments__dev_deliver(struct ctx *c, struct uuid event);
const char *payments__dev_secret(struct ctx *c);
/* Of a page or route of this server, as others reach it. */
const char *payments__dev_url(struct ctx *c, const char *path);
extern const struct route payments__dev_routes[];
