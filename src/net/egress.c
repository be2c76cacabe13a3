/* net_request on libcurl: one guarded transfer, from start to end. */
#include "egress.h"
#include "peer_address.h"
#include "client.h"
#include "url.h"
#include "config/platform_settings.h"
#include <ashlar/buf.h>
#include <ashlar/config.h>
#include <ashlar/limits.h>
#include <ashlar/log.h>
#include <ashlar/net.h>
#include <ashlar/text.h>
#include <fcntl.h>

enum {
    TIMEOUT_MS = 10000,
    HEADERS_MAX = 100,
};

const struct error_kind NET_REFUSED = { "net-refused", 422, "URL not allowed",
    "Use an https URL of a server on the public Internet. The detail names the reason." };
const struct error_kind NET_UNREACHABLE = { "net-unreachable", 502, "Remote server unreachable",
    "Check that the server is running and its certificate is valid, then retry." };
const struct error_kind NET_TIMEOUT = { "net-timeout", 504, "Remote server timed out",
    "Retry later." };
const struct error_kind NET_TOO_LARGE = { "net-too-large", 502,
    "Response of the remote server too large", "Reduce the response. Retrying does not help." };

const struct metric METRIC_NET_REQUESTS = {
    .name = "ashlar_net_requests_total",
    .help = "Outgoing HTTP requests by result.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "answered|refused|unreachable|timeout|too_large",
};

/* One request in progress, on the caller's stack. libcurl holds pointers to it. */
struct transfer {
    struct ctx *c;
    const struct net_request *q;
    CURL *curl;
    CURLU *url;
    struct curl_slist *sent;
    struct buf body;
    struct net_header *headers;
    size_t n_headers, header_bytes;
    bool refused;   /* an address was not allowed */
    bool too_large; /* body or header exceeded its limit */
    bool outgrown;  /* the limit was the rest of the unit's memory */
};

/* Checks the resolved address immediately before the connect, so the name cannot resolve
 * differently in between. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;

    (void)purpose;
    if (!t->q->to_own_network && !t->q->to_self &&
        !address_is_public(&address->addr, address->addrlen)) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;

    buf_add(&t->body, data, size * n);
    t->too_large = t->too_large || buf_is_full(&t->body);
    return t->too_large ? 0 : size * n;
}

static void keep_header(struct transfer *t, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    struct arena *a = t->c->arena;

    if (colon == NULL || t->n_headers == HEADERS_MAX)
        return;
    t->headers[t->n_headers++] = (struct net_header){
        .name = text_lower(a, arena_strndup(a, line, (size_t)(colon - line))),
        .value = text_trim(a, arena_strndup(a, colon + 1, size - (size_t)(colon + 1 - line))),
    };
}

/* One line with its CRLF. A status line starts a new response: the previous one was interim. */
static size_t take_header(char *line, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;

    t->header_bytes += size * n;
    if (t->header_bytes > LIMIT_RECEIVED_HEADERS) {
        t->too_large = true;
        return 0;
    }
    if (size * n > 5 && memcmp(line, "HTTP/", 5) == 0)
        t->n_headers = 0;
    else
        keep_header(t, line, size * n);
    return size * n;
}

/* libcurl sends header text unchanged, so a line break would add a header. */
static bool header_is_clean(const struct net_header *h)
{
    for (const char *p = h->name; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || *p == ':')
            return false;
    }
    for (const char *p = h->value; *p != '\0'; p++) {
        if ((*p >= 0 && *p < ' ' && *p != '\t') || *p == 0x7f)
            return false;
    }
    return h->name[0] != '\0';
}

/* False without memory: a request must not be sent without its signature or key. */
static bool add_line(struct transfer *t, const char *line)
{
    struct curl_slist *more = curl_slist_append(t->sent, line);

    if (more != NULL)
        t->sent = more;
    return more != NULL;
}

static bool add_header(struct transfer *t, const char *name, const char *value)
{
    /* libcurl takes "Name;" as a header without value. "Name:" would remove it. */
    const char *line = value[0] != '\0' ? arena_printf(t->c->arena, "%s: %s", name, value)
                                        : arena_printf(t->c->arena, "%s;", name);

    return add_line(t, line);
}

static bool gives_header(const struct net_request *q, const char *name)
{
    for (size_t i = 0; i < q->n_headers; i++) {
        if (text_equal_nocase(q->headers[i].name, name))
            return true;
    }
    return false;
}

static err add_given(struct transfer *t)
{
    const struct net_request *q = t->q;

    for (size_t i = 0; i < q->n_headers; i++) {
        if (!header_is_clean(&q->headers[i])) {
            log_error(t->c, "net.header_invalid", log_int("index", (int64_t)i));
            return &ERR_INTERNAL;
        }
        if (!add_header(t, q->headers[i].name, q->headers[i].value))
            return &ERR_UNAVAILABLE;
    }
    return NULL;
}

/* Removed headers: 100-continue costs a round trip, and the type must be the caller's or absent. */
static bool add_own(struct transfer *t)
{
    const char *trace = t->c->trace_id;

    if (!gives_header(t->q, "traceparent") && trace != NULL &&
        !add_header(
            t, "traceparent", arena_printf(t->c->arena, "00-%s-%s-01", trace, t->c->span_id)))
        return false;
    if (!gives_header(t->q, "user-agent") && !add_header(t, "User-Agent", "Ashlar"))
        return false;
    return add_line(t, "Expect:") &&
           (gives_header(t->q, "content-type") || add_line(t, "Content-Type:"));
}

static err set_headers(struct transfer *t)
{
    TRY(add_given(t));
    if (!add_own(t))
        return &ERR_UNAVAILABLE;
    curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->sent);
    return NULL;
}

static void set_method(struct transfer *t)
{
    static const char *const names[] = {
        [GET] = "GET", [POST] = "POST", [PUT] = "PUT", [PATCH] = "PATCH", [DELETE_] = "DELETE"
    };

    if (t->q->method != GET || t->q->body.size > 0) {
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->q->body.size);
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, t->q->body.size > 0 ? t->q->body.data : "");
    }
    if (t->q->head_only)
        curl_easy_setopt(t->curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(t->curl, CURLOPT_CUSTOMREQUEST, names[t->q->method]);
}

static err refuse(struct transfer *t, const char *why)
{
    return problem(t->c, &NET_REFUSED, NULL, "%s", why);
}

static unsigned rules_of(bool to_own_network)
{
    return (config_is_local() ? URL_PLAIN_TOO | URL_ANY_PORT : URL_CUSTOMER) |
           (to_own_network ? URL_ANY_PORT : URL_CUSTOMER);
}

static const char *parse_target(struct transfer *t, unsigned rules)
{
    char own[URL_MAX];

    if (!t->q->to_self)
        return url_parse(t->q->url, rules, &t->url);
    if (t->q->url[0] != '/')
        return "A path of this server begins with /.";
    url_of_self(setting_text(&ASHLAR_LISTEN), t->q->url, own);
    return url_parse(own, rules, &t->url);
}

const char *net_refuses_url(const char *url)
{
    CURLU *parsed = NULL;
    const char *why = url_parse(url, rules_of(false), &parsed);

    if (parsed != NULL)
        curl_url_cleanup(parsed);
    return why;
}

static err prepare(struct transfer *t)
{
    unsigned rules = t->q->to_self ? URL_PLAIN_TOO | URL_ANY_PORT : rules_of(t->q->to_own_network);
    int timeout_ms = t->q->timeout_ms > 0 ? t->q->timeout_ms : TIMEOUT_MS;
    int left_ms = ctx_left_ms(t->c);
    const char *why = parse_target(t, rules);

    if (why != NULL)
        return refuse(t, why);
    if (left_ms == 0)
        return &NET_TIMEOUT;
    t->curl = client_new(timeout_ms < left_ms ? timeout_ms : left_ms);
    if (t->curl == NULL)
        return &ERR_UNAVAILABLE;
    curl_easy_setopt(
        t->curl, CURLOPT_PROTOCOLS_STR, (rules & URL_PLAIN_TOO) ? "http,https" : "https");
    curl_easy_setopt(t->curl, CURLOPT_CURLU, t->url);
    curl_easy_setopt(t->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(t->curl, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
    set_method(t);
    return set_headers(t);
}

static err outcome(struct transfer *t, CURLcode code)
{
    if (code == CURLE_OK)
        return NULL;
    if (t->too_large && t->outgrown)
        arena_outgrow(t->c->arena);
    if (t->too_large)
        return t->outgrown ? ctx_fits(t->c) : &NET_TOO_LARGE;
    if (t->refused)
        return refuse(t, "The name leads to an address that is not on the public Internet.");
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return refuse(t, "The URL cannot be called.");
    return code == CURLE_OPERATION_TIMEDOUT ? &NET_TIMEOUT : &NET_UNREACHABLE;
}

static const char *outcome_word(err e)
{
    return e == NULL                                   ? "answered"
           : e == &NET_REFUSED                         ? "refused"
           : e == &NET_TIMEOUT                         ? "timeout"
           : e == &NET_TOO_LARGE || e == &ERR_OUTGROWN ? "too_large"
                                                       : "unreachable";
}

/* Only the host is logged: paths of webhooks are often secrets. */
static void report(struct transfer *t, err e, CURLcode code)
{
    char *host = NULL;

    metric_add(&METRIC_NET_REQUESTS, outcome_word(e), 1);
    if (e == NULL)
        return;
    if (t->url != NULL)
        curl_url_get(t->url, CURLUPART_HOST, &host, 0);
    log_warn(t->c, "net.failed", log_text("host", host != NULL ? host : ""),
        log_text("outcome", outcome_word(e)), log_text("why", curl_easy_strerror(code)));
    curl_free(host);
}

static void transfer_release(struct transfer *t)
{
    if (t->curl != NULL)
        curl_easy_cleanup(t->curl);
    curl_slist_free_all(t->sent);
    if (t->url != NULL)
        curl_url_cleanup(t->url);
}

/* A failed transfer frees its received data, because the caller may retry with an object of
 * LIMIT_OBJECT. */
static CURLcode run_transfer(struct transfer *t)
{
    struct arena_mark before = arena_mark(t->c->arena);
    CURLcode code = client_perform(t->curl);

    if (code != CURLE_OK)
        arena_back(t->c->arena, &before);
    return code;
}

static err perform(struct transfer *t, struct net_response *response)
{
    CURLcode code = CURLE_OK;
    long status = 0;
    err e = prepare(t);

    if (e == NULL) {
        code = run_transfer(t);
        e = outcome(t, code);
    }
    report(t, e, code);
    if (e != NULL)
        return e;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    *response = (struct net_response){
        .status = (int)status,
        .headers = t->headers,
        .n_headers = t->n_headers,
        .body = { t->body.data, t->body.size },
    };
    return NULL;
}

/* The caller's maximum, within the memory of the unit of work: other threads fill the buffer and
 * must not reach the arena's limit. */
static void make_room(struct transfer *t)
{
    size_t most = t->q->max_response > 0 ? t->q->max_response : LIMIT_RECEIVED;
    size_t left = arena_left(t->c->arena);

    t->outgrown = most + LIMIT_RECEIVED_HEADERS * 2 > left;
    if (t->outgrown)
        most = left > LIMIT_RECEIVED_HEADERS * 2 ? left - LIMIT_RECEIVED_HEADERS * 2 : 0;
    buf_init(&t->body, t->c->arena, most);
}

err net_request(struct ctx *c, const struct net_request *request, struct net_response *response)
{
    struct transfer t = { .c = c, .q = request };
    err e;

    if (c->in_transaction) {
        log_error(c, "net.in_transaction_rejected", log_text("repair", "commit first: TX_MANUAL"));
        return &ERR_INTERNAL;
    }
    TRY(ctx_fits(c));
    make_room(&t);
    t.headers = arena_array(c->arena, HEADERS_MAX, sizeof *t.headers);
    e = perform(&t, response);
    transfer_release(&t);
    return e;
}
