/* Start of a unit of work, its trace and its memory limits. */
#include "ctx_open.h"
#include "random.h"
#include <ashlar/limits.h>
#include <ashlar/log.h>
#include <ashlar/text.h>
#include <limits.h>

/* W3C Trace Context: ids are random and not all zero. */
static const char *random_hex(struct arena *a, size_t size)
{
    uint8_t id[16];
    random_for_id(id, size);
    id[0] |= 1;
    return hex_from_bytes(a, id, size);
}

void ctx_open(struct ctx *c, struct arena *a, const char *operation)
{
    *c = (struct ctx){
        .arena = a,
        .operation = operation,
        .request_id = typeid_text(a, "req", uuid_new()),
        .trace_id = random_hex(a, 16),
        .span_id = random_hex(a, 8),
    };
}

void ctx_open_system(struct ctx *c, struct arena *a, const char *operation, int within_ms)
{
    ctx_open(c, a, operation);
    c->actor.kind = ACTOR_SYSTEM;
    c->deadline_us = clock_monotonic_us() + (int64_t)within_ms * 1000;
}

/* `size` lower-case hex digits, not all zero. */
static bool is_trace_id(const char *text, size_t size)
{
    bool zero = true;
    for (size_t i = 0; i < size; i++) {
        if (!text[i] || !strchr("0123456789abcdef", text[i]))
            return false;
        zero = zero && text[i] == '0';
    }
    return !zero;
}

/* "00-<32 hex>-<16 hex>-<2 hex>". The span id is always new. */
bool ctx_continue_trace(struct ctx *c, const char *traceparent)
{
    enum { TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, SIZE = 55 };
    c->trace_id = random_hex(c->arena, 16);
    c->span_id = random_hex(c->arena, 8);
    if (!traceparent || strlen(traceparent) != SIZE || strncmp(traceparent, "00-", TRACE_AT) != 0 ||
        traceparent[SPAN_AT - 1] != '-' || traceparent[FLAGS_AT - 1] != '-')
        return false;
    if (!is_trace_id(traceparent + TRACE_AT, 32) || !is_trace_id(traceparent + SPAN_AT, 16) ||
        strspn(traceparent + FLAGS_AT, "0123456789abcdef") != 2)
        return false;
    c->trace_id = arena_strndup(c->arena, traceparent + TRACE_AT, 32);
    return true;
}

err ctx_fits(struct ctx *c)
{
    if (!arena_is_outgrown(c->arena))
        return NULL;
    if (!c->outgrown_logged) {
        c->outgrown_logged = true;
        log_error(c, "unit.memory_exceeded", log_int("used_bytes", (int64_t)arena_used(c->arena)));
    }
    return &ERR_OUTGROWN;
}

struct contained {
    struct ctx *c;
    err (*fn)(struct ctx *c, void *arg);
    void *arg;
    err failed;
};

static void run_contained(void *arg)
{
    struct contained *k = arg;

    k->failed = k->fn(k->c, k->arg);
}

err ctx_contain(struct ctx *c, err (*fn)(struct ctx *c, void *arg), void *arg)
{
    struct contained k = { .c = c, .fn = fn, .arg = arg };
    struct arena *own = c->arena;
    bool ended = arena_contain(own, run_contained, &k);
    err outgrown;

    c->arena = own; /* fn may have been abandoned while it used another arena */
    outgrown = ctx_fits(c);
    if (ended && !outgrown)
        return k.failed;
    arena_forgive(c->arena, LIMIT_FAREWELL);
    return &ERR_OUTGROWN;
}

int ctx_left_ms(const struct ctx *c)
{
    if (!c->deadline_us)
        return INT_MAX;
    int64_t left = (c->deadline_us - clock_monotonic_us()) / 1000;
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}
