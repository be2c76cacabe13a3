/* random — random bytes for secrets, from the kernel. */
#pragma once
#include "base.h"

/* Never fails: without randomness the process exits. Threads: any. */
PUBLIC void random_bytes(void *out, size_t size);
