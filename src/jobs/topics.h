/*
 * Woken topics, from their transaction to every process with streams on them.
 *
 * They take the path of notifier.h: this process is notified immediately, the others by one NOTIFY
 * for all topics of the last 50 ms. A lost one delays the streams until their next poll. Threads:
 * any.
 */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/id.h>

/* More within one NOTIFY are sent as "any topic". */
enum { TOPICS_NOTIFIED_MAX = 200 };

/* Function to call in this process. `topic` nil: any topic. NULL: none. */
void topics_on(void (*heard)(struct uuid topic));

/* Topic of stream_wake_org. It differs from all ids of objects: those are UUIDv7, this is not. */
struct uuid topic_of_org(struct uuid org);
bool topic_is_of_org(struct uuid topic);

/* Whether wake-ups of other processes arrive by LISTEN. Otherwise streams must poll. */
bool topics_come(void);

/* For jobs.c: `tell` is called when topics are ready for topics_take. */
void topics_start(void (*notify)(void));
void topics_stop(void);

/* For the tender: whether topics are ready, and the payload of their NOTIFY (NULL: none). */
bool topics_wait(void);
const char *topics_take(struct arena *a);

/* For the listener: a payload arrived; the connection listens, or broke. */
void topics_heard(const char *payload);
void topics_listening(bool now);
