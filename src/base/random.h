/* Random bytes for ids that everybody may see. Secrets come from random_bytes (ashlar/crypto.h). */
#pragma once
#include <stddef.h>

/* At most 64 at once, from a stock per thread: a system call for each id is the largest part of
 * what a small request costs. After fork() parent and child would draw the same ids; nothing here
 * forks. Threads: any. */
void random_for_id(void *out, size_t size);
