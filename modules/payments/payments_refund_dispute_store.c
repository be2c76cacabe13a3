/* Queries of refunds and disputes, one function each. No rules here. */
#include "payments_internal.h"
#include "payments_sql.h"

struct status {
    const char *status;
};
static const struct field status_fields[] = { TEXT(status, status) };
static SHAPE(status);

err payments__refund_dispute_status(
    struct ctx *c, const char *provider, const char *external_id, const char **out)
{
    struct status row;
    bool found;

    TRY(db_maybe(c, &SQL_get_refund_dispute_status, status, &row, &found,
        ARGS(ARG(provider), ARG(external_id))));
    *out = found ? row.status : NULL;
    return NULL;
}

err payments__upsert_refund_dispute(struct ctx *c, const struct payments__refund_dispute *row,
    struct payments_refund_dispute *out, bool *applied)
{
    const struct payments_remote_refund_dispute *r = row->remote;

    return db_maybe(c, &SQL_upsert_refund_dispute, payments_refund_dispute, out, applied,
        ARGS(ARG(uuid_new()), ARG(row->org_id), ARG(row->provider), ARG(r->kind), ARG(r->id),
            ARG(r->customer), ARG(r->amount_minor), ARG(r->currency), ARG(r->status),
            ARG(r->reason), ARG(r->made_at), ARG(r->respond_by), ARG(row->fetch_sequence)));
}

err payments__list_refunds_and_disputes(
    struct ctx *c, const struct payments_refund_dispute **rows, size_t *n)
{
    return db_list(
        c, &SQL_list_refunds_and_disputes, payments_refund_dispute, rows, n, ARGS(ARG(c->org)));
}
