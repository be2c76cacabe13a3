/* wipe — secrets in memory, and their end. */
#pragma once
#include "arena.h"

/* Overwrites `size` bytes in a way the compiler does not leave out; NULL is fine. Threads: any. */
PUBLIC void wipe(void *data, size_t size);

/* A copy that the arena wipes when it ends; for anything secret. NULL of NULL. */
PUBLIC char *secret_strdup(struct arena *a, const char *text);
