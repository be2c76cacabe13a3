/* Refunds and disputes: one query each. No rules here. */
#include "payments_internal.h"
#include "payments_sql.h"

struct status {
    const char *status;
};
static const struct field status_fields[] = { TEXT(status, status) };
static SHAPE(status);

err payments__reversal_status(
    struct ctx *c, const char *provider, const char *external_id, const char **out)
{
    struct status row;
    bool found;

    TRY(db_maybe(
        c, &SQL_get_reversal_status, status, &row, &found, ARGS(ARG(provider), ARG(external_id))));
    *out = found ? row.status : NULL;
    return NULL;
}

err payments__upsert_reversal(struct ctx *c, const struct payments__reversal *row,
    struct payments_reversal *out, bool *applied)
{
    const struct payments__remote_reversal *r = row->remote;

    return db_maybe(c, &SQL_upsert_reversal, payments_reversal, out, applied,
        ARGS(ARG(uuid_new()), ARG(row->org_id), ARG(row->provider), ARG(r->kind), ARG(r->id),
            ARG(r->customer), ARG(r->amount_minor), ARG(r->currency), ARG(r->status),
            ARG(r->reason), ARG(r->made_at), ARG(r->respond_by), ARG(row->ticket)));
}

err payments__list_reversals(struct ctx *c, const struct payments_reversal **rows, size_t *n)
{
    return db_list(c, &SQL_list_reversals, payments_reversal, rows, n, ARGS(ARG(c->org)));
}
