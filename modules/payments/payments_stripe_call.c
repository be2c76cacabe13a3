/* One request to Stripe's API: form, headers, retries, and the mapping of responses to errors.
 * Rules of retrying: stripe-node 23, RequestSender. */
#include "payments_stripe_call.h"

/* The version of our fields; Stripe keeps responding in it (docs.stripe.com/api/versioning). */
#define STRIPE_VERSION "2026-10-28.endive"

enum {
    TRIES_MAX = 3,
    PAUSE_MIN_MS = 500,
    PAUSE_MAX_MS = 5000,
    RESPONSE_MAX = 1024 * 1024,
    VALUES_MAX = 50000,
    WORDS_MAX = 400,
    KEY_MAX = 300
};

const struct metric PAYMENTS__METRIC_CALLS = {
    .name = "ashlar_payments_provider_calls_total",
    .help = "Requests to the payment provider by result. Each attempt counts.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "done|refused|limited|failed|unreachable",
};

static void add_encoded(struct buf *b, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *text; text++) {
        unsigned char ch = (unsigned char)*text;
        if ((ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
            strchr("-._~", ch)) {
            buf_char(b, (char)ch);
        } else {
            buf_char(b, '%');
            buf_char(b, hex[ch >> 4]);
            buf_char(b, hex[ch & 15]);
        }
    }
}

void payments__form_add(struct buf *form, const char *name, const char *value)
{
    if (value == NULL)
        return;
    if (form->size > 0)
        buf_char(form, '&');
    buf_text(form, name);
    buf_char(form, '=');
    add_encoded(form, value);
}

void payments__form_add_int(struct buf *form, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)value);
    payments__form_add(form, name, text);
}

int payments__stripe_pause_ms(int tries, uint32_t random)
{
    int64_t pause = PAUSE_MIN_MS;

    for (int i = 1; i < tries && pause < PAUSE_MAX_MS; i++)
        pause *= 2;
    if (pause > PAUSE_MAX_MS)
        pause = PAUSE_MAX_MS;
    pause = pause / 2 + pause * (random % 1000) / 2000;
    return (int)(pause < PAUSE_MIN_MS ? PAUSE_MIN_MS : pause);
}

bool payments__stripe_may_retry(int status, const char *should_retry)
{
    if (should_retry && strcmp(should_retry, "true") == 0)
        return true;
    if (should_retry && strcmp(should_retry, "false") == 0)
        return false;
    return status == 0 || status == 409 || status == 429 || status >= 500;
}

/* --- One attempt --- */

static const char *authorization(struct ctx *c)
{
    char text[KEY_MAX];
    const char *copy;

    snprintf(text, sizeof text, "Bearer %s", setting_text(&ASHLAR_STRIPE_KEY));
    copy = secret_strdup(c->arena, text);
    wipe(text, sizeof text);
    return copy;
}

static err send_once(
    struct ctx *c, const struct payments__stripe_request *r, struct net_response *response)
{
    const char *base = setting_text(&ASHLAR_STRIPE_URL);
    const bool asks = r->method == GET;
    const char *query = asks && r->form && r->form->size > 0 ? r->form->data : "";
    const struct net_header headers[] = {
        { "Authorization", authorization(c) },
        { "Stripe-Version", STRIPE_VERSION },
        { "Content-Type", "application/x-www-form-urlencoded" },
        { "Idempotency-Key", r->key },
    };

    return net_request(c,
        &(const struct net_request){
            .method = r->method,
            .url = arena_printf(c->arena, "%s%s%s%s", base, r->path, query[0] ? "?" : "", query),
            .headers = headers,
            .n_headers = COUNT(headers) - (r->key == NULL),
            .body = asks || !r->form ? (struct bytes){ NULL, 0 }
                                     : (struct bytes){ r->form->data, r->form->size },
            .timeout_ms = ctx_left_ms(c),
            .max_response = RESPONSE_MAX,
            .to_own_network = config_is_local(),
        },
        response);
}

static const char *outcome_of(int status)
{
    if (status == 0)
        return "unreachable";
    if (status < 300)
        return "done";
    if (status == 429)
        return "limited";
    return status >= 500 || status == 409 ? "failed" : "refused";
}

static void log_call(struct ctx *c, const char *path, int status, const char *request_id, int try)
{
    enum log_level level = status > 0 && status < 300 ? LOG_INFO : LOG_WARN;

    metric_add(&PAYMENTS__METRIC_CALLS, outcome_of(status), 1);
    LOG_LINE_(c, level, "payments.stripe_called", log_text("path", path), log_int("status", status),
        log_text("stripe_request", request_id ? request_id : ""), log_int("try", try));
}

/* --- Errors --- */

static err away(struct ctx *c)
{
    response_retry_after(c, 5);
    return problem(
        c, &PAYMENTS_PROVIDER_UNAVAILABLE, NULL, "The payment provider did not respond.");
}

/* A final refusal. Errors of our configuration (a wrong key) are not final. Nor are failures at
 * Stripe, which may have run half of the request: it may only be repeated with the same key. */
static bool is_final(int status)
{
    return status >= 400 && status < 500 && status != 401 && status != 403 && status != 409 &&
           status != 429;
}

/* Stripe's message, as one line that fits the column. NULL: none. */
static const char *words_of(struct ctx *c, const struct tree *error)
{
    const char *text = tree_text(tree_get(error, "message"));
    size_t size = text ? strlen(text) : 0;
    char *words;

    if (size == 0)
        return NULL;
    if (size > WORDS_MAX) {
        size = WORDS_MAX;
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
            size--;
    }
    words = arena_strndup(c->arena, text, size);
    for (char *p = words; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    return words;
}

/* Only Stripe's own code proves that an object is missing: a 404 without it may come from a wrong
 * path or a proxy. With another status it concerns an object that the call refers to. */
static err kind_of_refusal(int status, const char *code, const char *param)
{
    if (!text_equal(code, "resource_missing"))
        return &PAYMENTS_PROVIDER_REFUSED;
    if (text_equal(param, "customer"))
        return &PAYMENTS_NO_SUCH_CUSTOMER;
    return status == 404 ? &PAYMENTS_NO_SUCH_OBJECT : &PAYMENTS_PROVIDER_REFUSED;
}

static err refused(struct ctx *c, int status, const struct tree *root)
{
    const struct tree *error = tree_get(root, "error");
    const char *type = tree_text(tree_get(error, "type"));
    const char *code = tree_text(tree_get(error, "code"));
    const char *param = tree_text(tree_get(error, "param"));
    const char *words = words_of(c, error);

    LOG_LINE_(c, status == 404 ? LOG_WARN : LOG_ERROR, "payments.stripe_refused",
        log_int("status", status), log_text("type", type ? type : ""),
        log_text("code", code ? code : ""), log_text("param", param ? param : ""),
        log_text("message", words ? words : ""));
    if (!is_final(status) || text_equal(type, "idempotency_error"))
        return away(c);
    if (words == NULL)
        words = arena_printf(c->arena, "The provider rejected the request without a message (%s).",
            code ? code : "no code");
    return problem(c, kind_of_refusal(status, code, param), NULL, "%s", words);
}

static err understand(struct ctx *c, const struct net_response *response, const struct tree **out)
{
    const struct tree *root = NULL;

    if (tree_parse(c, response->body.data, response->body.size, VALUES_MAX, &root) != NULL)
        return away(c);
    if (response->status >= 300)
        return refused(c, response->status, root);
    *out = root;
    return NULL;
}

err payments__stripe_call(
    struct ctx *c, const struct payments__stripe_request *request, const struct tree **out)
{
    for (int try = 1;; try++) {
        struct net_response response = { .status = 0 };
        err failed = request->form && buf_is_full(request->form) ? &ERR_INTERNAL
                                                                 : send_once(c, request, &response);
        uint32_t random;
        int pause_ms;

        if (failed == &ERR_INTERNAL || failed == &NET_REFUSED)
            return failed;
        log_call(c, request->path, failed ? 0 : response.status,
            net_response_header(&response, "request-id"), try);
        random_bytes(&random, sizeof random);
        pause_ms = payments__stripe_pause_ms(try, random);
        if (!payments__stripe_may_retry(failed ? 0 : response.status,
                net_response_header(&response, "stripe-should-retry")))
            return understand(c, &response, out);
        if (try == TRIES_MAX || ctx_left_ms(c) < pause_ms + PAUSE_MIN_MS)
            return away(c);
        TRY(sleep_ms(c, pause_ms));
    }
}
