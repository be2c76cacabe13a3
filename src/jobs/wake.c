/* Telling workers that something may be due. Knows no job. */
#include "wake.h"
#include <stdatomic.h>

static void arena_ended(void *arg)
{
    (void)arg;
    wake_everyone();
}

void wake_after(struct ctx *c)
{
    /* The arena of a unit of work ends after its transaction, and soon after: with the answer. */
    arena_cleanup(c->arena, arena_ended, NULL);
}
