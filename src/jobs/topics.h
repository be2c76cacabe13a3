/*
 * Topics that were woken, from the transaction that did it to every process whose streams follow
 * them.
 *
 * The same way as notifier.h: this process hears at once, the others by one NOTIFY for all topics
 * of its last 50 ms. What is lost costs the streams their next look. Threads: any.
 */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/id.h>

/* More within one NOTIFY are told as "any topic". */
enum { TOPICS_TOLD_MAX = 200 };

/* Whom to tell here; `topic` nil: it may be any. NULL: nobody. */
void topics_on(void (*heard)(struct uuid topic));

/* What stream_wake_org wakes: no id of ours looks like it (they are UUIDv7, this is none). */
struct uuid topic_of_org(struct uuid org);
bool topic_is_of_org(struct uuid topic);

/* Does news of other processes come by LISTEN? Otherwise streams must look for themselves. */
bool topics_come(void);

/* For jobs.c: `tell` is called when topics wait for topics_take. */
void topics_start(void (*tell)(void));
void topics_stop(void);

/* For the tending thread: do any wait; the payload of their NOTIFY, NULL when none do. */
bool topics_wait(void);
const char *topics_take(struct arena *a);

/* For the listening thread: a payload came; the link is there, or gone. */
void topics_heard(const char *payload);
void topics_listening(bool now);
