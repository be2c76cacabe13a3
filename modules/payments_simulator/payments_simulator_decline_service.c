/* Declined cards of the simulated provider. */
#include "payments_simulator_internal.h"

err payments_simulator__decline(struct ctx *c, const struct payments_simulator__decline *what)
{
    struct payments_simulator__decline row = *what;

    row.id = typeid_text(c->arena, "pi_dev", uuid_new());
    TRY(payments_simulator__insert_decline(c, &row));
    return payments_simulator__emit(c, "payment_intent.payment_failed", "payment_intent", row.id);
}

struct decline_use {
    const char *id;
    struct payments_simulator__decline row;
    bool found;
};

static err get_decline(struct ctx *c, void *arg)
{
    struct decline_use *u = arg;

    TRY(payments_simulator__get_decline(c, u->id, &u->row, &u->found));
    return u->found ? NULL
                    : problem(c, &PAYMENTS_NO_SUCH_OBJECT, NULL, "No such object: %s", u->id);
}

static struct uuid id_in(const char *prefix, const char *text)
{
    struct uuid id;

    return typeid_parse(prefix, text, strlen(text), &id) ? id : UUID_NIL;
}

err payments_simulator__fetch_decline(
    struct ctx *c, const char *kind, const char *id, struct payments_remote_decline *out)
{
    struct decline_use u = { .id = id };

    (void)kind;
    TRY(tx_run(c, get_decline, &u));
    *out = (struct payments_remote_decline){
        .id = u.row.id,
        .customer = u.row.customer,
        .org = id_in("org", u.row.org),
        .checkout = id_in("checkout", u.row.checkout),
        .code = u.row.code,
        .at = u.row.made_at,
    };
    return NULL;
}
