/* Rules of webhook endpoints. */
#include "integrations_internal.h"

static err check_url(struct ctx *c, const char *url)
{
    const char *why = net_refuses_url(url);

    return why == NULL ? NULL : problem(c, &INTEGRATIONS_URL_REFUSED, "url", "%s", why);
}

static bool is_public(const struct event_kind *const *kinds, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(kinds[i]->name, name))
            return true;
    }
    return false;
}

static err check_events(struct ctx *c, const char *const *names, size_t n)
{
    size_t n_kinds;
    const struct event_kind *const *kinds = event_public_kinds(c->arena, &n_kinds);

    for (size_t i = 0; i < n; i++) {
        if (!is_public(kinds, n_kinds, names[i]))
            return problem(c, &INTEGRATIONS_UNKNOWN_EVENT, "events",
                "Unknown event type \"%s\". GET /v1/event-types lists all.", names[i]);
    }
    return NULL;
}

/* Counted under the lock: concurrent requests are counted one after another. */
static err make_room(struct ctx *c)
{
    int64_t most = setting_int(&ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG), n;

    TRY(integrations__lock_feed(c));
    TRY(integrations__count_endpoints(c, &n));
    if (n < most)
        return NULL;
    return problem(c, &INTEGRATIONS_TOO_MANY_ENDPOINTS, NULL,
        "The organisation has %lld endpoints already.", (long long)n);
}

err integrations_create_endpoint(struct ctx *c, const struct integrations_new_endpoint *in,
    struct integrations_webhook_endpoint *out, const char **secret)
{
    struct integrations_webhook_endpoint endpoint;
    struct integrations__secret made;
    struct uuid id = uuid_new();

    TRY(check_url(c, in->url));
    TRY(check_events(c, in->events, in->n_events));
    TRY(make_room(c));
    integrations__new_secret(c, id, &made);
    TRY(integrations__insert_endpoint(c, id, in, made.sealed));
    TRY(integrations__get_endpoint(c, id, &endpoint));
    TRY(audit(c, "integrations.endpoint_created", "endpoint", id, integrations_webhook_endpoint,
        NULL, &endpoint));

    *out = endpoint;
    *secret = made.shown;
    return NULL;
}

err integrations_list_endpoints(
    struct ctx *c, const struct page_in *page, struct integrations_webhook_endpoint_list *out)
{
    return integrations__list_endpoints(c, page, out);
}

err integrations_get_endpoint(
    struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out)
{
    return integrations__get_endpoint(c, id, out);
}

static err apply(struct ctx *c, const struct integrations_endpoint_changes *changes,
    struct integrations_webhook_endpoint *e)
{
    if (changes->url != NULL) {
        TRY(check_url(c, changes->url));
        e->url = changes->url;
    }
    if (changes->description != NULL)
        e->description = changes->description;
    if (changes->set_events) {
        TRY(check_events(c, changes->events, changes->n_events));
        e->events = changes->events;
        e->n_events = changes->n_events;
    }
    if (changes->set_enabled)
        e->enabled = changes->enabled;
    return NULL;
}

err integrations_update_endpoint(struct ctx *c, struct uuid id,
    const struct integrations_endpoint_changes *changes, struct integrations_webhook_endpoint *out)
{
    struct integrations_webhook_endpoint before, after;

    TRY(integrations__lock_endpoint(c, id, &before));
    TRY(ctx_match_version(c, before.version));
    after = before;
    TRY(apply(c, changes, &after));
    TRY(integrations__update_endpoint(c, &after));
    TRY(integrations__get_endpoint(c, id, &after));
    TRY(audit(c, "integrations.endpoint_changed", "endpoint", id, integrations_webhook_endpoint,
        &before, &after));
    if (after.enabled && !before.enabled)
        TRY(integrations__wake(c, id));

    *out = after;
    return NULL;
}

err integrations_delete_endpoint(struct ctx *c, struct uuid id)
{
    struct integrations_webhook_endpoint gone;

    TRY(integrations__lock_endpoint(c, id, &gone));
    TRY(ctx_match_version(c, gone.version));
    TRY(integrations__delete_endpoint(c, id));
    return audit(c, "integrations.endpoint_deleted", "endpoint", id, integrations_webhook_endpoint,
        &gone, NULL);
}

/* Each rotation adds one signature to every request, for a day. */
static err check_former_secrets(struct ctx *c, struct uuid id)
{
    int64_t n;

    TRY(integrations__count_former_secrets(c, id, &n));
    if (n + 1 < INTEGRATIONS__SECRETS_MAX)
        return NULL;
    return problem(c, &INTEGRATIONS_TOO_MANY_SECRETS, NULL,
        "%lld former secrets still sign, each until %d hours after it was replaced.", (long long)n,
        (int)INTEGRATIONS_OVERLAP_HOURS);
}

err integrations_rotate_secret(
    struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out, const char **secret)
{
    struct integrations_webhook_endpoint before, after;
    struct integrations__secret made;

    TRY(integrations__lock_endpoint(c, id, &before));
    TRY(check_former_secrets(c, id));
    integrations__new_secret(c, id, &made);
    TRY(integrations__rotate_secret(c, id, made.sealed));
    TRY(integrations__get_endpoint(c, id, &after));
    TRY(audit(c, "integrations.secret_rotated", "endpoint", id, integrations_webhook_endpoint,
        &before, &after));

    *out = after;
    *secret = made.shown;
    return NULL;
}
