/*
 * Cancellation at the provider for deleted organisations: a deleted organisation must not be
 * charged. The rows are written in the transaction of the deletion and retried until done. Later
 * events of the provider find these rows.
 */
#include "payments_internal.h"

bool payments__is_over(const struct payments_remote_subscription *remote)
{
    return remote->ended_at.us != 0 || text_equal(remote->status, "canceled") ||
           text_equal(remote->status, "incomplete_expired");
}

/* Tried immediately; payments.recover retries a failure. */
static err try_soon(struct ctx *c, struct uuid id)
{
    const struct payments__id_ref ref = { id };

    return job_enqueue(c, &payments__cancel_pending_job, &ref,
        .dedupe_key = typeid_text(c->arena, "cancellation", id));
}

static err write_down(struct ctx *c, struct uuid org, const struct payments__cancellation_due *what)
{
    struct uuid id;

    TRY(payments__insert_pending_cancellation(c, org, what, &id));
    return try_soon(c, id);
}

/* Completed when the provider did not have it, for example with the key of another account; now it
 * does. */
static err reopen(struct ctx *c, const struct payments__pending_cancellation *known)
{
    bool reopened;

    TRY(payments__reopen_pending_cancellation(c, known->id, &reopened));
    if (!reopened)
        return NULL;
    log_warn(c, "payments.cancellation_reopened", log_text("subscription", known->external_id),
        log_text("org", typeid_text(c->arena, "org", known->org_id)));
    return try_soon(c, known->id);
}

/* Under the account's lock: a concurrent sync commits before, or finds nothing. */
err payments__purge_org(struct ctx *c)
{
    const struct payments__cancellation_due *rows;
    struct payments__account account;
    size_t n;

    TRY(payments__lock_account(c, &account));
    TRY(payments__list_cancellations_due(c, &rows, &n));
    for (size_t i = 0; i < n; i++)
        TRY(write_down(c, c->org, &rows[i]));
    return payments__purge_rows(c);
}

err payments__cancel_orphaned(struct ctx *c, const struct payments_remote_subscription *remote)
{
    const char *provider = payments__provider()->name;
    struct payments__pending_cancellation known;
    bool found;

    TRY(payments__find_pending_cancellation(c, provider, remote, &known, &found));
    if (!found)
        return &ERR_NOT_FOUND;
    if (payments__is_over(remote))
        return NULL;
    if (text_equal(known.external_id, remote->id))
        return reopen(c, &known);
    log_error(c, "payments.deleted_org_charged", log_text("subscription", remote->id),
        log_text("customer", remote->customer),
        log_text("runbook", "docs/runbooks/payment-disputed.md"));
    return write_down(c, known.org_id,
        &(const struct payments__cancellation_due){
            "subscription", provider, remote->customer, remote->id });
}

struct pending_cancellation {
    struct payments__pending_cancellation row;
    struct payments__cancellation_due next; /* the result of a paid checkout */
    bool open;
};

static err begin(struct ctx *c, void *arg)
{
    struct pending_cancellation *p = arg;
    const struct uuid id = p->row.id;

    return payments__try_pending_cancellation(c, id, &p->row, &p->open);
}

static err finish(struct ctx *c, void *arg)
{
    const struct pending_cancellation *p = arg;

    if (p->next.external_id)
        TRY(write_down(c, p->row.org_id, &p->next));
    return payments__finish_pending_cancellation(c, p->row.id);
}

static err end_subscription(
    struct ctx *c, const struct payments_provider *provider, const struct pending_cancellation *p)
{
    struct payments_remote_subscription remote;

    TRY(provider->fetch_subscription(c, p->row.external_id, &remote));
    return payments__is_over(&remote)
               ? NULL
               : provider->end_subscription(c, p->row.key, p->row.external_id);
}

/* Paid on the page while it was open: then its subscription must be ended. */
static err end_checkout(
    struct ctx *c, const struct payments_provider *provider, struct pending_cancellation *p)
{
    struct payments_remote_checkout remote;

    TRY(provider->fetch_checkout(c, p->row.external_id, &remote));
    if (remote.subscription) {
        p->next = (struct payments__cancellation_due){ "subscription", p->row.provider,
            p->row.customer, remote.subscription };
        return NULL;
    }
    return text_equal(remote.status, "open")
               ? provider->expire_checkout(c, p->row.key, p->row.external_id)
               : NULL;
}

err payments__cancel_pending(struct ctx *c, struct uuid id)
{
    const struct payments_provider *provider = payments__provider();
    struct pending_cancellation p = { .row.id = id };
    err failed;

    TRY(tx_run(c, begin, &p));
    if (!p.open || !text_equal(p.row.provider, provider->name))
        return NULL;
    failed = text_equal(p.row.kind, "subscription") ? end_subscription(c, provider, &p)
                                                    : end_checkout(c, provider, &p);
    /* A missing object counts as ended, until an event says otherwise. Other failures are retried
     * by payments.recover. */
    if (failed && failed != &PAYMENTS_NO_SUCH_OBJECT)
        return failed;
    LOG_LINE_(c, failed ? LOG_WARN : LOG_INFO,
        failed ? "payments.cancellation_assumed" : "payments.cancellation_completed",
        log_text("kind", p.row.kind), log_text("object", p.row.external_id),
        log_text("org", typeid_text(c->arena, "org", p.row.org_id)));
    return tx_run(c, finish, &p);
}
