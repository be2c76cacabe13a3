/* Signed events of the simulated provider, sent to this server's webhook. */
#include "payments_simulator_internal.h"

enum { EVENT_MAX = 4096 };

const char *payments_simulator__url(struct ctx *c, const char *path)
{
    const char *own = setting_text(&ASHLAR_PUBLIC_URL);
    int size = own ? (int)strlen(own) : 0;

    if (size > 0 && own[size - 1] == '/')
        size--;
    return arena_printf(c->arena, "%.*s%s", size, own ? own : "", path);
}

const char *payments_simulator__secret(struct ctx *c)
{
    struct bytes key = token_hash(c->arena, "payments.dev_webhook", "secret");

    return arena_printf(
        c->arena, "whsec_dev_%s", base64url_from_bytes(c->arena, key.data, key.size));
}

err payments_simulator__emit(struct ctx *c, const char *type, const char *kind, const char *object)
{
    const struct uuid id = uuid_new();
    struct buf b;

    buf_init(&b, c->arena, EVENT_MAX);
    buf_printf(&b,
        "{\"id\":\"%s\",\"object\":\"event\",\"api_version\":\"dev\",\"created\":%lld,"
        "\"livemode\":false,\"type\":\"%s\",\"data\":{\"object\":{\"id\":\"%s\","
        "\"object\":\"%s\"}}}",
        typeid_text(c->arena, "evt", id), (long long)(clock_now().us / SECONDS(1)), type, object,
        kind);
    TRY(payments_simulator__insert_event(c, &(struct payments_simulator__event){ id, b.data }));
    return job_enqueue(
        c, &payments_simulator__deliver_job, &(struct payments_simulator__event_ref){ id });
}

struct delivery {
    struct payments_simulator__event event;
    bool found;
};

static err load_event(struct ctx *c, void *arg)
{
    struct delivery *d = arg;

    return payments_simulator__get_event(c, d->event.id, &d->event, &d->found);
}

static err finish_event(struct ctx *c, void *arg)
{
    const struct delivery *d = arg;

    return payments_simulator__finish_event(c, d->event.id);
}

#define WEBHOOK_PATH "/v1/payments/webhooks/dev"

static err send_event(struct ctx *c, const struct payments_simulator__event *event, bool to_self)
{
    const struct bytes body = { event->body, strlen(event->body) };
    struct net_response response;

    TRY(net_request(c,
        &(const struct net_request){
            .method = POST,
            .url = to_self ? WEBHOOK_PATH : payments_simulator__url(c, WEBHOOK_PATH),
            .headers =
                (const struct net_header[]){
                    { "Content-Type", "application/json" },
                    { "Stripe-Signature",
                        payments_sign(c->arena, body, payments_simulator__secret(c), clock_now()) },
                },
            .n_headers = 2,
            .body = body,
            .to_own_network = true,
            .to_self = to_self,
        },
        &response));
    if (response.status >= 200 && response.status < 300)
        return NULL;
    return problem(
        c, &PAYMENTS_PROVIDER_UNAVAILABLE, NULL, "Our own webhook returned %d.", response.status);
}

/* The listener of this process comes first: a release on trial is not behind the public URL yet,
 * whose certificate may be invalid. A worker process has no listener. */
err payments_simulator__deliver(struct ctx *c, struct uuid id)
{
    struct delivery d = { .event.id = id };

    TRY(tx_run(c, load_event, &d));
    if (!d.found)
        return NULL;
    if (send_event(c, &d.event, true) != NULL)
        TRY(send_event(c, &d.event, false));
    return tx_run(c, finish_event, &d);
}
