/* Rows that the work assumes: read, stored, and later compared within the first statement. */
#include "batch.h"
#include "row_bytes.h"
#include <ashlar/log.h>

static err misfit(struct ctx *c, const struct query *q, const char *why)
{
    log_error(c, "db.result_mismatched", log_text("module", q->module), log_text("query", q->name),
        log_text("why", why));
    return &ERR_INTERNAL;
}

err precondition_ask(
    struct ctx *c, const struct query *q, const struct arg *args, size_t n_args, struct bytes *row)
{
    PGresult *r = NULL;
    err e = NULL;

    TRY(batch_run(c, q, args, n_args, &r));
    if (PQntuples(r) > 1)
        e = tx_poison(c->tx, misfit(c, q, "more than one row"));
    else if (!row_bytes_keep(c->arena, r, row))
        e = tx_poison(c->tx, misfit(c, q, "the row is too large"));
    PQclear(r);
    return e;
}

err precondition_read(
    struct ctx *c, const struct query *q, const struct shape *s, struct bytes row, void *out)
{
    return row_bytes_read(c->arena, row, s, out) ? NULL
                                                 : misfit(c, q, "a column does not fit the shape");
}

void precondition_add(
    struct ctx *c, const struct query *q, struct bytes row, const struct arg *args, size_t n_args)
{
    struct tx *t = tx_of(c);

    if (t->n_checks == PRECONDITIONS_MAX) {
        log_error(c, "db.check_limit_exceeded", log_text("query", q->name));
        abort();
    }
    t->checks[t->n_checks++] = (struct precondition){
        .query = q, .params = params_make(c->arena, args, n_args), .row = row
    };
    t->checks_due = t->open;
}

void preconditions_forget(struct ctx *c)
{
    if (c->tx == NULL)
        return;
    c->tx->n_checks = 0;
    c->tx->checks_due = false;
}

err preconditions_confirm(struct ctx *c)
{
    const struct tx *t = c->tx;

    return t != NULL && t->open && t->checks_due && t->poison == NULL ? batch_confirm(c) : NULL;
}

bool preconditions_failed(const struct ctx *c)
{
    return c->tx != NULL && c->tx->outdated;
}
