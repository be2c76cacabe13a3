/* Random bytes for public ids. For secrets use random_bytes (ashlar/crypto.h). */
#pragma once
#include <stddef.h>

/* At most 64 bytes per call, from a buffer per thread: a system call for each id would dominate the
 * time of a small request. After fork() parent and child would return the same ids, so the process
 * must not fork. Threads: any. */
void random_for_id(void *out, size_t size);
