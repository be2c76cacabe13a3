/* Stripe as a provider: maps its objects to ours. */
#include "payments_stripe_call.h"

enum { PAGE = 100, PAGES_MAX = 10 };
#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */

static struct uuid id_in(const char *prefix, const struct tree *value)
{
    const char *text = tree_text(value);
    struct uuid id;

    return text && typeid_parse(prefix, text, strlen(text), &id) ? id : UUID_NIL;
}

/* An id, or the object it was expanded to. */
static const char *id_of(const struct tree *ref)
{
    return tree_kind(ref) == TREE_OBJECT ? tree_text(tree_get(ref, "id")) : tree_text(ref);
}

/* Values outside the calendar are no time. */
static struct instant time_of(const struct tree *seconds)
{
    int64_t s = tree_int(seconds, 0);

    return s > 0 && s <= LAST_SECOND ? (struct instant){ SECONDS(s) } : INSTANT_NONE;
}

static err not_understood(struct ctx *c, const char *object)
{
    log_error(c, "payments.stripe_response_invalid", log_text("object", object),
        log_text("hint", "check that the account's API responds in our pinned version"));
    return problem(c, &PAYMENTS_PROVIDER_UNAVAILABLE, NULL, "The provider's response is invalid.");
}

static err get(struct ctx *c, const char *path, const struct buf *query, const struct tree **out)
{
    return payments__stripe_call(
        c, &(struct payments__stripe_request){ GET, path, query, NULL }, out);
}

static err get_object(struct ctx *c, const char *folder, const char *id, const struct tree **out)
{
    return get(c, arena_printf(c->arena, "%s%s", folder, id), NULL, out);
}

static err post(struct ctx *c, const char *path, const struct buf *form, const char *key,
    const struct tree **out)
{
    return payments__stripe_call(
        c, &(struct payments__stripe_request){ POST, path, form, key }, out);
}

/* Stripe writes codes in lower case. NULL: not a code. */
static const char *currency_code(struct ctx *c, const struct tree *value)
{
    const char *text = tree_text(value);
    char *code = arena_strdup(c->arena, text ? text : "");

    if (strlen(code) != 3 || strspn(code, "abcdefghijklmnopqrstuvwxyz") != 3)
        return NULL;
    for (char *p = code; *p; p++)
        *p = (char)(*p - 'a' + 'A');
    return code;
}

/* --- Checkout --- */

static err read_checkout(struct ctx *c, const struct tree *t, struct payments_remote_checkout *out)
{
    const struct tree *metadata = tree_get(t, "metadata");
    const struct payments_remote_checkout read = {
        .id = tree_text(tree_get(t, "id")),
        .url = tree_text(tree_get(t, "url")),
        .status = tree_text(tree_get(t, "status")),
        .subscription = id_of(tree_get(t, "subscription")),
        .org = id_in("org", tree_get(metadata, "ashlar_org")),
        .checkout = id_in("checkout", tree_get(metadata, "ashlar_checkout")),
    };

    if (read.id == NULL)
        return not_understood(c, "checkout.session");
    *out = read;
    if (out->status == NULL)
        out->status = "open";
    return NULL;
}

static void add_ids(
    struct ctx *c, struct buf *form, const char *where, const struct payments_checkout_call *call)
{
    const struct {
        const char *name, *prefix;
        struct uuid id;
    } ids[] = {
        { "ashlar_org", "org", call->org },
        { "ashlar_checkout", "checkout", call->checkout },
        { "ashlar_price", "price", call->price },
    };

    for (size_t i = 0; i < COUNT(ids); i++)
        payments__form_add(form, arena_printf(c->arena, "%s[%s]", where, ids[i].name),
            typeid_text(c->arena, ids[i].prefix, ids[i].id));
}

static void add_price(struct ctx *c, struct buf *form, const struct payments_checkout_call *call)
{
    const struct payments__currency *currency = payments__currency(call->currency);

    payments__form_add(form, "line_items[0][quantity]", "1");
    if (call->provider_price) {
        payments__form_add(form, "line_items[0][price]", call->provider_price);
        return;
    }
    payments__form_add(
        form, "line_items[0][price_data][currency]", text_lower(c->arena, call->currency));
    payments__form_add_int(form, "line_items[0][price_data][unit_amount]",
        payments__stripe_amount(currency, call->amount_minor));
    payments__form_add(form, "line_items[0][price_data][recurring][interval]", call->period);
    payments__form_add(form, "line_items[0][price_data][product_data][name]", call->plan_name);
}

static err create_checkout(struct ctx *c, const char *key,
    const struct payments_checkout_call *call, struct payments_remote_checkout *out)
{
    const struct tree *t;
    struct buf form;

    buf_init(&form, c->arena, PAYMENTS__FORM_MAX);
    payments__form_add(&form, "mode", "subscription");
    add_price(c, &form, call);
    payments__form_add(&form, "success_url", call->success_url);
    payments__form_add(&form, "cancel_url", call->cancel_url);
    payments__form_add(
        &form, "client_reference_id", typeid_text(c->arena, "checkout", call->checkout));
    payments__form_add(&form, "customer", call->customer);
    payments__form_add(&form, "customer_email", call->customer ? NULL : call->email);
    payments__form_add_int(&form, "expires_at", call->expires_at.us / SECONDS(1));
    add_ids(c, &form, "metadata", call);
    add_ids(c, &form, "subscription_data[metadata]", call);
    TRY(post(c, "/v1/checkout/sessions", &form, key, &t));
    TRY(read_checkout(c, t, out));
    return out->url ? NULL : not_understood(c, "checkout.session");
}

static err expire_checkout(struct ctx *c, const char *key, const char *session)
{
    const struct tree *t;

    return post(
        c, arena_printf(c->arena, "/v1/checkout/sessions/%s/expire", session), NULL, key, &t);
}

static err fetch_checkout(struct ctx *c, const char *session, struct payments_remote_checkout *out)
{
    const struct tree *t;

    TRY(get_object(c, "/v1/checkout/sessions/", session, &t));
    return read_checkout(c, t, out);
}

/* --- Subscriptions --- */

/* Since API version 2025-03-31 the paid period is on the items; before, on the subscription. */
static struct instant period_of(const struct tree *t, const struct tree *item, const char *name)
{
    const struct tree *value = tree_get(item, name);

    return time_of(value ? value : tree_get(t, name));
}

static err read_item(
    struct ctx *c, const struct tree *t, const struct tree *item, struct payments_remote_item *out)
{
    const struct tree *price = tree_get(item, "price");
    const char *code = currency_code(c, tree_get(price, "currency"));
    const struct payments__currency *currency = code ? payments__currency(code) : NULL;
    const struct tree *recurring = tree_get(price, "recurring");
    const struct payments_remote_item read = {
        .price = id_of(price),
        .amount_minor = currency ? payments__amount_of_stripe(
                                       currency, tree_int(tree_get(price, "unit_amount"), -1))
                                 : -1,
        .currency = code,
        .period = tree_int(tree_get(recurring, "interval_count"), 1) == 1
                      ? tree_text(tree_get(recurring, "interval"))
                      : NULL,
        .period_start = period_of(t, item, "current_period_start"),
        .period_end = period_of(t, item, "current_period_end"),
    };

    if (read.price == NULL)
        return not_understood(c, "subscription_item");
    *out = read;
    return NULL;
}

/* The subscription object contains only the first page of items. */
static err list_items(
    struct ctx *c, const struct tree *t, const char *subscription, const struct tree **data)
{
    const struct tree *list = tree_get(t, "items");
    struct buf query;

    if (tree_is_true(tree_get(list, "has_more"))) {
        buf_init(&query, c->arena, PAYMENTS__FORM_MAX);
        payments__form_add(&query, "subscription", subscription);
        payments__form_add_int(&query, "limit", PAGE);
        TRY(get(c, "/v1/subscription_items", &query, &list));
    }
    *data = tree_get(list, "data");
    return NULL;
}

static err read_items(struct ctx *c, const struct tree *t, struct payments_remote_subscription *out)
{
    struct payments_remote_item *items;
    const struct tree *data;
    size_t n;

    TRY(list_items(c, t, out->id, &data));
    n = tree_count(data);
    items = arena_array(c->arena, n, sizeof *items);
    for (size_t i = 0; i < n; i++)
        TRY(read_item(c, t, tree_item(data, i), &items[i]));
    out->items = items;
    out->n_items = n;
    return NULL;
}

static err read_subscription(
    struct ctx *c, const struct tree *t, struct payments_remote_subscription *out)
{
    const struct tree *metadata = tree_get(t, "metadata");
    const struct tree *item = tree_item(tree_get(tree_get(t, "items"), "data"), 0);
    const struct payments_remote_subscription read = {
        .id = tree_text(tree_get(t, "id")),
        .customer = id_of(tree_get(t, "customer")),
        .status = tree_text(tree_get(t, "status")),
        .org = id_in("org", tree_get(metadata, "ashlar_org")),
        .checkout = id_in("checkout", tree_get(metadata, "ashlar_checkout")),
        .price = id_in("price", tree_get(metadata, "ashlar_price")),
        .cancel_at_period_end = tree_is_true(tree_get(t, "cancel_at_period_end")),
        .started_at = time_of(tree_get(t, "created")),
        .period_start = period_of(t, item, "current_period_start"),
        .period_end = period_of(t, item, "current_period_end"),
        .cancel_at = time_of(tree_get(t, "cancel_at")),
        .ended_at = time_of(tree_get(t, "ended_at")),
    };

    if (!read.id || !read.customer || !read.status || read.started_at.us == 0 ||
        read.period_start.us == 0 || read.period_end.us == 0)
        return not_understood(c, "subscription");
    *out = read;
    return read_items(c, t, out);
}

static err fetch_subscription(
    struct ctx *c, const char *id, struct payments_remote_subscription *out)
{
    const struct tree *t;

    TRY(get_object(c, "/v1/subscriptions/", id, &t));
    return read_subscription(c, t, out);
}

/* Stripe rejects both in one call. An empty value clears the date. */
static err set_end(struct ctx *c, const char *key, const char *subscription, enum payments_end end)
{
    const bool cancel = end == PAYMENTS_END_WITH_PERIOD;
    const struct tree *t;
    struct buf form;

    buf_init(&form, c->arena, PAYMENTS__FORM_MAX);
    if (end == PAYMENTS_NO_END_BY_DATE)
        payments__form_add(&form, "cancel_at", "");
    else
        payments__form_add(&form, "cancel_at_period_end", cancel ? "true" : "false");
    return post(c, arena_printf(c->arena, "/v1/subscriptions/%s", subscription), &form, key, &t);
}

static err end_subscription(struct ctx *c, const char *key, const char *id)
{
    const struct payments__stripe_request request = {
        .method = DELETE_,
        .path = arena_printf(c->arena, "/v1/subscriptions/%s", id),
        .key = key,
    };
    const struct tree *t;

    return payments__stripe_call(c, &request, &t);
}

/* --- Refunds and disputes --- */

static err read_refund_dispute(struct ctx *c, const char *kind, const struct tree *t,
    struct payments_remote_refund_dispute *out)
{
    const char *code = currency_code(c, tree_get(t, "currency"));
    const struct payments__currency *currency = code ? payments__currency(code) : NULL;
    const struct payments_remote_refund_dispute read = {
        .kind = kind,
        .id = tree_text(tree_get(t, "id")),
        .customer = id_of(tree_get(tree_get(t, "charge"), "customer")),
        .amount_minor =
            currency ? payments__amount_of_stripe(currency, tree_int(tree_get(t, "amount"), -1))
                     : tree_int(tree_get(t, "amount"), -1),
        .currency = code,
        .status = tree_text(tree_get(t, "status")),
        .reason = tree_text(tree_get(t, "reason")),
        .made_at = time_of(tree_get(t, "created")),
        .respond_by = time_of(tree_get(tree_get(t, "evidence_details"), "due_by")),
    };

    if (!read.id || !read.status || !read.currency || read.amount_minor < 0 || read.made_at.us == 0)
        return not_understood(c, kind);
    *out = read;
    return NULL;
}

static err fetch_refund_dispute(
    struct ctx *c, const char *kind, const char *id, struct payments_remote_refund_dispute *out)
{
    const char *folder = text_equal(kind, "dispute") ? "disputes" : "refunds";
    const struct tree *t;
    struct buf query;

    buf_init(&query, c->arena, PAYMENTS__FORM_MAX);
    payments__form_add(&query, "expand[0]", "charge");
    TRY(get(c, arena_printf(c->arena, "/v1/%s/%s", folder, id), &query, &t));
    return read_refund_dispute(c, kind, t, out);
}

/* --- Declined payments --- */

static const char *first_text(const struct tree *a, const struct tree *b)
{
    return tree_text(a) ? tree_text(a) : tree_text(b);
}

/* For a charge, the outcome contains the reason of the decline. */
static const char *code_of_charge(const struct tree *charge)
{
    const struct tree *code = tree_get(charge, "failure_code");
    const char *reason = tree_text(tree_get(tree_get(charge, "outcome"), "reason"));

    return text_equal(tree_text(code), "card_declined") && reason ? reason : tree_text(code);
}

static void read_charge(const struct tree *charge, struct payments_remote_decline *out)
{
    const char *id = tree_text(tree_get(charge, "id"));
    const struct instant at = time_of(tree_get(charge, "created"));

    if (id)
        out->id = id;
    if (at.us != 0)
        out->at = at;
    if (id_of(tree_get(charge, "customer")))
        out->customer = id_of(tree_get(charge, "customer"));
    out->email = first_text(
        tree_get(tree_get(charge, "billing_details"), "email"), tree_get(charge, "receipt_email"));
}

static void read_intent(const struct tree *t, struct payments_remote_decline *out)
{
    const struct tree *error = tree_get(t, "last_payment_error");
    const struct tree *method = tree_get(error, "payment_method");

    out->id = tree_text(tree_get(t, "id"));
    out->customer = id_of(tree_get(t, "customer"));
    read_charge(tree_get(t, "latest_charge"), out);
    out->code = first_text(tree_get(error, "decline_code"), tree_get(error, "code"));
    if (out->email == NULL)
        out->email = first_text(
            tree_get(tree_get(method, "billing_details"), "email"), tree_get(t, "receipt_email"));
}

static void read_marks(const struct tree *metadata, struct payments_remote_decline *out)
{
    out->org = id_in("org", tree_get(metadata, "ashlar_org"));
    out->checkout = id_in("checkout", tree_get(metadata, "ashlar_checkout"));
}

/* Our metadata is on the subscription, reached through the payment's invoice. */
static err find_marks(struct ctx *c, const char *intent, struct payments_remote_decline *out)
{
    const struct tree *t, *invoice;
    struct buf query;
    err failed;

    buf_init(&query, c->arena, PAYMENTS__FORM_MAX);
    payments__form_add(&query, "payment[type]", "payment_intent");
    payments__form_add(&query, "payment[payment_intent]", intent);
    payments__form_add(&query, "expand[0]", "data.invoice");
    failed = get(c, "/v1/invoice_payments", &query, &t);
    if (failed == &PAYMENTS_NO_SUCH_OBJECT || failed == &PAYMENTS_PROVIDER_REFUSED)
        return NULL; /* no invoice */
    TRY(failed);
    invoice = tree_get(tree_item(tree_get(t, "data"), 0), "invoice");
    read_marks(
        tree_get(tree_get(tree_get(invoice, "parent"), "subscription_details"), "metadata"), out);
    return NULL;
}

static err fetch_decline(
    struct ctx *c, const char *kind, const char *id, struct payments_remote_decline *out)
{
    const bool is_intent = text_equal(kind, "payment_intent");
    struct payments_remote_decline read = { .at = clock_now() };
    const char *intent = id;
    const struct tree *t;
    struct buf query;

    buf_init(&query, c->arena, PAYMENTS__FORM_MAX);
    if (is_intent)
        payments__form_add(&query, "expand[0]", "latest_charge");
    TRY(get(c, arena_printf(c->arena, "/v1/%ss/%s", kind, id), &query, &t));
    if (is_intent) {
        read_intent(t, &read);
    } else {
        read_charge(t, &read);
        read.code = code_of_charge(t);
        intent = id_of(tree_get(t, "payment_intent"));
    }
    if (read.id == NULL)
        return not_understood(c, kind);
    read_marks(tree_get(t, "metadata"), &read);
    if (read.code && intent && uuid_is_nil(read.checkout))
        TRY(find_marks(c, intent, &read));
    *out = read;
    return NULL;
}

static err create_portal(
    struct ctx *c, const char *key, const char *customer, const char *return_url, const char **url)
{
    const struct tree *t;
    struct buf form;

    buf_init(&form, c->arena, PAYMENTS__FORM_MAX);
    payments__form_add(&form, "customer", customer);
    payments__form_add(&form, "return_url", return_url);
    TRY(post(c, "/v1/billing_portal/sessions", &form, key, &t));
    *url = tree_text(tree_get(t, "url"));
    return *url ? NULL : not_understood(c, "billing_portal.session");
}

static bool is_marked(const struct tree *t)
{
    const struct tree *metadata = tree_get(t, "metadata");

    return tree_get(metadata, "ashlar_org") || tree_get(metadata, "ashlar_checkout");
}

static err list_page(
    struct ctx *c, struct instant since, struct payments_remote_ref *list, size_t *n, bool *more)
{
    const struct tree *t, *data;
    struct buf form;

    buf_init(&form, c->arena, PAYMENTS__FORM_MAX);
    payments__form_add(&form, "status", "all");
    payments__form_add_int(&form, "limit", PAGE);
    payments__form_add_int(&form, "created[gte]", since.us / SECONDS(1));
    payments__form_add(&form, "starting_after", *n > 0 ? list[*n - 1].id : NULL);
    TRY(get(c, "/v1/subscriptions", &form, &t));
    data = tree_get(t, "data");
    for (size_t i = 0; i < tree_count(data) && i < PAGE; i++) {
        const struct tree *one = tree_item(data, i);
        const char *id = tree_text(tree_get(one, "id"));
        if (id == NULL)
            return not_understood(c, "list");
        list[(*n)++] =
            (struct payments_remote_ref){ id, id_of(tree_get(one, "customer")), is_marked(one) };
    }
    *more = tree_is_true(tree_get(t, "has_more")) && tree_count(data) > 0;
    return NULL;
}

static err list_subscriptions(struct ctx *c, struct instant since, struct payments_remote_refs *out)
{
    struct payments_remote_ref *list = arena_array(c->arena, PAGE * PAGES_MAX, sizeof *list);
    size_t n = 0;
    bool more = true;

    for (int page = 0; more && page < PAGES_MAX; page++)
        TRY(list_page(c, since, list, &n, &more));
    if (more)
        log_warn(c, "payments.list_cut", log_int("taken", (int64_t)n));
    *out = (struct payments_remote_refs){ list, n };
    return NULL;
}

static const char *webhook_secrets(struct ctx *c)
{
    (void)c;
    return setting_text(&ASHLAR_STRIPE_WEBHOOK_SECRETS);
}

static bool is_live(void)
{
    const char *key = setting_text(&ASHLAR_STRIPE_KEY);

    return key && (text_starts_with(key, "sk_live_") || text_starts_with(key, "rk_live_"));
}

static const char *check(enum environment env)
{
    (void)env;
    if (setting_text(&ASHLAR_STRIPE_KEY) == NULL)
        return "ASHLAR_PAYMENTS is stripe, but ASHLAR_STRIPE_KEY is not set";
    if (setting_text(&ASHLAR_STRIPE_WEBHOOK_SECRETS) == NULL)
        return "ASHLAR_PAYMENTS is stripe, but ASHLAR_STRIPE_WEBHOOK_SECRETS is not set. Unsigned "
               "events are rejected";
    return NULL;
}

const struct payments_provider payments__stripe = {
    .name = "stripe",
    .check = check,
    .create_checkout = create_checkout,
    .expire_checkout = expire_checkout,
    .fetch_checkout = fetch_checkout,
    .fetch_subscription = fetch_subscription,
    .set_end = set_end,
    .end_subscription = end_subscription,
    .fetch_refund_dispute = fetch_refund_dispute,
    .fetch_decline = fetch_decline,
    .create_portal = create_portal,
    .list_subscriptions = list_subscriptions,
    .webhook_secrets = webhook_secrets,
    .is_live = is_live,
};
