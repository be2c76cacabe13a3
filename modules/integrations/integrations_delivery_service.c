/* Rules of deliveries and redelivery. */
#include "integrations_internal.h"
#include "users.h"

#define TEST_TYPE "integrations.test"

enum {
    SOON_S = 120,
    SLOT_SOON_S = 5,
    SLOT_LATER_S = 60,
    REPLAY_PAUSE_S = 10, /* between one hundred deliveries and the next */
};

/* --- Waking the delivery job --- */

err integrations__wake(struct ctx *c, struct uuid endpoint)
{
    const struct integrations__endpoint_job job = { endpoint, uuid_new() };
    bool queued;

    TRY(integrations__queue_endpoint(c, endpoint, &queued));
    return queued ? job_enqueue(c, &integrations__deliver_job, &job) : NULL;
}

/* Times are rounded up to slots with one job each, so that a thousand waiting deliveries need few
 * jobs. */
err integrations__wake_at(struct ctx *c, struct uuid endpoint, struct instant at)
{
    const struct integrations__endpoint_job job = { endpoint, uuid_new() };
    int64_t ahead_us = at.us - clock_now().us;
    int64_t slot_us = SECONDS(ahead_us < SECONDS(SOON_S) ? SLOT_SOON_S : SLOT_LATER_S);
    struct instant slot = { (at.us + slot_us - 1) / slot_us * slot_us };

    return job_enqueue(c, &integrations__deliver_job, &job, .run_at = slot,
        .dedupe_key = arena_printf(c->arena, "%s %lld", typeid_text(c->arena, "endpoint", endpoint),
            (long long)(slot.us / SECONDS(1))));
}

/* --- Received events --- */

static err deliver_to(
    struct ctx *c, struct uuid event, const struct integrations__ref *endpoints, size_t n)
{
    struct integrations__pair *pairs = arena_array(c->arena, n, sizeof *pairs);

    for (size_t i = 0; i < n; i++)
        pairs[i] = (struct integrations__pair){ uuid_new(), event, endpoints[i].id };
    if (n > 0)
        TRY(integrations__insert_deliveries(c, pairs, n));
    for (size_t i = 0; i < n; i++)
        TRY(integrations__wake(c, endpoints[i].id));
    return NULL;
}

/* An event just before an organisation's deletion may be delivered after it. */
static err org_is_there(struct ctx *c, bool *there)
{
    err e;

    if (uuid_is_nil(c->org)) {
        *there = false;
        return NULL;
    }
    e = users_hold_org(c);
    *there = e == NULL;
    return e == &ERR_NOT_FOUND ? NULL : e;
}

err integrations__take_in(struct ctx *c, const struct event_meta *meta, struct bytes json)
{
    const struct integrations__ref *endpoints;
    bool there;
    size_t n;

    TRY(org_is_there(c, &there));
    if (!there)
        return NULL;
    TRY(integrations__take_event(
        c, &(struct integrations__new_event){
               .id = meta->id, .type = meta->kind->name, .data = json.data, .at = meta->at }));
    TRY(integrations__list_listeners(c, meta->kind->name, &endpoints, &n));
    return deliver_to(c, meta->id, endpoints, n);
}

/* --- Requests --- */

static err lock_enabled(struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out)
{
    struct integrations_webhook_endpoint endpoint;

    TRY(integrations__lock_endpoint(c, id, &endpoint));
    if (!endpoint.enabled)
        return problem(c, &INTEGRATIONS_ENDPOINT_DISABLED, NULL, "Enable the endpoint first.");
    *out = endpoint;
    return NULL;
}

err integrations_list_deliveries(struct ctx *c, struct uuid endpoint, const char *state,
    const struct page_in *page, struct integrations_webhook_delivery_list *out)
{
    struct integrations_webhook_delivery_list list;
    struct integrations_webhook_endpoint there;

    TRY(integrations__list_deliveries(c, endpoint, state, page, &list));
    TRY(integrations__get_endpoint(c, endpoint, &there));
    *out = list;
    return NULL;
}

err integrations_get_delivery(struct ctx *c, struct uuid endpoint, struct uuid id,
    struct integrations_webhook_delivery *out, const struct integrations_webhook_attempt **attempts,
    size_t *n)
{
    struct integrations_webhook_delivery delivery;

    TRY(integrations__get_delivery(c, endpoint, id, &delivery));
    TRY(integrations__list_attempts(c, id, attempts, n));
    *out = delivery;
    return NULL;
}

err integrations_redeliver(
    struct ctx *c, struct uuid endpoint, struct uuid id, struct integrations_webhook_delivery *out)
{
    struct integrations_webhook_endpoint there;
    struct integrations_webhook_delivery before, after;

    TRY(lock_enabled(c, endpoint, &there));
    TRY(integrations__get_delivery(c, endpoint, id, &before));
    TRY(integrations__redeliver(c, endpoint, id));
    TRY(integrations__wake(c, endpoint));
    TRY(integrations__get_delivery(c, endpoint, id, &after));
    TRY(audit(c, "integrations.redelivered", "delivery", id, integrations_webhook_delivery, &before,
        &after));

    *out = after;
    return NULL;
}

err integrations_send_test(
    struct ctx *c, struct uuid endpoint, struct integrations_webhook_delivery *out)
{
    const struct integrations__new_event e = {
        .id = uuid_new(), .type = TEST_TYPE, .data = "{\"hello\":\"world\"}"
    };
    const struct integrations__pair pair = { uuid_new(), e.id, endpoint };
    struct integrations_webhook_endpoint there;

    TRY(lock_enabled(c, endpoint, &there));
    TRY(integrations__insert_test_event(c, &e));
    TRY(integrations__insert_deliveries(c, &pair, 1));
    TRY(integrations__wake(c, endpoint));
    return integrations__get_delivery(c, endpoint, pair.id, out);
}

err integrations_replay(struct ctx *c, struct uuid endpoint, struct instant since,
    struct integrations_webhook_endpoint *out)
{
    const struct integrations__endpoint_job job = { endpoint, uuid_new() };
    struct integrations_webhook_endpoint before, after;

    TRY(lock_enabled(c, endpoint, &before));
    if (before.replaying)
        return problem(c, &ERR_CONFLICT, NULL, "A replay is under way already.");
    TRY(integrations__start_replay(c, endpoint, since));
    TRY(integrations__get_endpoint(c, endpoint, &after));
    TRY(audit(c, "integrations.replayed", "endpoint", endpoint, integrations_webhook_endpoint,
        &before, &after));
    TRY(job_enqueue(c, &integrations__replay_job, &job));

    *out = after;
    return NULL;
}

/* One hundred at a time, so that a repaired receiver is not overloaded. */
err integrations__replay_some(struct ctx *c, const struct integrations__endpoint_job *in)
{
    const struct integrations__replayed *events;
    struct integrations__pair *pairs;
    struct integrations__replay r;
    bool found;
    size_t n;

    TRY(integrations__get_replay(c, in->endpoint_id, &r, &found));
    if (!found)
        return NULL;
    TRY(integrations__list_events_to_replay(c, in->endpoint_id, &r, &events, &n));
    if (n == 0)
        return integrations__set_replay(c, in->endpoint_id, 0);
    pairs = arena_array(c->arena, n, sizeof *pairs);
    for (size_t i = 0; i < n; i++)
        pairs[i] = (struct integrations__pair){ uuid_new(), events[i].id, in->endpoint_id };
    TRY(integrations__insert_deliveries(c, pairs, n));
    TRY(integrations__set_replay(c, in->endpoint_id, events[n - 1].seq + 1));
    TRY(integrations__wake(c, in->endpoint_id));
    return job_enqueue(c, &integrations__replay_job, in,
        .run_at = instant_add(clock_now(), SECONDS(REPLAY_PAUSE_S)));
}

/* Queued deliveries are still sent; the other events can be requested again. */
err integrations__end_replay(struct ctx *c, const struct integrations__endpoint_job *in)
{
    log_error(c, "integrations.replay_ended",
        log_text("endpoint", typeid_text(c->arena, "endpoint", in->endpoint_id)),
        log_text("repair", "request another replay"));
    return integrations__set_replay(c, in->endpoint_id, 0);
}

/* --- The feed --- */

static err check_not_swept(struct ctx *c, int64_t sequence)
{
    struct integrations__feed_state feed;

    TRY(integrations__get_feed(c, &feed));
    if (sequence >= feed.swept)
        return NULL;
    return problem(c, &INTEGRATIONS_CURSOR_EXPIRED, NULL,
        "%lld events after this cursor are no longer stored.", (long long)(feed.swept - sequence));
}

err integrations_list_events(
    struct ctx *c, const char *after, int64_t limit, struct integrations_event_feed *out)
{
    struct integrations__events found;
    int64_t sequence = 0;
    size_t shown;

    if (after != NULL && !integrations__cursor_read(c, after, &sequence)) {
        problem_add(
            c, "query:after", "format", "The cursor does not belong to this organisation's feed.");
        return problem(c, &ERR_INVALID, NULL, "The cursor cannot be used.");
    }
    if (after != NULL)
        TRY(check_not_swept(c, sequence));
    TRY(integrations__list_events(c, sequence, limit + 1, &found));
    shown = found.n > (size_t)limit ? (size_t)limit : found.n;
    if (shown > 0)
        sequence = found.rows[shown - 1].sequence;
    *out = (struct integrations_event_feed){ .data = found.rows,
        .n_data = shown,
        .next_cursor = integrations__cursor(c, sequence),
        .has_more = found.more || found.n > shown };
    return NULL;
}
