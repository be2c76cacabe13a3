/*
 * runtime — waits that hold no connection and no thread. They return ERR_INTERNAL while c's
 * transaction is open, and ERR_TIMEOUT at c's deadline.
 */
#pragma once
#include "ctx.h"

/* Runs fn(arg), which blocks or uses much CPU, in a small bounded pool, and waits for it. Errors:
 * ERR_UNAVAILABLE immediately when the pool's queue is full. fn must not use c. */
PUBLIC CHECKED err offload(struct ctx *c, void (*fn)(void *arg), void *arg);

PUBLIC CHECKED err sleep_ms(struct ctx *c, int ms);
