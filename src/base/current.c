/* The unit of work of this thread. */
#include "current.h"

static _Thread_local const struct ctx *here;

const struct ctx *current_swap(const struct ctx *c)
{
    const struct ctx *before = here;

    here = c;
    return before;
}

const struct ctx *current(void)
{
    return here;
}
