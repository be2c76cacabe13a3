/*
 * runtime — waiting without holding anything. All are refused (ERR_INTERNAL) while c's transaction
 * is open, and end at c's deadline (ERR_TIMEOUT).
 */
#pragma once
#include "ctx.h"

/* Run fn(arg), which blocks or burns CPU, in a small bounded pool and wait for it. Errors:
 * ERR_UNAVAILABLE at once when the pool's queue is full. fn must not touch c. */
PUBLIC CHECKED err offload(struct ctx *c, void (*fn)(void *arg), void *arg);

PUBLIC CHECKED err sleep_ms(struct ctx *c, int ms);
