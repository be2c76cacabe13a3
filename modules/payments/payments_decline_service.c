/*
 * Declined payments: fetched, and stored with their checkout. Changes no access and settles
 * nothing: a declined card may be retried on the same page.
 */
#include "payments_internal.h"

struct keep {
    const struct payments_remote_decline *remote;
    struct payments__checkout checkout;
    bool found, is_new;
};

/* By our metadata, by its customer, or by the email address of the page. */
static err find_checkout(struct ctx *c, struct keep *k)
{
    const struct payments_remote_decline *r = k->remote;
    const char *provider = payments__provider()->name;
    struct uuid org;

    k->found = false;
    if (!uuid_is_nil(r->org) && !uuid_is_nil(r->checkout))
        TRY(payments__get_checkout(c, r->org, r->checkout, &k->checkout, &k->found));
    if (!k->found && r->customer) {
        TRY(payments__find_customer_org(c, provider, r->customer, &org, &k->found));
        if (k->found)
            TRY(payments__last_checkout_of(c, org, &k->checkout, &k->found));
    }
    if (!k->found && r->email)
        TRY(payments__checkout_of_email(c, provider, r->email, &k->checkout, &k->found));
    return NULL;
}

static err keep(struct ctx *c, void *arg)
{
    struct keep *k = arg;
    struct payments__account account;

    TRY(find_checkout(c, k));
    if (!k->found)
        return NULL;
    TRY(tx_enter_org(c, k->checkout.org_id));
    TRY(payments__lock_account(c, &account));
    return payments__note_decline(c, k->checkout.id, k->remote, &k->is_new);
}

err payments__sync_decline(struct ctx *c, const char *kind, const char *external_id)
{
    const struct payments_provider *provider = payments__provider();
    struct payments_remote_decline remote;
    struct keep k = { .remote = &remote };
    const char *reason;

    TRY(provider->fetch_decline(c, kind, external_id, &remote));
    if (remote.code == NULL) /* a later attempt succeeded */
        return NULL;
    TRY(tx_run(c, keep, &k));
    if (!k.found)
        log_info(
            c, "payments.object_ignored", log_text("kind", kind), log_text("object", external_id));
    if (!k.found || !k.is_new)
        return NULL;
    reason = payments__decline_reason(remote.code);
    metric_add(&PAYMENTS__METRIC_DECLINES, reason, 1);
    log_info(c, "payments.declined", log_text("object", remote.id), log_text("code", remote.code),
        log_text("reason", reason),
        log_text("checkout", typeid_text(c->arena, "checkout", k.checkout.id)));
    return NULL;
}
