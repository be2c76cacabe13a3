/* One request to Stripe's API and what its answer means. Knows no object of ours. */
#pragma once
#include "payments_internal.h"

enum { PAYMENTS__FORM_MAX = 16 * 1024 };

/* application/x-www-form-urlencoded; `name` with its brackets ("metadata[org]") is written as it
 * is, the value is encoded. A NULL value leaves the pair out. */
void payments__form_add(struct buf *form, const char *name, const char *value);
void payments__form_add_int(struct buf *form, const char *name, int64_t value);

struct payments__stripe_request {
    enum http_method method;
    const char *path;
    const struct buf *form; /* of a GET: its query; NULL: nothing */
    const char *key;        /* Idempotency-Key of what changes something; NULL of a GET */
};
/*
 * Send, and try again as Stripe wants it tried, with the same key. Errors:
 * PAYMENTS_PROVIDER_REFUSED, PAYMENTS_PROVIDER_UNAVAILABLE, PAYMENTS__NO_SUCH_CUSTOMER,
 * PAYMENTS__NO_SUCH_OBJECT.
 */
CHECKED err payments__stripe_call(
    struct ctx *c, const struct payments__stripe_request *request, const struct tree **out);

/* After `tries` answers, how long to wait (0.5 s doubled up to 5 s, of that 50 to 100 % by
 * `random`, never below 0.5 s). */
int payments__stripe_pause_ms(int tries, uint32_t random);

/* Is it worth another try? Stripe's own word (stripe-should-retry, may be NULL) goes first;
 * `status` 0: no answer came. */
bool payments__stripe_may_retry(int status, const char *should_retry);
