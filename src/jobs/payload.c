/* Stored payloads of jobs and events. */
#include "payload.h"
#include "base/problem.h"
#include "shape/shape_json.h"
#include <ashlar/buf.h>
#include <ashlar/crypto.h>
#include <ashlar/limits.h>
#include <ashlar/log.h>

#define SEAL_PURPOSE "platform.payload"

static err too_long(struct ctx *c, const struct shape *s)
{
    log_error(
        c, "payload.size_exceeded", log_text("shape", s->name), log_int("most", LIMIT_PAYLOAD));
    return &ERR_INTERNAL;
}

/* A stored payload must also fit the reads of the event feed. */
static bool fits(const struct buf *b)
{
    return !buf_is_full(b) && json_stored_size(b->data, b->size) <= LIMIT_STORED(LIMIT_PAYLOAD);
}

err payload_write(struct ctx *c, const struct shape *s, const void *payload, const char *bound_to,
    struct payload_stored *out)
{
    struct payload_stored stored = { .text = NULL };
    struct buf whole, open;

    buf_init(&whole, c->arena, LIMIT_PAYLOAD);
    shape_render_(&whole, s, payload);
    if (!fits(&whole))
        return too_long(c, s);
    stored.text = whole.data;
    if (shape_is_private(s)) {
        buf_init(&open, c->arena, LIMIT_PAYLOAD);
        shape_render_redacted_(&open, s, payload);
        if (!fits(&open))
            return too_long(c, s);
        stored.text = open.data;
        stored.sealed =
            seal(c->arena, SEAL_PURPOSE, bound_to, (struct bytes){ whole.data, whole.size });
        wipe(whole.data, whole.size);
    }
    *out = stored;
    return NULL;
}

err payload_read(struct ctx *c, const struct shape *s, const struct payload_stored *stored,
    const char *bound_to, const void **out)
{
    struct bytes json = { stored->text, strlen(stored->text) };
    void *payload = arena_alloc(c->arena, s->size);

    if (stored->sealed.data != NULL &&
        !unseal(c->arena, SEAL_PURPOSE, bound_to, stored->sealed, &json)) {
        log_error(c, "payload.unseal_failed", log_text("shape", s->name),
            log_text("repair", "set ASHLAR_SECRET_KEY_PREVIOUS to the key it was written with"));
        return &ERR_INTERNAL;
    }
    if (shape_parse_stored(c, s, json.data, json.size, payload) != NULL) {
        log_error(c, "payload.shape_mismatched", log_text("shape", s->name),
            log_text("first_field", c->problem != NULL && c->problem->n_fields > 0
                                        ? c->problem->fields[0].pointer
                                        : ""));
        problem_clear(c);
        return &ERR_INTERNAL;
    }
    *out = payload;
    return NULL;
}

char *payload_trace(struct ctx *c)
{
    if (c->trace_id == NULL || c->span_id == NULL)
        return NULL;
    return arena_printf(c->arena, "00-%s-%s-01", c->trace_id, c->span_id);
}
