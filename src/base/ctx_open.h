/* Start and end of a unit of work. */
#pragma once
#include <ashlar/ctx.h>

/* A ctx on `a` with a fresh request id ("req_" TypeID) and trace; everything else is zero. */
void ctx_open(struct ctx *c, struct arena *a, const char *operation);

/* The same for the platform itself, with a deadline in `within_ms`: for work next to requests and
 * jobs. */
void ctx_open_system(struct ctx *c, struct arena *a, const char *operation, int within_ms);

/*
 * Runs a module's fn(c, arg). ERR_OUTGROWN when its memory exceeded a limit, whatever it returned
 * and even when it was abandoned (arena_contain). The arena then allows LIMIT_FAREWELL more bytes
 * for the caller's last steps: ending an open transaction, reporting the failure.
 */
CHECKED err ctx_contain(struct ctx *c, err (*fn)(struct ctx *c, void *arg), void *arg);

/* Continues a W3C `traceparent` header (version 00). False, with a new trace, when it is
 * malformed. */
bool ctx_continue_trace(struct ctx *c, const char *traceparent);
