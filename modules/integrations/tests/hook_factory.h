/* An organisation with a webhook endpoint at the receiver, for tests of deliveries. */
#pragma once
#include "testkit.h"
#include "integrations_internal.h"
#include "receiver.h"

#define ENDPOINTS "/v1/orgs/%s/webhook-endpoints"

struct hooked {
    const char *path, *id, *secret;
};

/* Start the receiver; its URL. */
void hook_start(void);
const char *hook_url(void);

/* An endpoint of the current organisation; `events` as in JSON, without brackets. */
struct hooked make_endpoint(struct t *t, const char *events);
/* An organisation whose history has been delivered, and a receiver that has seen nothing. */
struct org *begin_hooked(struct t *t, struct hooked *h, const char *events);
/* One public event: a member more. */
void happen(struct t *t, struct org *org);
/* Of the newest delivery there is. */
const char *id_of_newest(struct t *t);
bool signed_by(struct t *t, const struct received *r, const char *secret);
