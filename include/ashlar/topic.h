/* topic — waking the streams (stream.h) that follow a thing, in every process. Home: topics.c. */
#pragma once
#include "ctx.h"

/*
 * Once c's open transaction has committed, streams on this topic are pulled, in every process
 * within about a tenth of a second; a wake-up that is lost costs until the next heartbeat. Any
 * number in one transaction; each topic counts once.
 */
PUBLIC void stream_wake(struct ctx *c, struct uuid topic);

/* The same for all streams that were opened on a route of this organisation (SCOPE_ORG), whatever
 * their topics: who may no longer follow is told so and sent away. */
PUBLIC void stream_wake_org(struct ctx *c, struct uuid org);
