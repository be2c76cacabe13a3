/* The job threads of this process and what they have in their hands. Knows no schedule. */
#include "crew.h"
#include "bell.h"
#include "kinds.h"
#include "run.h"
#include "store.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <stdatomic.h>

enum {
    POLL_MS = 1000,     /* a lost wake-up costs this much */
    AWAY_MAX_MS = 5000, /* between looks while the database is away */
    NAME_SIZE = 128,
};

/* One job thread. `row` is set by the claimer and taken away by the thread, under crew.lock. */
struct hand {
    pthread_t thread;
    struct bell given;
    struct arena *arena; /* of the job in hand; the thread's own while it runs */
    const struct job_row *row;
    bool calls_others; /* the job in hand may wait for somebody else's server */
    bool started;
};

static struct {
    pthread_mutex_t lock;
    struct hand hands[CREW_MAX];
    int n, busy;
    pthread_t claimer;
    struct bell claim; /* something may be due, or a hand is free */
    struct bell idle;  /* a hand became free: for crew_drain */
    atomic_bool stopping;
    char name[NAME_SIZE];
} crew;

static bool may_wait(void)
{
    return !atomic_load(&crew.stopping);
}

static void put_down(struct hand *h)
{
    struct arena *a = h->arena;

    pthread_mutex_lock(&crew.lock);
    h->row = NULL;
    h->arena = NULL;
    crew.busy--;
    pthread_mutex_unlock(&crew.lock);
    arena_free(a);
    bell_ring(&crew.claim);
    bell_ring(&crew.idle);
}

static const struct job_row *in_hand(struct hand *h)
{
    const struct job_row *row;

    pthread_mutex_lock(&crew.lock);
    row = h->row;
    pthread_mutex_unlock(&crew.lock);
    return row;
}

static void *work(void *arg)
{
    struct hand *h = arg;
    const struct job_row *row;

    for (;;) {
        bell_wait(&h->given, -1);
        row = in_hand(h);
        if (row != NULL) {
            job_run(h->arena, row, may_wait);
            put_down(h);
        } else if (atomic_load(&crew.stopping)) {
            return NULL;
        }
    }
}

static void give(const struct job_row *row)
{
    struct hand *h = crew.hands;

    pthread_mutex_lock(&crew.lock);
    while (h->row != NULL)
        h++; /* as many are free as were claimed for */
    h->arena = arena_new(0);
    h->row = job_row_copy(h->arena, row);
    h->calls_others = kinds_calls_others(row->kind);
    crew.busy++;
    pthread_mutex_unlock(&crew.lock);
    bell_ring(&h->given);
}

static int idle_hands(void)
{
    int idle;

    pthread_mutex_lock(&crew.lock);
    idle = crew.n - crew.busy;
    pthread_mutex_unlock(&crew.lock);
    return idle;
}

/* How many more jobs may go and wait for others' servers. Of several hands one never does: mail
 * servers and receivers that hang hold back only what calls them. */
static int hands_for_calls(void)
{
    int n = crew.n > 1 ? crew.n - 1 : crew.n;

    pthread_mutex_lock(&crew.lock);
    for (int i = 0; i < crew.n; i++)
        n -= crew.hands[i].row != NULL && crew.hands[i].calls_others;
    pthread_mutex_unlock(&crew.lock);
    return n;
}

static err claim_for(struct arena *a, int idle, const struct job_row **rows, size_t *n)
{
    int most = hands_for_calls();

    if (most <= 0)
        return store_claim_quick(a, crew.name, idle, rows, n);
    return store_claim(a, crew.name, idle < most ? idle : most, rows, n);
}

/* A claim that failed may have been committed all the same: what it got is nobody's work. */
static err give_back_unknown(struct arena *a)
{
    struct buf held;
    int64_t n;

    buf_init(&held, a, CREW_HELD_SIZE);
    crew_held(&held);
    TRY(store_release(a, crew.name, held.data, &n));
    if (n > 0)
        log_warn(NULL, "jobs.claim_was_lost", log_int("given_back", n));
    return NULL;
}

static err claim_once(int idle, bool failed_before, int *claimed)
{
    struct arena *a = arena_new(0);
    const struct job_row *rows;
    size_t n = 0;
    err e = failed_before ? give_back_unknown(a) : NULL;

    if (e == NULL)
        e = claim_for(a, idle, &rows, &n);
    for (size_t i = 0; e == NULL && i < n; i++)
        give(&rows[i]);
    arena_free(a);
    *claimed = e == NULL ? (int)n : 0;
    return e;
}

/* Said once when it begins, once when it is over. A database that cannot be reached is one thing, a
 * claim that it does not bring to an end another: that is a lock, or a plan, or a right. */
static void note_failing(err before, err e)
{
    if (e == before)
        return;
    if (e == NULL)
        log_info(NULL, before == &ERR_UNAVAILABLE ? "jobs.database_back" : "jobs.claims_again");
    else if (e == &ERR_UNAVAILABLE)
        log_error(NULL, "jobs.database_away", log_text("then", "trying until it is back"));
    else
        log_error(NULL, "jobs.claim_failing", log_text("code", e->code),
            log_text("why", e == &ERR_TIMEOUT
                                ? "the database did not end the claim in time: a lock or its plan"
                                : "see db.query_failed"),
            log_text("then", "this process claims nothing until it is over"));
}

static int pause_after(err e, int pause_ms)
{
    if (e == NULL)
        return POLL_MS;
    return pause_ms < AWAY_MAX_MS / 2 ? pause_ms * 2 : AWAY_MAX_MS;
}

static void *claim_for_all(void *arg)
{
    int pause_ms = POLL_MS, idle, claimed = 0;
    err before = NULL, e;

    (void)arg;
    while (!atomic_load(&crew.stopping)) {
        idle = idle_hands();
        if (idle == 0) {
            bell_wait(&crew.claim, -1); /* until a hand is free */
            continue;
        }
        e = claim_once(idle, before != NULL, &claimed);
        note_failing(before, e);
        pause_ms = pause_after(e, pause_ms);
        before = e;
        if (claimed == 0) /* otherwise there may be more at once */
            bell_wait(&crew.claim, pause_ms);
    }
    return NULL;
}

static void make_name(void)
{
    char host[64] = "?";
    uint32_t random;

    gethostname(host, sizeof host - 1);
    random_bytes(&random, sizeof random);
    snprintf(crew.name, sizeof crew.name, "%s:%d:%08x", host, (int)getpid(), random);
}

static bool start_hand(struct hand *h)
{
    bell_init(&h->given);
    h->started = pthread_create(&h->thread, NULL, work, h) == 0;
    return h->started;
}

bool crew_start(int n)
{
    pthread_mutex_init(&crew.lock, NULL);
    bell_init(&crew.claim);
    bell_init(&crew.idle);
    make_name();
    atomic_store(&crew.stopping, false);
    crew.n = n > CREW_MAX ? CREW_MAX : n;
    for (int i = 0; i < crew.n; i++) {
        if (!start_hand(&crew.hands[i])) {
            log_error(NULL, "jobs.no_thread", log_int("started", i));
            return false;
        }
    }
    if (crew.n > 0 && pthread_create(&crew.claimer, NULL, claim_for_all, NULL) != 0) {
        log_error(NULL, "jobs.no_thread", log_int("started", crew.n));
        return false;
    }
    return true;
}

void crew_wake(void)
{
    bell_ring(&crew.claim);
}

const char *crew_name(void)
{
    return crew.name;
}

int crew_held(struct buf *out)
{
    char id[UUID_TEXT_SIZE + 1];
    int n = 0;

    buf_char(out, '[');
    pthread_mutex_lock(&crew.lock);
    for (int i = 0; i < crew.n; i++) {
        if (crew.hands[i].row == NULL)
            continue;
        uuid_format(crew.hands[i].row->id, id);
        buf_printf(out, "%s{\"id\":\"%s\"}", n++ > 0 ? "," : "", id);
    }
    pthread_mutex_unlock(&crew.lock);
    buf_char(out, ']');
    return n;
}

void crew_drain(int grace_ms)
{
    int64_t until_us = clock_monotonic_us() + (int64_t)grace_ms * 1000, left_us;

    atomic_store(&crew.stopping, true);
    bell_ring(&crew.claim);
    if (crew.n > 0)
        pthread_join(crew.claimer, NULL);
    while (idle_hands() < crew.n && (left_us = until_us - clock_monotonic_us()) > 0)
        bell_wait(&crew.idle, (int)(left_us / 1000) + 1);
}

int crew_stop(void)
{
    int still_running = 0;

    for (int i = 0; i < crew.n; i++) {
        struct hand *h = &crew.hands[i];

        if (!h->started)
            continue;
        bell_ring(&h->given);
        if (in_hand(h) == NULL) {
            pthread_join(h->thread, NULL);
        } else {
            pthread_detach(h->thread);
            still_running++;
        }
        h->started = false;
    }
    return still_running;
}
