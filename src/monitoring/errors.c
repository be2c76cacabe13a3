/* Errors counted by event and place, and written in the background. log_error never waits for the
 * database. */
#include "errors.h"
#include "base/ctx_open.h"
#include "base/log_start.h"
#include "db/tx.h"
#include "error_group_sql.h"
#include <ashlar/log.h>
#include <ashlar/text.h>
#include <pthread.h>

enum {
    FLUSH_MS = 3000,
    EVENT_MAX = 63,
    OPERATION_MAX = 100,
    SAMPLE_MAX = 500,
    /* Maximum of a group as JSON: six bytes for each byte of its texts (\u001f), and the other
     * members. */
    GROUP_TEXT_MAX = 6 * (EVENT_MAX + OPERATION_MAX + 63 + SAMPLE_MAX) + 400,
    TEXT_MAX = ERRORS_WAITING_MAX * GROUP_TEXT_MAX
};

const struct metric METRIC_ERRORS = {
    .name = "ashlar_errors_total",
    .help = "Logged errors.",
    .kind = METRIC_COUNTER,
};
const struct metric METRIC_ERRORS_UNGROUPED = {
    .name = "ashlar_errors_ungrouped_total",
    .help = "Logged errors without an error group: too many different errors were waiting, or the "
            "database rejected them.",
    .kind = METRIC_COUNTER,
};

struct waiting {
    char event[EVENT_MAX + 1], operation[OPERATION_MAX + 1], request_id[64];
    char sample[SAMPLE_MAX + 1];
    int64_t count; /* 0: unused */
    struct instant first_at, last_at;
};

static struct {
    pthread_mutex_t lock;
    struct waiting list[ERRORS_WAITING_MAX];
    int refusals; /* consecutive; used by the writing thread */
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void put(char *out, size_t room, const char *text)
{
    snprintf(out, room, "%s", text != NULL ? text : "");
}

/* "code=unavailable why=…", cut between characters. */
static void put_sample(char *out, const struct log_field *fields)
{
    size_t size = 0;

    out[0] = '\0';
    for (const struct log_field *f = fields; f->kind != LOG_NONE && size < SAMPLE_MAX; f++) {
        size_t room = SAMPLE_MAX + 1 - size;
        int n = f->kind == LOG_TEXT ? snprintf(out + size, room, "%s%s=%s", size ? " " : "",
                                          f->name, f->text ? f->text : "null")
                                    : snprintf(out + size, room, "%s%s=%lld", size ? " " : "",
                                          f->name, (long long)f->number);
        size += n > 0 ? (size_t)n : 0;
    }
    for (size = strlen(out); size > 0 && !utf8_is_valid(out, size);)
        out[--size] = '\0';
}

static struct waiting *find(const char *event, const char *operation)
{
    struct waiting *free = NULL;

    for (size_t i = 0; i < ERRORS_WAITING_MAX; i++) {
        struct waiting *w = &queue.list[i];
        if (w->count == 0)
            free = free ? free : w;
        else if (strncmp(w->event, event, EVENT_MAX) == 0 &&
                 strncmp(w->operation, operation, OPERATION_MAX) == 0)
            return w;
    }
    return free;
}

static void note(const struct ctx *c, const char *event, const struct log_field *fields)
{
    const char *operation = c != NULL && c->operation != NULL ? c->operation : "";
    struct instant now = clock_now();
    struct waiting *w;

    metric_add(&METRIC_ERRORS, NULL, 1);
    pthread_mutex_lock(&queue.lock);
    w = find(event, operation);
    if (w != NULL) {
        if (w->count++ == 0) {
            put(w->event, sizeof w->event, event);
            put(w->operation, sizeof w->operation, operation);
            w->first_at = now;
        }
        w->last_at = now;
        put(w->request_id, sizeof w->request_id, c != NULL ? c->request_id : NULL);
        put_sample(w->sample, fields);
    }
    pthread_mutex_unlock(&queue.lock);
    if (w == NULL)
        metric_add(&METRIC_ERRORS_UNGROUPED, NULL, 1);
}

void errors_start(void)
{
    log_watch_errors(note);
}

void errors_stop(void)
{
    log_watch_errors(NULL);
    pthread_mutex_lock(&queue.lock);
    memset(queue.list, 0, sizeof queue.list);
    pthread_mutex_unlock(&queue.lock);
}

int errors_waiting(void)
{
    int n = 0;

    pthread_mutex_lock(&queue.lock);
    for (size_t i = 0; i < ERRORS_WAITING_MAX; i++)
        n += queue.list[i].count > 0;
    pthread_mutex_unlock(&queue.lock);
    return n;
}

/* --- Writing --- */

static struct waiting *copy_waiting(struct arena *a)
{
    struct waiting *copy;

    pthread_mutex_lock(&queue.lock);
    copy = arena_memdup(a, queue.list, sizeof queue.list);
    pthread_mutex_unlock(&queue.lock);
    return copy;
}

/* Removes the written counts. Errors counted since then stay. */
static void take_written(const struct waiting *written)
{
    queue.refusals = 0;
    pthread_mutex_lock(&queue.lock);
    for (size_t i = 0; i < ERRORS_WAITING_MAX; i++) {
        queue.list[i].count -= written[i].count;
        if (queue.list[i].count > 0)
            queue.list[i].first_at = written[i].last_at;
    }
    pthread_mutex_unlock(&queue.lock);
}

static void add_text(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, ",\"%s\":", name);
    buf_json_text(b, text);
}

static void add_time(struct buf *b, const char *name, struct instant at)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format(at, text);
    add_text(b, name, text);
}

static bool render(struct buf *b, const struct waiting *list)
{
    char between = '[', id[UUID_TEXT_SIZE + 1];

    for (size_t i = 0; i < ERRORS_WAITING_MAX; i++) {
        const struct waiting *w = &list[i];
        if (w->count == 0)
            continue;
        uuid_format(uuid_new(), id);
        buf_printf(b, "%c{\"id\":\"%s\",\"count\":%lld", between, id, (long long)w->count);
        add_text(b, "event", w->event);
        add_text(b, "operation", w->operation);
        add_text(b, "request_id", w->request_id);
        add_text(b, "sample", w->sample);
        add_time(b, "first_at", w->first_at);
        add_time(b, "last_at", w->last_at);
        buf_char(b, '}');
        between = ',';
    }
    buf_char(b, ']');
    return between == ',';
}

static err write_groups(struct ctx *c, void *arg)
{
    return db_exec(c, &SQL_note_errors, ARGS(ARG((const char *)arg)));
}

static int64_t count_all(const struct waiting *list)
{
    int64_t n = 0;

    for (size_t i = 0; i < ERRORS_WAITING_MAX; i++)
        n += list[i].count;
    return n;
}

/* Errors that a reachable database keeps rejecting would block all others. */
static void give_up_when_refused(err e, const struct waiting *list)
{
    if (e == &ERR_UNAVAILABLE || e == &ERR_TIMEOUT || ++queue.refusals < ERRORS_REFUSALS_MAX)
        return;
    take_written(list);
    metric_add(&METRIC_ERRORS_UNGROUPED, NULL, count_all(list));
}

static err flush(struct arena *a)
{
    struct waiting *list = copy_waiting(a);
    struct buf b;
    struct ctx c;
    err e;

    buf_init(&b, a, TEXT_MAX);
    if (!render(&b, list))
        return NULL;
    ctx_open_system(&c, a, "errors.flush", FLUSH_MS);
    e = tx_run_as(&c, DB_SYSTEM, TX_WRITE, write_groups, b.data);
    if (e == NULL)
        take_written(list);
    else
        give_up_when_refused(e, list);
    return e;
}

err errors_flush(void)
{
    struct arena *a = arena_new(0);
    err e = flush(a);

    arena_free(a);
    return e;
}
