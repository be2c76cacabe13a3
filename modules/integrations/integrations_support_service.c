/* Support view of an organisation's webhooks. */
#include "integrations_internal.h"

enum { ENDPOINTS_SHOWN = 5, DELIVERIES_SHOWN = 20 };

struct integrations_org_webhooks {
    const struct integrations_webhook_endpoint *endpoints;
    size_t n_endpoints;
    const struct integrations_webhook_delivery *deliveries;
    size_t n_deliveries;
};
static const struct field integrations_org_webhooks_fields[] = {
    LIST(integrations_org_webhooks, endpoints, integrations_webhook_endpoint,
        .doc = "First 50 webhook endpoints of the organisation"),
    LIST(integrations_org_webhooks, deliveries, integrations_webhook_delivery,
        .doc = "Last 20 deliveries to each of the first 5 endpoints"),
};
static SHAPE(integrations_org_webhooks);

static err add_deliveries(
    struct ctx *c, struct uuid endpoint, struct integrations_webhook_delivery *all, size_t *n)
{
    static const struct page_in newest = { .limit = DELIVERIES_SHOWN };
    struct integrations_webhook_delivery_list some;

    TRY(integrations_list_deliveries(c, endpoint, /* state= */ NULL, &newest, &some));
    for (size_t i = 0; i < some.n_data; i++)
        all[(*n)++] = some.data[i];
    return NULL;
}

SUPPORT_VIEW(see_org, integrations_org_webhooks)
{
    static const struct page_in first_page = { .limit = 50 };
    struct integrations_webhook_delivery *all =
        arena_array(c->arena, (size_t)ENDPOINTS_SHOWN * DELIVERIES_SHOWN, sizeof *all);
    struct integrations_webhook_endpoint_list endpoints;

    (void)of;
    TRY(integrations_list_endpoints(c, &first_page, &endpoints));
    for (size_t i = 0; i < endpoints.n_data && i < ENDPOINTS_SHOWN; i++)
        TRY(add_deliveries(c, endpoints.data[i].id, all, &out->n_deliveries));
    out->deliveries = all;
    out->endpoints = endpoints.data;
    out->n_endpoints = endpoints.n_data;
    return NULL;
}

const struct support_view integrations__org_support_view = {
    .doc = "Webhook endpoints and their deliveries",
    .loader = LOADED_BY(see_org),
};
