/* The table of open streams, shared by the files that open, send and pull them. All access requires
 * its lock. */
#pragma once
#include "streams.h"
#include <pthread.h>
#include <sys/queue.h>

enum { STREAM_PULLERS = 2, STREAM_BUCKETS = 4096 };

/* The reason of a stream's end. */
enum ending { GOES_ON, LEFT, SLOW, REFUSED, DRAINED, FAILED };

TAILQ_HEAD(queue, stream);

struct stream {
    struct stream_subscription subscription;
    struct stream_line line;
    enum { STARTING, SENDING, RESTING, DUE, PULLING, READY } state;
    enum ending ending;
    bool again;         /* more events exist, or its topic was woken since the pull began */
    bool gone;          /* its connection ended during a pull, which then frees it */
    bool said_good_bye; /* the last bytes are in `out` */
    const char *code;   /* of REFUSED and FAILED, for the client */
    struct buf out;     /* data NULL: none */
    size_t sent;
    int64_t opened_us, looked_us, wrote_us, late_us, events;
    struct queue *queue; /* its present queue, or NULL */
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
    struct queue resting; /* ordered by the last pull */
    struct queue due;     /* for the next round */
    struct queue round;   /* of the current round */
    struct queue ready;   /* bytes to send */
    int64_t round_us, send_us;
    LIST_HEAD(topic, stream) topics[STREAM_BUCKETS];
} streams;

struct topic *stream_bucket(struct uuid topic);

/* Move to this queue, or (NULL) remove from the present one. */
void stream_move(struct stream *s, struct queue *to);

/* Starts sending the end, unless bytes are being sent: those are completed first. */
void stream_end_with(struct stream *s, enum ending why);

/* --- Disconnects --- */

/* The thread that detects them. Started before the servers open, stopped after they closed. */
bool stream_disconnect_start(void);
void stream_disconnect_stop(void);

/* From the time when the stream has a descriptor until before that is closed. The first without the
 * lock. */
void stream_watch(struct stream *s);
void stream_unwatch(struct stream *s);

/* Ends streams whose client has disconnected. */
void streams_end_left(void);

/* After its connection ended; without the lock. */
void stream_release(struct stream *s);
