/* What the tests of payments share: a catalogue, clicks, and the provider's events arriving. */
#pragma once
#include "payments_internal.h"
#include "testkit.h"

/* free (1 seat) and team (3 seats; 29.00 EUR a month, 50000 JPY a year). */
void sell(struct t *t);
/* The plans file `json` (single quotes). */
void sell_this(struct t *t, const char *json);

/* POST billing/checkout as the current actor, with a key of its own. */
void click(struct t *t, const char *plan, const char *currency, const char *period);
/* The session of the last response's url. */
const char *session_in_response(struct t *t);
/* POST to the pay page. */
void pay(struct t *t, const char *session, const char *outcome);
/* Buy team, pay, and let the events arrive. */
void subscribe(struct t *t);

/* One event's bytes, signed as the development provider would. */
void send_event(struct t *t, const char *body);
/* All that wait, then the jobs they caused; how many. */
int deliver_events(struct t *t);
/* Days pass, sessions end, and the owner signs in again. */
void later(struct t *t, struct org *org, int days);
/* The same, with the development provider's clock, and its events arrive. */
void days_pass(struct t *t, struct org *org, int days);

/* Of org_of, as staff ask. */
struct payments_billing_standing standing_seen_by_staff(struct t *t);

struct ctx *system_ctx(struct t *t);
