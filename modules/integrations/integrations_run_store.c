/* Queries of one run of the delivery job: claims and results. No rules here. */
#include "integrations_internal.h"
#include "integrations_sql.h"

enum { LEASE_S = 120 };

struct sender_row {
    const char *url, *secret;
    const char *const *former_secrets;
    size_t n_former_secrets;
    bool enabled, failing, held;
    int64_t version;
};
static const struct field sender_row_fields[] = {
    TEXT(sender_row, url, .max = 2048),
    TEXT(sender_row, secret, .secret = true),
    TEXTS(sender_row, former_secrets, .secret = true),
    BOOL(sender_row, enabled),
    BOOL(sender_row, failing),
    BOOL(sender_row, held),
    INT(sender_row, version),
};
static SHAPE(sender_row);

static const struct field integrations__item_fields[] = {
    ID(integrations__item, id, "delivery"),
    ID(integrations__item, event_id, "evt"),
    INT(integrations__item, tries),
    TEXT(integrations__item, type),
    TIME(integrations__item, timestamp),
    OPEN_JSON(integrations__item, data),
};
static SHAPE(integrations__item);

err integrations__begin_run(
    struct ctx *c, const struct integrations__run *r, struct integrations__sender *out, bool *found)
{
    struct integrations__sender sender = { .url = NULL };
    struct sender_row row;

    TRY(db_maybe(c, &SQL_begin_run, sender_row, &row, found, ARGS(ARG(c->org), ARG(r->endpoint))));
    if (!*found)
        return NULL;
    sender.url = row.url;
    sender.enabled = row.enabled;
    sender.failing = row.failing;
    sender.held = row.held;
    sender.version = row.version;
    TRY(integrations__open_secret(c, r->endpoint, row.secret, &sender.secret));
    for (size_t i = 0; i < row.n_former_secrets && i < COUNT(sender.former); i++, sender.n_former++)
        TRY(integrations__open_secret(c, r->endpoint, row.former_secrets[i], &sender.former[i]));
    *out = sender;
    return NULL;
}

err integrations__may_go_on(struct ctx *c, const struct integrations__run *r,
    const struct integrations__sender *began_with, bool *out)
{
    return db_bool(
        c, &SQL_may_go_on, out, ARGS(ARG(c->org), ARG(r->endpoint), ARG(began_with->version)));
}

err integrations__count_runs(struct ctx *c, const struct integrations__run *r, int64_t *others)
{
    return db_int(c, &SQL_count_runs, others, ARGS(ARG(c->org), ARG(r->endpoint), ARG(r->id)));
}

err integrations__claim(struct ctx *c, const struct integrations__run *r, int most,
    const struct integrations__item **items, size_t *n)
{
    return db_list(c, &SQL_claim_deliveries, integrations__item, items, n,
        ARGS(ARG(c->org), ARG(r->endpoint), ARG(r->id), ARG(most), ARG((int)LEASE_S)));
}

/* An unresolvable name and one with a private address get the same result and no latency. Otherwise
 * customers could enumerate names of our network. */
err integrations__record_attempt(struct ctx *c, const struct integrations__run *r,
    struct uuid delivery, const struct integrations__outcome *o, bool *ours)
{
    const bool refused = text_equal(o->result, "refused");
    const bool unreached = refused || text_equal(o->result, "unreachable");
    int64_t n;

    TRY(db_exec_count(c, &SQL_record_attempt, &n,
        ARGS(ARG(c->org), ARG(delivery), ARG(r->id), ARG(o->state),
            ARG(refused ? "unreachable" : o->result), ARG(o->status),
            ARG(unreached ? (int64_t)0 : o->latency_ms), ARG(o->excerpt), ARG(o->next_ms),
            ARG(uuid_new()))));
    *ours = n == 1;
    return NULL;
}

err integrations__release(struct ctx *c, const struct integrations__run *r)
{
    return db_exec(c, &SQL_release_deliveries, ARGS(ARG(c->org), ARG(r->endpoint), ARG(r->id)));
}
