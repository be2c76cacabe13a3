/* Queries of accounts, checkouts and operations, one function each. No rules here. */
#include "payments_internal.h"
#include "payments_sql.h"

static const struct field payments__account_fields[] = {
    ID(payments__account, org_id, "org"),
    TEXT(payments__account, provider, .optional = true),
    TEXT(payments__account, customer, .optional = true),
};
static SHAPE(payments__account);

static const struct field payments__checkout_fields[] = {
    ID(payments__checkout, org_id, "org"),
    ID(payments__checkout, id, "checkout"),
    ID(payments__checkout, price_id, "price"),
    TEXT(payments__checkout, state),
    TEXT(payments__checkout, provider),
    TEXT(payments__checkout, email),
    TEXT(payments__checkout, customer, .optional = true),
    TEXT(payments__checkout, session, .optional = true),
    TEXT(payments__checkout, url, .optional = true, .max = 2000),
    TEXT(payments__checkout, why, .optional = true),
    TIME(payments__checkout, expires_at),
    TIME(payments__checkout, created_at),
    TEXT(payments__checkout, decline_code, .optional = true),
    TIME(payments__checkout, declined_at, .optional = true),
    INT(payments__checkout, declines),
};
static SHAPE(payments__checkout);

static const struct field payments__operation_fields[] = {
    ID(payments__operation, org_id, "org"),
    ID(payments__operation, id, "op"),
    TEXT(payments__operation, kind),
    TEXT(payments__operation, subject),
    TEXT(payments__operation, key),
    TEXT(payments__operation, state),
    INT(payments__operation, attempts),
    TEXT(payments__operation, why, .optional = true),
    BOOL(payments__operation, is_old),
};
static SHAPE(payments__operation);

const struct constraint payments__constraints[] = {
    { "checkout_open_key", &PAYMENTS_OTHER_CHECKOUT_OPEN, NULL },
    { NULL, NULL, NULL },
};

err payments__lock_account(struct ctx *c, struct payments__account *out)
{
    TRY(db_exec(c, &SQL_ensure_account, ARGS(ARG(c->org))));
    return db_one(c, &SQL_lock_account, payments__account, out, ARGS(ARG(c->org)));
}

err payments__set_customer(struct ctx *c, const char *provider, const char *customer)
{
    return db_exec(c, &SQL_set_customer, ARGS(ARG(c->org), ARG(provider), ARG(customer)));
}

err payments__forget_customer(struct ctx *c, const char *provider, const char *customer)
{
    return db_exec(c, &SQL_forget_customer, ARGS(ARG(c->org), ARG(provider), ARG(customer)));
}

err payments__insert_checkout(struct ctx *c, const struct payments__checkout *row)
{
    return db_exec(c, &SQL_insert_checkout,
        ARGS(ARG(c->org), ARG(row->id), ARG(row->price_id), ARG(row->provider), ARG(row->email),
            ARG(row->customer), ARG(row->expires_at)));
}

err payments__open_checkout(struct ctx *c, struct payments__checkout *out, bool *found)
{
    return db_maybe(c, &SQL_open_checkout, payments__checkout, out, found, ARGS(ARG(c->org)));
}

err payments__last_checkout(struct ctx *c, struct payments__checkout *out, bool *found)
{
    return payments__last_checkout_of(c, c->org, out, found);
}

err payments__last_checkout_of(
    struct ctx *c, struct uuid org, struct payments__checkout *out, bool *found)
{
    return db_maybe(c, &SQL_last_checkout, payments__checkout, out, found, ARGS(ARG(org)));
}

err payments__checkout_of_email(struct ctx *c, const char *provider, const char *email,
    struct payments__checkout *out, bool *found)
{
    return db_maybe(
        c, &SQL_checkout_of_email, payments__checkout, out, found, ARGS(ARG(provider), ARG(email)));
}

err payments__note_decline(
    struct ctx *c, struct uuid checkout, const struct payments_remote_decline *r, bool *is_new)
{
    int64_t touched;

    TRY(db_exec_count(c, &SQL_note_decline, &touched,
        ARGS(ARG(c->org), ARG(checkout), ARG(r->id), ARG(r->code), ARG(r->at))));
    *is_new = touched == 1;
    return NULL;
}

err payments__get_checkout(
    struct ctx *c, struct uuid org, struct uuid id, struct payments__checkout *out, bool *found)
{
    return db_maybe(c, &SQL_get_checkout, payments__checkout, out, found, ARGS(ARG(org), ARG(id)));
}

err payments__checkout_of_session(struct ctx *c, const char *provider, const char *session,
    struct payments__checkout *out, bool *found)
{
    return db_maybe(c, &SQL_checkout_of_session, payments__checkout, out, found,
        ARGS(ARG(provider), ARG(session)));
}

err payments__answer_checkout(struct ctx *c, struct uuid id, const char *session, const char *url)
{
    return db_exec_one(c, &SQL_answer_checkout, ARGS(ARG(c->org), ARG(id), ARG(session), ARG(url)));
}

err payments__settle_checkout(struct ctx *c, struct uuid id, const char *state, const char *why)
{
    return db_exec(c, &SQL_settle_checkout, ARGS(ARG(c->org), ARG(id), ARG(state), ARG(why)));
}

err payments__list_open_checkouts(
    struct ctx *c, const char *provider, const struct payments__checkout **rows, size_t *n)
{
    return db_list(c, &SQL_list_open_checkouts, payments__checkout, rows, n, ARGS(ARG(provider)));
}

/* The key is created here, from the row's own id, and stays with the row. */
err payments__insert_operation(
    struct ctx *c, const char *kind, const char *subject, struct payments__operation *out)
{
    const struct uuid id = uuid_new();
    const struct payments__operation op = {
        .org_id = c->org,
        .id = id,
        .kind = kind,
        .subject = subject,
        .key = arena_printf(c->arena, "ashlar_%s_%s", kind, typeid_text(c->arena, "op", id)),
        .state = "pending",
    };

    TRY(db_exec(c, &SQL_insert_operation,
        ARGS(ARG(op.org_id), ARG(op.id), ARG(op.kind), ARG(op.subject), ARG(op.key))));
    *out = op;
    return NULL;
}

err payments__find_operation(struct ctx *c, const char *kind, const char *subject,
    struct payments__operation *out, bool *found)
{
    return db_maybe(c, &SQL_find_operation, payments__operation, out, found,
        ARGS(ARG(c->org), ARG(kind), ARG(subject)));
}

err payments__get_operation(
    struct ctx *c, struct uuid id, struct payments__operation *out, bool *found)
{
    return db_maybe(
        c, &SQL_get_operation, payments__operation, out, found, ARGS(ARG(c->org), ARG(id)));
}

err payments__overtake_operation(struct ctx *c, const char *kind, const char *subject)
{
    return db_exec(c, &SQL_overtake_operation, ARGS(ARG(c->org), ARG(kind), ARG(subject)));
}

err payments__claim_operation(
    struct ctx *c, struct uuid org, struct uuid id, struct payments__operation *out, bool *ours)
{
    return db_maybe(
        c, &SQL_claim_operation, payments__operation, out, ours, ARGS(ARG(org), ARG(id)));
}

err payments__settle_operation(
    struct ctx *c, const struct payments__operation *op, const char *state, const char *why)
{
    return db_exec(
        c, &SQL_settle_operation, ARGS(ARG(op->org_id), ARG(op->id), ARG(state), ARG(why)));
}

err payments__list_stuck_operations(
    struct ctx *c, const struct payments__operation **rows, size_t *n)
{
    return db_list(c, &SQL_list_stuck_operations, payments__operation, rows, n, NO_ARGS);
}

err payments__purge_rows(struct ctx *c)
{
    TRY(db_exec(c, &SQL_purge_operations, ARGS(ARG(c->org))));
    TRY(db_exec(c, &SQL_purge_checkouts, ARGS(ARG(c->org))));
    TRY(db_exec(c, &SQL_purge_subscriptions, ARGS(ARG(c->org))));
    return db_exec(c, &SQL_purge_account, ARGS(ARG(c->org)));
}
