/* One request to Stripe's API, and the mapping of responses to errors. */
#pragma once
#include "payments_internal.h"

enum { PAYMENTS__FORM_MAX = 16 * 1024 };

/* application/x-www-form-urlencoded. `name`, also with brackets ("metadata[org]"), is written as it
 * is; the value is encoded. A NULL value omits the pair. */
void payments__form_add(struct buf *form, const char *name, const char *value);
void payments__form_add_int(struct buf *form, const char *name, int64_t value);

struct payments__stripe_request {
    enum http_method method;
    const char *path;
    const struct buf *form; /* of a GET: its query; NULL: none */
    const char *key;        /* Idempotency-Key of a change; NULL for a GET */
};
/*
 * Send, and retry by Stripe's rules, with the same key. Errors: PAYMENTS_PROVIDER_REFUSED,
 * PAYMENTS_PROVIDER_UNAVAILABLE, PAYMENTS_NO_SUCH_CUSTOMER, PAYMENTS_NO_SUCH_OBJECT.
 */
CHECKED err payments__stripe_call(
    struct ctx *c, const struct payments__stripe_request *request, const struct tree **out);

/* Delay after `tries` responses: 0.5 s doubled up to 5 s, of that 50 to 100 % by `random`, at least
 * 0.5 s. */
int payments__stripe_pause_ms(int tries, uint32_t random);

/* Whether to retry. Stripe's header stripe-should-retry (may be NULL) has priority. `status` 0: no
 * response. */
bool payments__stripe_may_retry(int status, const char *should_retry);
