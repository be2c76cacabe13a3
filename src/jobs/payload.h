/* Payloads of jobs and events at rest.
 *
 * A payload whose shape has secrets is stored twice: readable with the secrets left out, so that
 * operators can work with `ashlar jobs`, and whole but sealed, for the one who runs it. Wiping the
 * sealed copy is then one column set to null, and nobody edits JSON. */
#pragma once
#include <ashlar/ctx.h>
#include <ashlar/shape.h>

struct payload_stored {
    const char *text;    /* JSON */
    struct bytes sealed; /* data NULL: text is the whole payload */
};

/* `bound_to` names the row: the sealed copy opens only there. Errors: ERR_INTERNAL (logged) when it
 * is longer than LIMIT_PAYLOAD. */
CHECKED err payload_write(struct ctx *c, const struct shape *s, const void *payload,
    const char *bound_to, struct payload_stored *out);

/* A new struct of shape `s`. Errors: ERR_INTERNAL (logged) when it does not open or does not have
 * the shape: another version of the binary wrote it. */
CHECKED err payload_read(struct ctx *c, const struct shape *s, const struct payload_stored *stored,
    const char *bound_to, const void **out);

/* What jobs and events carry along of a unit of work: its W3C traceparent. */
char *payload_trace(struct ctx *c);
