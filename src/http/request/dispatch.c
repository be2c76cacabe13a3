/* The phases of a request, in fixed order, the same for every route. */
#include "client_address.h"
#include "base/ctx_open.h"
#include "base/current.h"
#include "base/problem.h"
#include "config/platform_settings.h"
#include "db/tx.h"
#include "dispatch.h"
#include "etag.h"
#include "exchange.h"
#include "headers.h"
#include "identity_cache.h"
#include "metrics/metrics_start.h"
#include "module/registry.h"
#include "runtime/bounds.h"
#include "runtime/offload.h"
#include "runtime/reactor.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/runtime.h>
#include <ashlar/text.h>
#include <limits.h>
#include <stdatomic.h>

void (*http_observer)(const struct http_request *q, const struct http_response *r);

/* Settings that every request needs. */
static struct {
    const char *trusted_proxies;
    bool limits_rates;
} settings;

void dispatch_start(void)
{
    settings.trusted_proxies = setting_text(&ASHLAR_TRUSTED_PROXIES);
    settings.limits_rates = setting_bool(&ASHLAR_RATE_LIMITS);
    authorize_start(registry_modules());
}

void dispatch_stop(void)
{
    authorize_stop();
    settings.trusted_proxies = NULL; /* it belongs to the settings, which may be loaded again */
}

/* --- Match, request id and trace --- */

static void begin_clock(struct exchange *x)
{
    x->started_us = clock_monotonic_us();
    x->c.deadline_us = x->started_us + HANDLER_DEADLINE_MS * 1000;
}

static struct exchange *open_exchange(
    struct arena *a, const struct http_request *q, struct http_response *r)
{
    const char *traceparent = request_header(q, "traceparent");
    struct exchange *x = arena_alloc(a, sizeof *x);

    *r = (struct http_response){ .route_id = "unmatched" };
    *x = (struct exchange){ .q = q, .r = r };
    ctx_open(&x->c, a, r->route_id);
    x->response.request = q;
    x->c.response = &x->response;
    begin_clock(x);
    if (traceparent && !ctx_continue_trace(&x->c, traceparent))
        log_debug(&x->c, "http.traceparent_invalid");
    x->address = address_of_client(
        a, q->peer, request_header_list(a, q, "X-Forwarded-For"), settings.trusted_proxies);
    return x;
}

/* The operations listener serves the platform's own routes only. */
static bool is_served_here(const struct exchange *x)
{
    return !x->q->ops || x->match.row->route->ops;
}

static err match_route(struct exchange *x)
{
    const char *method = x->q->method, *why = target_split(x->q->target, &x->target);

    if (why)
        return problem(&x->c, &ERR_BAD_REQUEST, NULL, "%s", why);
    x->head = strcmp(method, "HEAD") == 0;
    router_match(router_installed(), method_parse(x->head ? "GET" : method), &x->target, &x->match);
    if (x->match.allowed == 0 || (x->match.row && !is_served_here(x)))
        return problem(&x->c, &ERR_NOT_FOUND, NULL, "This path does not exist.");
    if (x->match.row == NULL)
        return strcmp(method, "OPTIONS") == 0 ? NULL
                                              : problem(&x->c, &ERR_METHOD_NOT_ALLOWED, NULL,
                                                    "See Allow for what this path has.");
    x->row = x->match.row;
    x->route = x->row->route;
    x->any_origin = x->route->any_origin;
    x->c.operation = x->r->route_id = x->route->id;
    return NULL;
}

/* --- Rate limits --- */

static err limit(struct exchange *x, enum rate_subject subject, struct bytes id)
{
    if (!settings.limits_rates ||
        rate_take(x->route->rate, subject, id, clock_monotonic_us(), &x->rate))
        return NULL;
    return problem(
        &x->c, &ERR_RATE_LIMITED, NULL, "Come back in %lld s.", (long long)x->rate.retry_s);
}

static err limit_address(struct exchange *x)
{
    const char *id = address_limited(x->c.arena, x->address);
    return id ? limit(x, RATE_ADDRESS, (struct bytes){ id, strlen(id) }) : NULL;
}

static err limit_actor(struct exchange *x)
{
    const struct actor *actor = &x->c.actor;

    if (x->counted)
        return NULL;
    if (actor->kind == ACTOR_PERSON)
        TRY(limit(x, RATE_PERSON, (struct bytes){ actor->person.b, sizeof actor->person.b }));
    if (actor->kind == ACTOR_KEY)
        TRY(limit(x, RATE_PERSON, (struct bytes){ actor->key.b, sizeof actor->key.b }));
    if (!uuid_is_nil(x->c.org))
        TRY(limit(x, RATE_ORG, (struct bytes){ x->c.org.b, sizeof x->c.org.b }));
    x->counted = true; /* not again when the unit of work is repeated */
    return NULL;
}

/* --- The unit of work --- */

static err run_handler(struct ctx *c, void *arg)
{
    struct exchange *x = arg;

    TRY(x->route->handler->run(c, x->in, x->out));
    return response_render(x);
}

static err run_pull(struct ctx *c, void *arg)
{
    struct exchange *x = arg;

    return x->route->stream->pull(c, x->seed->topic, x->seed->after, x->batch);
}

/* A handler that exceeded its memory may have left its own transaction open. */
static err contain(struct exchange *x, err (*fn)(struct ctx *c, void *arg))
{
    err failed = ctx_contain(&x->c, fn, x);

    if (failed == &ERR_OUTGROWN && x->row->tx == TX_MANUAL)
        tx_rollback(&x->c);
    return failed;
}

static err handle(struct exchange *x)
{
    x->out = arena_alloc(x->c.arena, x->route->handler->out->size);
    return contain(x, run_handler);
}

static err pull(struct exchange *x)
{
    stream_batch_clear(x->batch); /* the unit of work may be repeated */
    return contain(x, run_pull);
}

static err work(struct exchange *x)
{
    TRY(admit(x));
    if (x->batch)
        return pull(x);
    TRY(limit_actor(x));
    TRY(request_parse(x));
    if (!x->row->takes_key)
        return handle(x);
    TRY(key_begin(x));
    if (x->key.replayed)
        return NULL;
    TRY(handle(x));
    return key_store(x);
}

/* Preconditions that were not checked with a statement are confirmed now. Their failure has
 * priority: a client whose session was revoked must not get the result, not even a 422. */
static err work_once(struct exchange *x, enum tx_kind kind)
{
    err failed;

    TRY(tx_begin(&x->c, kind, x->row->role));
    failed = work(x);
    TRY(preconditions_confirm(&x->c));
    TRY(failed);
    return tx_commit(&x->c);
}

/* From here on the identity is queried, not taken from the cache. */
static void doubt_identity(struct exchange *x)
{
    identity_cache_count(IDENTITY_OUTDATED);
    x->asks = true;
}

static void forget_attempt(struct exchange *x)
{
    problem_clear(&x->c);
    response_forget_effects(&x->c);
    authorize_forget(x);
}

/* One transaction from the identity to the stored response. After a serialisation failure all of it
 * is repeated, so the checked identity is the one that commits. One more repetition when the cached
 * identity was outdated: then the database is queried. */
static err run_in_tx(struct exchange *x, enum tx_kind kind)
{
    for (int runs = 1;; runs++) {
        err failed = work_once(x, kind);
        bool outdated = preconditions_failed(&x->c);
        bool again = outdated || (failed && runs < HANDLER_RUNS_MAX && tx_may_retry(&x->c));
        if (failed && tx_is_open(&x->c))
            tx_rollback(&x->c);
        if (!again)
            return failed;
        if (outdated)
            doubt_identity(x);
        forget_attempt(x);
    }
}

static err authorize_in_tx(struct ctx *c, void *arg)
{
    authorize_forget(arg); /* tx_run_as may repeat it */
    TRY(admit(arg));
    return preconditions_confirm(c);
}

/* The identity, in its own short transaction. */
static err authorize_alone(struct exchange *x)
{
    err failed = tx_run_as(&x->c, x->row->role, TX_READ, authorize_in_tx, x);

    if (!preconditions_failed(&x->c))
        return failed;
    doubt_identity(x);
    problem_clear(&x->c);
    return tx_run_as(&x->c, x->row->role, TX_READ, authorize_in_tx, x);
}

/* The session or the membership ended while the handler ran: the response is that of a new
 * request. */
static err authorize_again(struct exchange *x)
{
    forget_attempt(x);
    doubt_identity(x);
    TRY(authorize_alone(x));
    return problem(&x->c, &ERR_UNAVAILABLE, NULL,
        "Your session changed while the request was running. Retry.");
}

static err handle_manual(struct exchange *x)
{
    err failed;

    authorize_watch(x);
    failed = handle(x);
    if (preconditions_failed(&x->c))
        failed = authorize_again(x);
    preconditions_forget(&x->c); /* the following steps are bookkeeping */
    if (failed)
        key_release(x);
    else
        key_complete(x);
    return failed;
}

/* The identity is confirmed before the handler runs, because the handler may act on external
 * systems before its first statement. The handler opens its own transactions. */
static err authorize_and_handle(struct exchange *x)
{
    tx_set_role(&x->c, x->row->role);
    if (authorize_needs_tx(x))
        TRY(authorize_alone(x));
    preconditions_forget(&x->c);
    TRY(limit_actor(x));
    TRY(request_parse(x));
    if (x->row->takes_key)
        TRY(key_intend(x));
    return x->key.replayed ? NULL : handle_manual(x);
}

static atomic_int in_hand, manual_in_flight, manual_most = INT_MAX;

void http_limit_manual(int most)
{
    atomic_store(&manual_most, most);
    metric_set(&METRIC_BOUND_LIMIT, "manual", most);
}

static err too_much(struct exchange *x)
{
    return problem(&x->c, &ERR_UNAVAILABLE, NULL, "Too much is going on; try again in a moment.");
}

static err hash_and_handle(struct exchange *x)
{
    err failed;

    if (!offload_enter())
        return too_much(x);
    failed = authorize_and_handle(x);
    offload_leave();
    return failed;
}

/* Handlers that hash passwords or call other servers occupy a thread or fiber for long. Their
 * number is limited, so that they cannot block all others. */
static err run_manual(struct exchange *x)
{
    err failed;

    if (atomic_fetch_add(&manual_in_flight, 1) < atomic_load(&manual_most)) {
        failed = x->route->hashes ? hash_and_handle(x) : authorize_and_handle(x);
    } else {
        metric_add(&METRIC_BOUND_REFUSED, "manual", 1);
        failed = too_much(x);
    }
    atomic_fetch_sub(&manual_in_flight, 1);
    return failed;
}

static err run_route(struct exchange *x)
{
    enum tx_kind kind = x->row->tx;
    err failed;

    if (x->route->slow)
        tx_be_slow(&x->c);
    else
        tx_share(&x->c);
    failed = kind == TX_MANUAL ? run_manual(x) : run_in_tx(x, kind);
    preconditions_forget(&x->c);
    tx_run_what_is_apart(&x->c);
    return failed;
}

/* --- The response --- */

static bool is_unmodified(const struct exchange *x)
{
    const char *known = request_header(x->q, "If-None-Match");
    return x->route->method == GET && x->status == 200 && known && x->etag &&
           etag_matches(known, x->etag);
}

static void write_response(struct exchange *x)
{
    bool cacheable = x->route->method == GET && x->etag;

    x->r->status = is_unmodified(x) ? 304 : x->status;
    if (x->r->status != 304)
        x->r->body = x->body;
    headers_constant(x->r, x->r->status == 304 ? NULL : x->content_type, cacheable);
    if (x->route->stream)
        stream_headers(x->r);
    if (x->etag)
        header_add(x->r, "ETag", x->etag);
    if (x->key.replayed)
        header_add(x->r, "Idempotency-Replayed", "true");
}

static void write_common(struct exchange *x)
{
    header_add(x->r, "X-Request-Id", x->c.request_id);
    cors_headers(x);
    if (x->route)
        headers_lifecycle(x->r, x->c.arena, x->route);
    if (x->rate.policy)
        headers_rate(x->r, x->c.arena, &x->rate);
    response_write_effects(x);
}

static void log_end(const struct exchange *x, err failed)
{
    const struct route *const *all;
    size_t index = x->row ? x->row->index : routes_installed(&all);
    int64_t took_us = clock_monotonic_us() - x->started_us;
    bool quiet = x->route && x->route->hidden && x->r->status < 400;
    enum log_level level = x->r->status >= 500 ? LOG_WARN : quiet ? LOG_DEBUG : LOG_INFO;

    metrics_request(index, x->r->status, took_us, x->c.round_trips);
    if (x->c.outgrown_logged)
        metric_add(&METRIC_BOUND_REFUSED, "memory", 1);
    LOG_LINE_(&x->c, level, "http.request", log_text("method", x->q->method),
        log_int("status", x->r->status), log_int("us", took_us),
        log_int("round_trips", x->c.round_trips), log_text("address", x->address),
        failed ? log_text("code", failed->code) : (struct log_field){ .kind = LOG_NONE });
    if (http_observer)
        http_observer(x->q, x->r);
}

static void close_exchange(struct exchange *x, err failed)
{
    if (failed) {
        response_forget_effects(&x->c);
        problem_response(x, failed);
    } else if (x->route == NULL) {
        cors_answer(x);
    } else {
        write_response(x);
    }
    write_common(x);
    log_end(x, failed);
}

static err match_and_limit(struct exchange *x)
{
    TRY(match_route(x));
    return x->route ? limit_address(x) : NULL;
}

static err answer(struct exchange *x)
{
    if (x->q->opened == NULL)
        TRY(match_and_limit(x));
    if (x->route == NULL) /* OPTIONS */
        return NULL;
    reactor_label(x->route->id);
    TRY(authorize_credential(x));
    TRY(run_route(x));
    return x->route->stream ? stream_response(x) : NULL;
}

void http_handle(struct arena *a, const struct http_request *q, struct http_response *r)
{
    struct exchange *x = q->opened ? q->opened : open_exchange(a, q, r);
    const struct ctx *before = current_swap(&x->c);

    atomic_fetch_add(&in_hand, 1);
    if (q->opened)
        begin_clock(x); /* the time of the upload does not count */
    close_exchange(x, answer(x));
    atomic_fetch_sub(&in_hand, 1);
    current_swap(before);
}

void http_report(void)
{
    metric_set(&METRIC_BOUND_USED, "handlers", atomic_load(&in_hand));
    metric_set(&METRIC_BOUND_USED, "manual", atomic_load(&manual_in_flight));
}

void http_refuse(struct arena *a, const struct http_request *q, err kind, const char *detail,
    struct http_response *r)
{
    struct exchange *x = open_exchange(a, q, r);

    close_exchange(x, problem(&x->c, kind, NULL, "%s", detail));
}

/* --- Pulls of streams --- */

enum { PULL_DEADLINE_MS = 5000 };

/* As if it was in the path. */
static void match_org(struct exchange *x, struct uuid org)
{
    const char *id = typeid_text(x->c.arena, "org", org);

    x->match.params[0].name = (struct span){ "org_id", 6 };
    x->match.params[0].value = (struct span){ id, strlen(id) };
    x->match.n_params = 1;
}

/* An open page is no use of the session: no use is noted. */
err dispatch_pull(
    struct arena *a, const struct stream_subscription *seed, struct stream_batch *batch)
{
    static const struct http_request none = { .method = "GET", .target = "/" };
    struct http_response *r = arena_alloc(a, sizeof *r);
    struct exchange *x = open_exchange(a, &none, r);
    const struct ctx *before = current_swap(&x->c);
    err failed;

    x->c.operation = seed->row->route->id;
    x->c.request_id = seed->request_id;
    x->c.deadline_us = x->started_us + PULL_DEADLINE_MS * 1000;
    x->row = seed->row;
    x->route = seed->row->route;
    x->authenticator = seed->authenticator;
    if (seed->authenticator)
        x->token_hash = (struct bytes){ seed->token_hash, sizeof seed->token_hash };
    if (!uuid_is_nil(seed->org))
        match_org(x, seed->org);
    x->seed = seed;
    x->batch = batch;
    batch->operation = x->route->id;
    failed = run_in_tx(x, TX_READ);
    current_swap(before);
    return failed;
}

/* --- Before the body is read --- */

static err check_length(struct exchange *x, struct http_body *body)
{
    const char *length = request_header(x->q, "Content-Length");
    size_t most = x->row ? x->row->body_max : 0;
    int64_t size = 0;

    if (request_header(x->q, "Transfer-Encoding") && !(x->route && x->route->lenient))
        return problem(&x->c, &ERR_LENGTH_REQUIRED, NULL,
            "Send Content-Length; chunked bodies are not accepted.");
    if (length && (!text_to_int(length, &size) || size < 0))
        return problem(&x->c, &ERR_BAD_REQUEST, NULL, "Content-Length is not a number.");
    if ((uint64_t)size > most)
        return problem(&x->c, &ERR_TOO_LARGE, NULL, "The body may have %zu bytes.", most);
    body->size = (size_t)size;
    body->max = most;
    return NULL;
}

/* Limits before authentication: per address, and in total. */
static err enter_body(struct exchange *x, struct http_body *body)
{
    const char *address = settings.limits_rates ? address_limited(x->c.arena, x->address) : NULL;

    switch (bodies_enter(address, body->size, &body->hold)) {
    case BODY_ADDRESS_FULL:
        return problem(&x->c, &ERR_RATE_LIMITED, NULL,
            "Too many bodies are being sent from your network address. Send one after another.");
    case BODY_ALL_FULL:
        return problem(
            &x->c, &ERR_UNAVAILABLE, NULL, "Too many bodies are being sent. Retry in a moment.");
    default:
        return NULL;
    }
}

static err preflight(struct exchange *x, struct http_body *body)
{
    TRY(match_route(x));
    TRY(check_length(x, body));
    if (x->route == NULL) /* OPTIONS */
        return NULL;
    TRY(limit_address(x));
    return enter_body(x, body);
}

int http_preflight(
    struct arena *a, struct http_request *q, struct http_body *body, struct http_response *r)
{
    struct exchange *x = open_exchange(a, q, r);
    err failed;

    *body = (struct http_body){ .max = 0 };
    failed = preflight(x, body);
    if (!failed) {
        q->opened = x;
        return 0;
    }
    close_exchange(x, failed);
    return r->status;
}
