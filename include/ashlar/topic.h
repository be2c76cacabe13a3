/* topic — wake-up of the streams (stream.h) of a topic, in every process. Home: topics.c. */
#pragma once
#include "ctx.h"

/*
 * After the commit of c's open transaction, streams on this topic are pulled, in every process
 * within about a tenth of a second. After a lost wake-up they are pulled at the next heartbeat. Any
 * number per transaction. Each topic counts once.
 */
PUBLIC void stream_wake(struct ctx *c, struct uuid topic);

/* The same for all streams of routes of this organisation (SCOPE_ORG), on any topic. Streams of
 * people who lost access end. */
PUBLIC void stream_wake_org(struct ctx *c, struct uuid org);
