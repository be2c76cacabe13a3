/* Which unit of work this thread or fiber is on, for the last line of a process. Knows no fiber:
 * runtime/fiber.c and runtime/workers.c carry it across their switches. */
#pragma once
#include <ashlar/ctx.h>

/* From here on `c` (NULL: none); what it was before, for putting it back. `c` must stay valid until
 * then. */
const struct ctx *current_swap(const struct ctx *c);

/* NULL: none. */
const struct ctx *current(void);
