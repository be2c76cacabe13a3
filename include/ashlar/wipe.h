/* wipe — erasure of secrets in memory. */
#pragma once
#include "arena.h"

/* Overwrites `size` bytes in a way that the compiler does not remove. NULL is allowed. Threads:
 * any. */
PUBLIC void wipe(void *data, size_t size);

/* A copy that the arena wipes at its end: for secrets. NULL for NULL. */
PUBLIC char *secret_strdup(struct arena *a, const char *text);
