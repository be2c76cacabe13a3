/* Woken topics, from a transaction to every process. */
#include "topics.h"
#include "db/tx.h"
#include <ashlar/buf.h>
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/topic.h>
#include <pthread.h>
#include <stdatomic.h>

enum { PAYLOAD_MAX = 7900, SENDER_SIZE = 8 }; /* PostgreSQL's limit is below 8,000 bytes */

static struct {
    pthread_mutex_t lock;
    struct uuid waiting[TOPICS_NOTIFIED_MAX];
    size_t n;
    bool too_many;
    char sender[SENDER_SIZE + 1]; /* identifies this process's notifications, which it ignores */
    _Atomic(void (*)(struct uuid)) heard;
    _Atomic(void (*)(void)) notify;
    atomic_bool listening;
} topics = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void hear(struct uuid topic)
{
    void (*fn)(struct uuid) = atomic_load(&topics.heard);

    if (fn != NULL)
        fn(topic);
}

static bool is_waiting(struct uuid topic)
{
    for (size_t i = 0; i < topics.n; i++) {
        if (uuid_equal(topics.waiting[i], topic))
            return true;
    }
    return false;
}

static void add(struct uuid topic)
{
    pthread_mutex_lock(&topics.lock);
    if (topics.too_many || is_waiting(topic))
        ;
    else if (topics.n == TOPICS_NOTIFIED_MAX)
        topics.too_many = true;
    else
        topics.waiting[topics.n++] = topic;
    pthread_mutex_unlock(&topics.lock);
}

static void committed(void *arg)
{
    const struct uuid *topic = arg;
    void (*notify)(void) = atomic_load(&topics.notify);

    hear(*topic);
    if (notify == NULL) /* no engine runs here, so the streams poll */
        return;
    add(*topic);
    notify();
}

void stream_wake(struct ctx *c, struct uuid topic)
{
    tx_after_commit(c, committed, arena_memdup(c->arena, &topic, sizeof topic));
}

/* The version of a UUID is in the upper half of its seventh byte. */
struct uuid topic_of_org(struct uuid org)
{
    org.b[6] ^= 0xF0;
    return org;
}

bool topic_is_of_org(struct uuid topic)
{
    return topic.b[6] >> 4 == (7 ^ 0xF);
}

void stream_wake_org(struct ctx *c, struct uuid org)
{
    stream_wake(c, topic_of_org(org));
}

void topics_on(void (*heard)(struct uuid topic))
{
    atomic_store(&topics.heard, heard);
}

bool topics_come(void)
{
    return atomic_load(&topics.listening);
}

void topics_start(void (*notify)(void))
{
    uint32_t r;

    random_bytes(&r, sizeof r);
    snprintf(topics.sender, sizeof topics.sender, "%08x", r);
    atomic_store(&topics.notify, notify);
}

void topics_stop(void)
{
    atomic_store(&topics.notify, NULL);
}

bool topics_wait(void)
{
    bool any;

    pthread_mutex_lock(&topics.lock);
    any = topics.n > 0 || topics.too_many;
    pthread_mutex_unlock(&topics.lock);
    return any;
}

const char *topics_take(struct arena *a)
{
    char id[UUID_TEXT_SIZE + 1];
    struct buf b;
    bool any;

    buf_init(&b, a, PAYLOAD_MAX);
    buf_text(&b, topics.sender);
    pthread_mutex_lock(&topics.lock);
    any = topics.n > 0 || topics.too_many;
    for (size_t i = 0; i < topics.n && !topics.too_many; i++) {
        uuid_format(topics.waiting[i], id);
        buf_printf(&b, " %s", id);
    }
    topics.n = 0;
    topics.too_many = false;
    pthread_mutex_unlock(&topics.lock);
    return any ? b.data : NULL;
}

/* Only the sender's name: any topic. */
void topics_heard(const char *payload)
{
    const char *at = payload + strcspn(payload, " ");
    struct uuid topic;

    if (strncmp(payload, topics.sender, SENDER_SIZE) == 0)
        return;
    if (*at == '\0')
        hear(UUID_NIL);
    for (; *at == ' '; at += 1 + UUID_TEXT_SIZE) {
        if (strnlen(at, 1 + UUID_TEXT_SIZE) <= UUID_TEXT_SIZE ||
            !uuid_parse(at + 1, UUID_TEXT_SIZE, &topic))
            return;
        hear(topic);
    }
}

/* Before LISTEN a wake-up may have been missed. */
void topics_listening(bool now)
{
    atomic_store(&topics.listening, now);
    if (now)
        hear(UUID_NIL);
}
