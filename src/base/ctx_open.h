/* Beginning and end of a unit of work. */
#pragma once
#include <ashlar/ctx.h>

/* A ctx on `a` with a fresh request id ("req_" TypeID) and trace; everything else is zero. */
void ctx_open(struct ctx *c, struct arena *a, const char *operation);

/* The same of the platform itself, with `within_ms` to finish: for what runs beside requests and
 * jobs. */
void ctx_open_system(struct ctx *c, struct arena *a, const char *operation, int within_ms);

/*
 * Run a module's fn(c, arg). ERR_OUTGROWN when its memory came past a ceiling, whatever it returned
 * and even when it was left on the spot (arena_contain); then the arena is forgiven LIMIT_FAREWELL
 * bytes for what the caller has to do: end an open transaction, tell the failure.
 */
CHECKED err ctx_contain(struct ctx *c, err (*fn)(struct ctx *c, void *arg), void *arg);

/* Continue a W3C `traceparent` header (version 00); false and a fresh trace when it is malformed.
 */
bool ctx_continue_trace(struct ctx *c, const char *traceparent);
