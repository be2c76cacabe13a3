/* Declarations shared by the files of integrations only. */
#pragma once
#include "integrations.h"
#include "notifications.h"

extern const struct setting ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG, ASHLAR_WEBHOOK_RETENTION_DAYS,
    ASHLAR_WEBHOOK_PRIVATE_ADDRESSES;

/* --- integrations_endpoint_store.c --- */

/* Serialises additions of events and counts of endpoints until the transaction ends. */
CHECKED err integrations__lock_feed(struct ctx *c);
CHECKED err integrations__list_endpoints(
    struct ctx *c, const struct page_in *page, struct integrations_webhook_endpoint_list *out);
CHECKED err integrations__get_endpoint(
    struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out);
CHECKED err integrations__lock_endpoint(
    struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out);
CHECKED err integrations__count_endpoints(struct ctx *c, int64_t *n);
CHECKED err integrations__insert_endpoint(
    struct ctx *c, struct uuid id, const struct integrations_new_endpoint *in, const char *sealed);
CHECKED err integrations__update_endpoint(
    struct ctx *c, const struct integrations_webhook_endpoint *endpoint);
CHECKED err integrations__delete_endpoint(struct ctx *c, struct uuid id);
/* Secrets that are valid in addition to the current one. */
CHECKED err integrations__count_former_secrets(struct ctx *c, struct uuid id, int64_t *n);
CHECKED err integrations__rotate_secret(struct ctx *c, struct uuid id, const char *sealed);
/* `*done` false: it was already disabled. */
CHECKED err integrations__disable_endpoint(
    struct ctx *c, struct uuid id, const char *reason, bool *done);
CHECKED err integrations__note_success(struct ctx *c, struct uuid endpoint);
CHECKED err integrations__note_failure(struct ctx *c, struct uuid endpoint);
/* An endpoint that fails, or whose delivery job was lost; across tenants. */
struct integrations__watched {
    struct uuid org_id, endpoint_id;
    int64_t stage; /* of failing: 1 after one day, 2 after three, 3 after five */
};
CHECKED err integrations__list_failing(
    struct ctx *c, const struct integrations__watched **rows, size_t *n);
CHECKED err integrations__list_stuck(
    struct ctx *c, const struct integrations__watched **rows, size_t *n);
CHECKED err integrations__count_notification(
    struct ctx *c, const struct integrations__watched *w, bool *taken);
CHECKED err integrations__purge(struct ctx *c);
/* Suspend c->org: the failure stages and retention clocks stop. Or restore it, as if no time had
 * passed. */
CHECKED err integrations__hold_org(struct ctx *c, bool held);

/* --- integrations_delivery_store.c --- */

struct integrations__new_event {
    struct uuid id;
    const char *type, *data; /* JSON */
    struct instant at;
};
CHECKED err integrations__take_event(struct ctx *c, const struct integrations__new_event *e);
CHECKED err integrations__insert_test_event(struct ctx *c, const struct integrations__new_event *e);
/* A row of one id. */
struct integrations__ref {
    struct uuid id;
};
CHECKED err integrations__list_listeners(
    struct ctx *c, const char *type, const struct integrations__ref **endpoints, size_t *n);
/* One event for one endpoint. `id`: of the delivery, unless this pair has one already. */
struct integrations__pair {
    struct uuid id, event, endpoint;
};
CHECKED err integrations__insert_deliveries(
    struct ctx *c, const struct integrations__pair *pairs, size_t n);
/* `*queued`: a job must be enqueued. Otherwise one is waiting, or the endpoint is disabled. */
CHECKED err integrations__queue_endpoint(struct ctx *c, struct uuid id, bool *queued);
CHECKED err integrations__list_deliveries(struct ctx *c, struct uuid endpoint, const char *state,
    const struct page_in *page, struct integrations_webhook_delivery_list *out);
CHECKED err integrations__get_delivery(
    struct ctx *c, struct uuid endpoint, struct uuid id, struct integrations_webhook_delivery *out);
CHECKED err integrations__list_attempts(struct ctx *c, struct uuid delivery,
    const struct integrations_webhook_attempt **rows, size_t *n);
CHECKED err integrations__redeliver(struct ctx *c, struct uuid endpoint, struct uuid id);
CHECKED err integrations__next_due(
    struct ctx *c, struct uuid endpoint, struct instant *at, bool *any);
CHECKED err integrations__count_waiting(struct ctx *c, int64_t *oldest_s);

struct integrations__replay {
    int64_t next, last; /* sequence numbers in the feed */
};
CHECKED err integrations__start_replay(struct ctx *c, struct uuid endpoint, struct instant since);
CHECKED err integrations__get_replay(
    struct ctx *c, struct uuid endpoint, struct integrations__replay *out, bool *found);
/* `next` 0: completed. */
CHECKED err integrations__set_replay(struct ctx *c, struct uuid endpoint, int64_t next);
struct integrations__replayed {
    struct uuid id;
    int64_t seq;
};
CHECKED err integrations__list_events_to_replay(struct ctx *c, struct uuid endpoint,
    const struct integrations__replay *r, const struct integrations__replayed **rows, size_t *n);

struct integrations__feed_state {
    int64_t last, swept;
};
CHECKED err integrations__get_feed(struct ctx *c, struct integrations__feed_state *out);
/* At most `most` after sequence number `seq`. */
struct integrations__events {
    const struct integrations_feed_event *rows;
    size_t n;
    bool more; /* the next one did not fit into the page */
};
CHECKED err integrations__list_events(
    struct ctx *c, int64_t seq, int64_t most, struct integrations__events *out);
CHECKED err integrations__delete_old_events(
    struct ctx *c, int64_t days, int64_t most, int64_t *gone);

/* --- integrations_run_store.c: one run of the delivery job --- */

struct integrations__run {
    struct uuid endpoint, id;
};
enum { INTEGRATIONS__SECRETS_MAX = 9 }; /* valid at the same time */
/* The endpoint's data for sending. Secrets are decrypted. */
struct integrations__sender {
    const char *url;
    bool enabled, failing;
    bool held; /* its organisation is suspended */
    int64_t version;
    struct bytes secret;
    struct bytes former[INTEGRATIONS__SECRETS_MAX]; /* newest first; each has its own end */
    size_t n_former;
};
struct integrations__item {
    struct uuid id, event_id;
    int64_t tries;
    const char *type;
    struct instant timestamp;
    const char *data;
};
/* Locks the endpoint. `*found` false: it was deleted. */
CHECKED err integrations__begin_run(struct ctx *c, const struct integrations__run *r,
    struct integrations__sender *out, bool *found);
/* False: the endpoint changed since the run began, or its organisation was suspended since. */
CHECKED err integrations__may_go_on(struct ctx *c, const struct integrations__run *r,
    const struct integrations__sender *began_with, bool *out);
CHECKED err integrations__count_runs(
    struct ctx *c, const struct integrations__run *r, int64_t *others);
CHECKED err integrations__claim(struct ctx *c, const struct integrations__run *r, int most,
    const struct integrations__item **items, size_t *n);
struct integrations__outcome {
    const char *result; /* as in struct integrations_webhook_delivery */
    int status;
    int64_t latency_ms;
    const char *excerpt;
    int64_t retry_after_ms; /* as requested by the receiver; 0: not requested */
    const char *state;      /* the new state of the delivery */
    int64_t next_ms;        /* pending: time until the next attempt */
};
/* `*ours` false: another run has claimed it since. */
CHECKED err integrations__record_attempt(struct ctx *c, const struct integrations__run *r,
    struct uuid delivery, const struct integrations__outcome *o, bool *ours);
CHECKED err integrations__release(struct ctx *c, const struct integrations__run *r);

/* --- integrations_secret.c --- */

enum { INTEGRATIONS__SECRET_SIZE = 32 };
/* A new secret: as shown to the customer, and sealed for the endpoint's row. */
struct integrations__secret {
    const char *shown, *sealed;
};
void integrations__new_secret(
    struct ctx *c, struct uuid endpoint, struct integrations__secret *out);
CHECKED err integrations__open_secret(
    struct ctx *c, struct uuid endpoint, const char *sealed, struct bytes *out);
/* "v1,…": Standard Webhooks 1.0.0 over id, seconds and body. */
char *integrations__sign(
    struct arena *a, struct bytes secret, const char *id, int64_t seconds, struct bytes body);

/* --- integrations_cursor.c --- */

/* A position in the organisation's feed, as stored by its clients. False: not a cursor of ours. */
char *integrations__cursor(struct ctx *c, int64_t sequence);
CHECKED bool integrations__cursor_read(struct ctx *c, const char *text, int64_t *sequence);

/* --- integrations_schedule.c --- */

enum { INTEGRATIONS__TRIES = 12 };
/* Delay in milliseconds after the `tries`th failed attempt (from 1), with jitter by `random`. -1:
 * no further attempt. */
int64_t integrations__delay_ms(int64_t tries, uint32_t random);

/* --- integrations_send.c --- */

/* One request to the endpoint. No transaction is open. Fills result, status, latency, excerpt and
 * retry_after. In addition to the results of a delivery, "refused": the name resolves to a private
 * address. */
void integrations__send(struct ctx *c, const struct integrations__sender *s,
    const struct integrations__item *item, struct integrations__outcome *out);

/* --- integrations_delivery_service.c --- */

/* In the open transaction: a delivery job will process the endpoint's deliveries now. */
CHECKED err integrations__wake(struct ctx *c, struct uuid endpoint);
/* The same, later. */
CHECKED err integrations__wake_at(struct ctx *c, struct uuid endpoint, struct instant at);
CHECKED err integrations__take_in(struct ctx *c, const struct event_meta *meta, struct bytes json);

/* --- integrations_notifications.c --- */

/* In the open transaction: notify members with permission to change endpoints. Stage 1: failing for
 * a day. 2: for three days. 3: for five days, and disabled. */
CHECKED err integrations__notify_failing(struct ctx *c, struct uuid endpoint, int64_t stage);

struct integrations__endpoint_job {
    struct uuid endpoint_id;
    struct uuid run_id;
};
JOB_OF(integrations__endpoint_job);

/* Queue the next one hundred deliveries of a replay, and a job for the following ones. */
CHECKED err integrations__replay_some(struct ctx *c, const struct integrations__endpoint_job *in);
/* End a replay whose job is dead. */
CHECKED err integrations__end_replay(struct ctx *c, const struct integrations__endpoint_job *in);

/* --- Access of routes: members by role, the organisation's keys by scope --- */

#define INTEGRATIONS__MAY_READ                                                                     \
    .auth = AUTH_SESSION_OR_KEY, .permission = "integrations.read", .scope = SCOPE_ORG
#define INTEGRATIONS__MAY_MANAGE                                                                   \
    .auth = AUTH_SESSION_OR_KEY, .permission = "integrations.manage", .scope = SCOPE_ORG

/* --- Tables, for integrations_module.c --- */

extern const struct support_view integrations__org_support_view;
extern const struct route integrations__endpoint_routes[], integrations__delivery_routes[],
    integrations__event_routes[];
extern const JOB(integrations__endpoint_job) integrations__deliver_job, integrations__replay_job;
extern const JOB(nothing) integrations__watch_job, integrations__sweep_job;
extern const struct subscription integrations__subscriptions[];
extern const struct job_worker integrations__workers[];
extern const struct table integrations__tables[];
NOTIFICATION_OF(integrations__failing);
extern const NOTIFICATION(integrations__failing) integrations__failing_kind;
extern const struct metric integrations__deliveries_metric, integrations__oldest_metric,
    integrations__disabled_metric;
