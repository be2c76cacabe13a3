/* Beginning and end of a unit of work. Knows no route and no database. */
#pragma once
#include <ashlar/ctx.h>

/* A ctx on `a` with a fresh request id ("req_" TypeID) and trace; everything else is zero. */
void ctx_open(struct ctx *c, struct arena *a, const char *operation);

/* The same of the platform itself, with `within_ms` to finish: for what runs beside requests and
 * jobs. */
void ctx_open_system(struct ctx *c, struct arena *a, const char *operation, int within_ms);

/* Continue a W3C `traceparent` header (version 00); false and a fresh trace when it is malformed.
 */
bool ctx_continue_trace(struct ctx *c, const char *traceparent);
