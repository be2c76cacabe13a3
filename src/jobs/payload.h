/* Stored payloads of jobs and events.
 *
 * A payload whose shape has secrets is stored twice: readable without the secrets, for operators of
 * `ashlar jobs`, and complete but sealed, for the run. Wiping the sealed copy then sets one column
 * to null instead of editing JSON. */
#pragma once
#include <ashlar/ctx.h>
#include <ashlar/shape.h>

struct payload_stored {
    const char *text;    /* JSON */
    struct bytes sealed; /* data NULL: text is the whole payload */
};

/* `bound_to` names the row: only it can open the sealed copy. Errors: ERR_INTERNAL (logged) above
 * LIMIT_PAYLOAD. */
CHECKED err payload_write(struct ctx *c, const struct shape *s, const void *payload,
    const char *bound_to, struct payload_stored *out);

/* A new struct of shape `s`. Errors: ERR_INTERNAL (logged) when it cannot be opened or does not
 * have the shape: another version of the binary wrote it. */
CHECKED err payload_read(struct ctx *c, const struct shape *s, const struct payload_stored *stored,
    const char *bound_to, const void **out);

/* W3C traceparent of the unit of work, for jobs and events. */
char *payload_trace(struct ctx *c);
