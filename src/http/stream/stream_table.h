/* The table of open streams, shared by the files that open, send and pull them. Everything in it is
 * used with its lock held. Knows no request. */
#pragma once
#include "streams.h"
#include <pthread.h>
#include <sys/queue.h>

enum { STREAM_PULLERS = 2, STREAM_BUCKETS = 4096 };

/* Why it ends. */
enum ending { GOES_ON, LEFT, SLOW, REFUSED, DRAINED, FAILED };

TAILQ_HEAD(queue, stream);

struct stream {
    struct stream_subscription subscription;
    struct stream_line line;
    enum { STARTING, SENDING, RESTING, DUE, PULLING, READY } state;
    enum ending ending;
    bool again;         /* there is more, or its topic was woken since the pull began */
    bool gone;          /* its connection ended meanwhile: whoever pulls frees it */
    bool said_good_bye; /* the last bytes are in `out` */
    const char *code;   /* of REFUSED and FAILED, for the client */
    struct buf out;     /* data NULL: nothing to send */
    size_t sent;
    int64_t opened_us, looked_us, wrote_us, late_us, events;
    struct queue *queue; /* the one it stands in, or NULL */
    TAILQ_ENTRY(stream) in_all, in_queue;
    LIST_ENTRY(stream) in_topic;
};

extern struct streams {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t threads[STREAM_PULLERS];
    int n_threads, pulling;
    bool stopping, draining;
    int n;
    struct queue all;
    struct queue resting; /* in the order of their last look */
    struct queue due;     /* of the next round */
    struct queue round;   /* of this one */
    struct queue ready;   /* have something to send: the next wave */
    int64_t round_us, send_us;
    LIST_HEAD(topic, stream) topics[STREAM_BUCKETS];
} streams;

struct topic *stream_bucket(struct uuid topic);

/* Into this queue, or (NULL) out of its own. */
void stream_move(struct stream *s, struct queue *to);

/* Sent on its way, unless something is: then that is finished first. */
void stream_end_with(struct stream *s, enum ending why);

/* --- Who hangs up --- */

/* The thread that notices; before the servers open, after they closed. */
bool stream_disconnect_start(void);
void stream_disconnect_stop(void);

/* From when the stream has a descriptor until before that is closed. The first without the lock. */
void stream_watch(struct stream *s);
void stream_unwatch(struct stream *s);

/* Streams of those who have hung up by now end. */
void streams_end_left(void);

/* After its connection is gone; without the lock. */
void stream_release(struct stream *s);
