/* Pages of the simulated provider: checkout and portal without money. Not served while another
 * provider is selected. */
#include "payments_simulator_internal.h"

enum { PAGE_MAX = 256 * 1024 };

#define OUTCOMES "paid|fails-later|declined|no-funds|stolen|abandoned"

static void begin_page(struct buf *b, const char *title)
{
    buf_text(b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    buf_html(b, title);
    buf_text(b, "</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n<style>"
                "body{font:16px/1.5 sans-serif;max-width:640px;margin:32px auto;padding:0 16px}"
                "button{font:inherit;padding:8px 16px;margin:4px 8px 4px 0}form{display:inline}"
                "td,th{text-align:left;padding:4px 12px 4px 0}</style></head>\n<body><h1>");
    buf_html(b, title);
    buf_text(b, "</h1>\n");
}

static void add_button(struct buf *b, const char *action, const char *label)
{
    buf_text(b, "<form method=\"post\" action=\"");
    buf_html(b, action);
    buf_text(b, "\"><button>");
    buf_html(b, label);
    buf_text(b, "</button></form>\n");
}

static void add_link(struct buf *b, const char *url, const char *label)
{
    buf_text(b, "<p><a href=\"");
    buf_html(b, url);
    buf_text(b, "\">");
    buf_html(b, label);
    buf_text(b, "</a></p>\n");
}

static struct content end_page(struct buf *b)
{
    buf_text(b, "</body></html>\n");
    return (struct content){ "text/html; charset=utf-8", b->data, b->size };
}

struct session_in {
    const char *session;
};
static const struct field session_in_fields[] = {
    TEXT(session_in, session, .in = PATH, .format = TOKEN, .max = 100,
        .doc = "Id of the checkout session"),
};
static SHAPE(session_in);

struct outcome_in {
    const char *session, *outcome;
};
static const struct field outcome_in_fields[] = {
    TEXT(outcome_in, session, .in = PATH, .format = TOKEN, .max = 100,
        .doc = "Id of the checkout session"),
    TEXT(outcome_in, outcome, .in = PATH, .one_of = OUTCOMES, .doc = "Outcome of the payment"),
};
static SHAPE(outcome_in);

static void add_choices(struct ctx *c, struct buf *b, const char *session)
{
    static const struct {
        const char *outcome, *label;
    } choices[] = {
        { "paid", "Pay" },
        { "fails-later", "Pay with a card that fails next time" },
        { "declined", "Pay with a declined card" },
        { "no-funds", "Pay with a card without funds" },
        { "stolen", "Pay with a stolen card" },
        { "abandoned", "Return without paying" },
    };

    for (size_t i = 0; i < COUNT(choices); i++)
        add_button(
            b, arena_printf(c->arena, "/pay/%s/%s", session, choices[i].outcome), choices[i].label);
}

static err require_simulator(struct ctx *c)
{
    return payments_provider_is_selected(&payments_simulator__provider)
               ? NULL
               : problem(c, &ERR_NOT_FOUND, NULL, "This checkout session does not exist.");
}

HANDLER(show_session, session_in, content)
{
    struct payments_simulator__session s;
    struct buf b;

    TRY(require_simulator(c));
    TRY(payments_simulator__pay(c, in->session, "looked", &s));
    buf_init(&b, c->arena, PAGE_MAX);
    begin_page(&b, "Pay (simulated, no money moves)");
    buf_text(&b, "<p><strong>");
    buf_html(&b, s.label);
    buf_printf(&b, "</strong>: %s</p>\n", s.status);
    if (text_equal(s.status, "open"))
        add_choices(c, &b, s.id);
    *out = end_page(&b);
    return NULL;
}

/* Stripe inserts its own id here. */
static const char *success_url(struct ctx *c, const struct payments_simulator__session *s)
{
    static const char mark[] = "{CHECKOUT_SESSION_ID}";
    const char *at = strstr(s->success_url, mark);

    if (at == NULL)
        return s->success_url;
    return arena_printf(c->arena, "%.*s%s%s", (int)(at - s->success_url), s->success_url, s->id,
        at + sizeof mark - 1);
}

HANDLER(choose, outcome_in, content)
{
    struct payments_simulator__session s;
    struct buf b;

    TRY(require_simulator(c));
    TRY(payments_simulator__pay(c, in->session, in->outcome, &s));
    buf_init(&b, c->arena, PAGE_MAX);
    if (text_equal(s.status, "complete")) {
        begin_page(&b, "Paid");
        add_link(&b, success_url(c, &s), "Back to the product");
    } else if (text_equal(in->outcome, "abandoned")) {
        begin_page(&b, "Not paid");
        add_link(&b, s.cancel_url, "Back to the product");
    } else {
        begin_page(&b, "The card was declined");
        add_choices(c, &b, s.id);
    }
    *out = end_page(&b);
    return NULL;
}

static void add_row(struct ctx *c, struct buf *b, const struct payments_simulator__subscription *s)
{
    static const struct {
        const char *action, *label;
    } buttons[] = {
        { "fail", "Payment fails" },
        { "repair", "Repaired" },
        { "schedule-end", "Cancelled in the portal" },
        { "cancel", "Cancel" },
        { "refund", "Refund" },
        { "dispute", "Dispute" },
    };
    char until[INSTANT_TEXT_SIZE];

    instant_format(s->period_end, until);
    buf_printf(
        b, "<tr><td><code>%s</code></td><td>%s</td><td>%.10s</td><td>", s->id, s->status, until);
    for (size_t i = 0; i < COUNT(buttons); i++)
        add_button(b, arena_printf(c->arena, "/dev/payments/%s/%s", s->id, buttons[i].action),
            buttons[i].label);
    buf_text(b, "</td></tr>\n");
}

static err write_overview(struct ctx *c, struct content *out)
{
    const struct payments_simulator__subscription *rows;
    struct buf b;
    size_t n;

    TRY(payments_simulator__list_subscriptions(c, INSTANT_NONE, &rows, &n));
    buf_init(&b, c->arena, PAGE_MAX);
    begin_page(&b, "Payment simulator");
    add_button(&b, "/dev/payments/clock/1", "Advance by a day");
    add_button(&b, "/dev/payments/clock/31", "Advance by a month");
    buf_text(&b, "<table><tr><th>Subscription</th><th>Status</th><th>Paid until</th></tr>\n");
    for (size_t i = 0; i < n; i++)
        add_row(c, &b, &rows[i]);
    buf_text(&b, "</table>\n");
    *out = end_page(&b);
    return NULL;
}

HANDLER(overview, nothing, content)
{
    (void)in;
    return write_overview(c, out);
}

struct act_in {
    const char *subscription, *action;
};
static const struct field act_in_fields[] = {
    TEXT(act_in, subscription, .in = PATH, .format = TOKEN, .max = 100,
        .doc = "Id of the subscription"),
    TEXT(act_in, action, .in = PATH, .one_of = "fail|repair|schedule-end|cancel|refund|dispute",
        .doc = "Event to trigger"),
};
static SHAPE(act_in);

HANDLER(act, act_in, content)
{
    TRY(payments_simulator__act(c, in->subscription, in->action));
    return write_overview(c, out);
}

struct clock_in {
    int64_t days;
};
static const struct field clock_in_fields[] = {
    INT(clock_in, days, .in = PATH, .min = 1, .max = 400, .doc = "Number of days to advance"),
};
static SHAPE(clock_in);

HANDLER(pass_days, clock_in, content)
{
    TRY(payments_simulator__pass_days(c, in->days));
    return write_overview(c, out);
}

#define PAGE(m, p, i, s, environments, fn)                                                         \
    {                                                                                              \
        .method = m, .path = p, .id = i, .summary = s, .auth = AUTH_PUBLIC, .rate = RATE_WRITE,    \
        .idempotency = KEY_IGNORED, .tx = TX_WRITE, .status = 200, .errors = NO_ERRORS,            \
        .only_in = environments, .hidden = true, .handler = BY(fn)                                 \
    }
#define LOCAL (ENV_DEVELOPMENT | ENV_TEST)

/* Pages of one customer are served in staging too. The page that moves the clock of all customers
 * is not. */
const struct route payments_simulator__routes[] = {
    PAGE(GET, "/pay/{session}", "devPay", "Show the payment page of the simulator",
        LOCAL | ENV_STAGING, show_session),
    PAGE(POST, "/pay/{session}/{outcome}", "devPayOutcome", "Choose the outcome of a payment",
        LOCAL | ENV_STAGING, choose),
    PAGE(GET, "/dev/payments", "devPayments", "List subscriptions of the simulator", LOCAL,
        overview),
    PAGE(POST, "/dev/payments/clock/{days}", "devPaymentsClock", "Advance the simulator's clock",
        LOCAL, pass_days),
    PAGE(POST, "/dev/payments/{subscription}/{action}", "devPaymentsAct",
        "Trigger an event in the simulator", LOCAL, act),
    { .id = NULL },
};
