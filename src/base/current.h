/* The unit of work of the current thread or fiber, for the last log line of a process. The switches
 * of fibers (runtime/fiber.c) and worker threads (runtime/workers.c) save and restore it. */
#pragma once
#include <ashlar/ctx.h>

/* Sets the unit of work to `c` (NULL: none) and returns the previous one, to be restored. `c` must
 * stay valid until then. */
const struct ctx *current_swap(const struct ctx *c);

/* NULL: none. */
const struct ctx *current(void);
