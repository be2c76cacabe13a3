/* The connection pool: assignment, queue, opening. */
#include "pool.h"
#include "config/platform_settings.h"
#include "conn.h"
#include "pipeline.h"
#include "runtime/wait.h"
#include "metrics/metrics_start.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <errno.h>
#include <pthread.h>

enum {
    CONNECT_MS = 3000,
    LOCK_MS = 2000,
    BACKOFF_FIRST_MS = 50,
    BACKOFF_MAX_MS = 500,     /* so that recovery of the database is detected within a second */
    LINE_PER_CONNECTION = 12, /* with 20 of them fewer than the fibers, which others need too */
    STANDING_PART = 4, /* fraction of ASHLAR_DB_WAIT_MS after which the queue counts as stalled */
    LIFETIME_S = 1800,
    COMPLAIN_EVERY_S = 30,
    STOP_WAIT_S = 5,
    CAP_PER_SHARED = 3,
    CAP_PER_SLOW = 2,
    WHY_SIZE = 256,
};

struct waiter {
    enum db_role role;
    bool slow;
    struct wake wake;
    struct conn *conn;
    bool refused;
    int64_t since_us;
    struct waiter *next;
};

/* One role's connections to the database. */
struct role_pool {
    struct conn *idle; /* the most recently used is taken first */
    int open;          /* idle and in use */
    int failures;      /* consecutive; > 0: the database is unreachable */
    int64_t retry_us, complained_us;
    char why[WHY_SIZE]; /* of the last failure */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work; /* for the opener */
    pthread_t opener;
    bool running;
    enum db_role opening; /* DB_ROLES: none */
    struct role_pool role_pools[DB_ROLES];
    struct waiter *first, *last;
    struct pool_stats stats;
    int slow_in_use, slow_waiting;
    int wait_ms, statement_ms, shared_statement_ms;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .opening = DB_ROLES };

const char *db_role_url(enum db_role role)
{
    const char *own = NULL;

    if (role == DB_SYSTEM)
        own = setting_text(&DATABASE_SYSTEM_URL);
    if (role == DB_OWNER)
        own = setting_text(&DATABASE_OWNER_URL);
    return own != NULL ? own : setting_text(&DATABASE_URL);
}

/* --- The wait queue --- */

static void enqueue(struct waiter *w)
{
    if (pool.last != NULL)
        pool.last->next = w;
    else
        pool.first = w;
    pool.last = w;
    pool.stats.waiting++;
    pool.slow_waiting += w->slow;
}

static void dequeue(struct waiter *w)
{
    struct waiter **at = &pool.first, *before = NULL;

    while (*at != w) {
        before = *at;
        at = &before->next;
    }
    *at = w->next;
    if (pool.last == w)
        pool.last = before;
    pool.stats.waiting--;
    pool.slow_waiting -= w->slow;
}

static int slow_most(void)
{
    return pool.stats.cap < CAP_PER_SLOW ? 1 : pool.stats.cap / CAP_PER_SLOW;
}

static bool may_have_one(bool slow)
{
    return !slow || pool.slow_in_use < slow_most();
}

/* Skips waiters that wait for the end of others of their kind. */
static struct waiter *next_in_line(struct waiter *w)
{
    while (w != NULL && !may_have_one(w->slow))
        w = w->next;
    return w;
}

static struct waiter *first_waiting_for(enum db_role role)
{
    struct waiter *w = next_in_line(pool.first);

    while (w != NULL && w->role != role)
        w = next_in_line(w->next);
    return w;
}

/* Assigns the connection to its taker. */
static struct conn *use(struct conn *k, bool slow)
{
    pool.stats.in_use++;
    pool.slow_in_use += slow;
    k->slow = slow;
    return k;
}

static void answer(struct waiter *w, struct conn *k)
{
    dequeue(w);
    w->conn = k != NULL ? use(k, w->slow) : NULL;
    w->refused = k == NULL;
    wake_signal(&w->wake);
}

/* Passes the connection to the first waiter for its role, or to the idle ones. */
static void hand_on(struct conn *k)
{
    struct waiter *w = first_waiting_for(k->role);
    struct role_pool *role_pool = &pool.role_pools[k->role];

    if (w != NULL) {
        answer(w, k);
        return;
    }
    k->next = role_pool->idle;
    role_pool->idle = k;
}

static struct conn *take_idle(enum db_role role)
{
    struct role_pool *role_pool = &pool.role_pools[role];
    struct conn *k = role_pool->idle;

    if (k != NULL) {
        role_pool->idle = k->next;
        k->next = NULL;
    }
    return k;
}

/* Removes a connection that is then closed outside the lock. */
static void write_off(struct conn *k)
{
    pool.role_pools[k->role].open--;
    pool.stats.open--;
    pthread_cond_signal(&pool.work);
}

/* --- The opener --- */

static bool may_open(enum db_role role, int64_t now)
{
    if (pool.role_pools[role].retry_us > now)
        return false;
    if (pool.stats.open < pool.stats.cap)
        return true;
    for (int other = 0; other < DB_ROLES; other++)
        if (pool.role_pools[other].idle != NULL)
            return true;
    return false;
}

/* Role for which a connection is opened next: of the longest waiter, else of an unreachable
 * database, to detect its recovery. DB_ROLES: none. */
static enum db_role role_to_open(int64_t now)
{
    for (struct waiter *w = next_in_line(pool.first); w != NULL; w = next_in_line(w->next))
        if (may_open(w->role, now))
            return w->role;
    for (int role = 0; role < DB_ROLES; role++)
        if (pool.role_pools[role].failures > 0 && pool.stats.open < pool.stats.cap &&
            may_open((enum db_role)role, now))
            return (enum db_role)role;
    return DB_ROLES;
}

static struct conn *make_room(void)
{
    for (int role = 0; pool.stats.open >= pool.stats.cap && role < DB_ROLES; role++) {
        struct conn *k = take_idle((enum db_role)role);
        if (k != NULL) {
            write_off(k);
            return k;
        }
    }
    return NULL;
}

static int64_t jittered(int64_t us)
{
    uint32_t r;

    random_bytes(&r, sizeof(r));
    return us / 2 + (int64_t)(r % (uint64_t)(us / 2 + 1));
}

/* The most likely cure. */
static const char *help_for(const char *why)
{
    if (strstr(why, "permission denied to set role") != NULL)
        return "let the database's owner GRANT that role TO the login of the URL";
    if (strstr(why, "role \"ashlar_") != NULL)
        return "run `ashlar migrate up` first: it creates the roles";
    return "is PostgreSQL running, and the URL right?";
}

static void complain(struct role_pool *role_pool, enum db_role role, const char *why, int64_t now)
{
    if (role_pool->failures > 1 && now - role_pool->complained_us < SECONDS(COMPLAIN_EVERY_S))
        return;
    role_pool->complained_us = now;
    log_error(NULL, "db.connect_failed", log_text("role", db_role_name(role)), log_text("why", why),
        log_text("help", help_for(why)), log_int("failures", role_pool->failures));
}

static void opening_failed(enum db_role role, const char *why)
{
    struct role_pool *role_pool = &pool.role_pools[role];
    int64_t now = clock_monotonic_us(), wait_ms = BACKOFF_FIRST_MS;
    struct waiter *w;

    pool.stats.open--;
    pool.stats.connect_failures++;
    for (int i = 0; i < role_pool->failures && wait_ms < BACKOFF_MAX_MS; i++)
        wait_ms *= 2;
    role_pool->failures++;
    role_pool->retry_us =
        now + jittered((wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS) * 1000);
    snprintf(role_pool->why, sizeof role_pool->why, "%s", why);
    complain(role_pool, role, why, now);
    /* A connection in use may still be returned. Without any, waiting is pointless. */
    while (role_pool->open == 0 && (w = first_waiting_for(role)) != NULL) {
        pool.stats.waits_refused++;
        answer(w, NULL);
    }
}

static void opening_succeeded(enum db_role role, struct conn *k)
{
    struct role_pool *role_pool = &pool.role_pools[role];

    if (role_pool->failures > 0)
        log_info(NULL, "db.reconnected", log_text("role", db_role_name(role)),
            log_int("failures", role_pool->failures));
    role_pool->failures = 0;
    role_pool->retry_us = 0;
    role_pool->open++;
    pool.stats.connects++;
    k->role = role;
    k->retire_us =
        clock_monotonic_us() + SECONDS(LIFETIME_S) * 4 / 5 + jittered(SECONDS(LIFETIME_S) * 2 / 5);
    hand_on(k);
}

static struct conn *open_one(enum db_role role, char *why, size_t why_size)
{
    struct conn_options o = {
        .url = db_role_url(role),
        .role = db_role_name(role),
        .application = "ashlar",
        .statement_ms = pool.statement_ms,
        .lock_ms = pool_lock_ms(role),
        .idle_ms = POOL_IDLE_IN_TRANSACTION_MS,
        .pipeline = true,
        .by_index = role == DB_SYSTEM,
    };
    return conn_open(&o, clock_monotonic_us() + (int64_t)CONNECT_MS * 1000, why, why_size);
}

/* One attempt, without the lock while it lasts. */
static void open_for(enum db_role role)
{
    char why[WHY_SIZE] = "";
    struct conn *victim = make_room(), *k;

    pool.opening = role;
    pool.stats.open++;
    pthread_mutex_unlock(&pool.lock);
    conn_close(victim);
    k = open_one(role, why, sizeof(why));
    pthread_mutex_lock(&pool.lock);
    pool.opening = DB_ROLES;
    if (k != NULL)
        opening_succeeded(role, k);
    else
        opening_failed(role, why);
}

static struct timespec at_monotonic(int64_t us)
{
    return (struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
}

/* Waits until a connection may be opened: the next retry, or a signal. */
static void await_work(int64_t now)
{
    int64_t next = now + SECONDS(60);

    for (int role = 0; role < DB_ROLES; role++)
        if (pool.role_pools[role].retry_us > now && pool.role_pools[role].retry_us < next)
            next = pool.role_pools[role].retry_us;
    struct timespec until = at_monotonic(next);
    pthread_cond_timedwait(&pool.work, &pool.lock, &until);
}

static void *opener_main(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&pool.lock);
    while (pool.running) {
        int64_t now = clock_monotonic_us();
        enum db_role role = role_to_open(now);
        if (role == DB_ROLES)
            await_work(now);
        else
            open_for(role);
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

/* --- Start and stop --- */

static void monotonic_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

void pool_start(void)
{
    metrics_ask(pool_report);
    pthread_mutex_lock(&pool.lock);
    memset(pool.role_pools, 0, sizeof(pool.role_pools));
    pool.stats = (struct pool_stats){ .cap = (int)setting_int(&ASHLAR_DB_CONNECTIONS) };
    pool.slow_in_use = pool.slow_waiting = 0;
    pool.wait_ms = (int)setting_int(&ASHLAR_DB_WAIT_MS);
    pool.statement_ms = (int)setting_int(&ASHLAR_DB_STATEMENT_MS);
    pool.shared_statement_ms = (int)setting_int(&ASHLAR_DB_SHARED_STATEMENT_MS);
    pool.running = true;
    monotonic_cond(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    if (pthread_create(&pool.opener, NULL, opener_main, NULL) != 0) {
        log_error(NULL, "db.thread_failed", log_text("why", "the pool's thread cannot be started"));
        abort();
    }
}

/* A name lookup can block the opener for a while. The process does not wait for it. */
static void join_opener(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_WAIT_S;
    if (pthread_timedjoin_np(pool.opener, NULL, &until) != 0) {
        log_warn(NULL, "db.opener_left", log_text("why", "still opening a connection"));
        pthread_detach(pool.opener);
    }
}

void pool_stop(void)
{
    struct conn *k;

    pthread_mutex_lock(&pool.lock);
    pool.running = false;
    while (pool.first != NULL)
        answer(pool.first, NULL);
    pthread_cond_signal(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    join_opener();
    pthread_mutex_lock(&pool.lock);
    for (int role = 0; role < DB_ROLES; role++)
        while ((k = take_idle((enum db_role)role)) != NULL) {
            write_off(k);
            conn_close(k);
        }
    pthread_mutex_unlock(&pool.lock);
}

/* --- Take and give --- */

/* Waits in the queue. NULL: rejected, or after the deadline. Called and left with the lock held. */
static struct conn *wait_in_line(enum db_role role, bool slow, int64_t deadline_us)
{
    struct waiter w = { .role = role, .slow = slow, .since_us = clock_monotonic_us() };

    wake_init(&w.wake);
    enqueue(&w);
    pthread_cond_signal(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    wake_wait(&w.wake, deadline_us);
    pthread_mutex_lock(&pool.lock);
    if (w.conn == NULL && !w.refused) {
        dequeue(&w);
        pool.stats.waits_refused++;
    }
    wake_release(&w.wake);
    return w.conn;
}

/* Whether all connections are busy and the queue does not move. Then a new request is rejected
 * immediately instead of after a wait. Slow reads have a separate queue within it. */
static bool line_stands(bool slow)
{
    int64_t most_us = (int64_t)pool.wait_ms * 1000 / STANDING_PART;
    const struct waiter *head = pool.first;

    while (head != NULL && head->slow != slow)
        head = head->next;
    return head != NULL && (pool.stats.open >= pool.stats.cap || !may_have_one(slow)) &&
           clock_monotonic_us() - head->since_us >= most_us;
}

static bool is_long(bool slow)
{
    return slow ? pool.slow_waiting >= slow_most() * LINE_PER_CONNECTION
                : pool.stats.waiting >= pool.stats.cap * LINE_PER_CONNECTION;
}

static bool is_hopeless(enum db_role role, bool slow)
{
    const struct role_pool *role_pool = &pool.role_pools[role];

    return !pool.running || (role_pool->failures > 0 && role_pool->open == 0) || is_long(slow) ||
           line_stands(slow);
}

static struct conn *take_now(enum db_role role, bool slow)
{
    struct conn *k = may_have_one(slow) ? take_idle(role) : NULL;

    return k != NULL ? use(k, slow) : NULL;
}

static struct conn *take(enum db_role role, bool slow, int64_t deadline_us)
{
    struct conn *k;

    for (;;) {
        pthread_mutex_lock(&pool.lock);
        k = take_now(role, slow);
        if (k == NULL && is_hopeless(role, slow))
            pool.stats.waits_refused++;
        else if (k == NULL)
            k = wait_in_line(role, slow, deadline_us);
        pthread_mutex_unlock(&pool.lock);
        if (k == NULL || conn_is_alive(k))
            return k;
        k->lost = true;
        pool_give(k);
    }
}

struct conn *pool_take(enum db_role role, int64_t deadline_us)
{
    return take(role, false, deadline_us);
}

struct conn *pool_take_slow(enum db_role role, int64_t deadline_us)
{
    return take(role, true, deadline_us);
}

static bool is_spent(const struct conn *k)
{
    if (k->lost || PQtransactionStatus(k->pg) == PQTRANS_UNKNOWN)
        return true;
    if (PQtransactionStatus(k->pg) != PQTRANS_IDLE) {
        log_error(NULL, "db.transaction_unfinished",
            log_text("why", "a connection came back with its transaction open; closing it"));
        return true;
    }
    return k->retire_us < clock_monotonic_us();
}

/* Whether the first waiter needs the other role, and the limit allows no further connection. */
static bool must_make_room(const struct conn *k)
{
    const struct waiter *head = next_in_line(pool.first);

    return head != NULL && head->role != k->role && pool.stats.open >= pool.stats.cap &&
           pool.opening != head->role && pool.role_pools[head->role].failures == 0;
}

bool pool_lend(struct conn *k)
{
    bool fits;

    pthread_mutex_lock(&pool.lock);
    fits = (pool.stats.shared + 1) * CAP_PER_SHARED <= pool.stats.cap;
    if (fits) {
        k->shared = true;
        pool.stats.in_use--;
        pool.stats.shared++;
    }
    pthread_mutex_unlock(&pool.lock);
    return fits;
}

void pool_give(struct conn *k)
{
    bool spent = k->shared || is_spent(k);

    pthread_mutex_lock(&pool.lock);
    if (k->shared)
        pool.stats.shared--;
    else
        pool.stats.in_use--;
    pool.slow_in_use -= k->slow;
    k->slow = false;
    if (spent || !pool.running || must_make_room(k)) {
        write_off(k);
    } else {
        hand_on(k);
        k = NULL;
    }
    pthread_mutex_unlock(&pool.lock);
    conn_close(k);
}

void pool_stats(struct pool_stats *out)
{
    pthread_mutex_lock(&pool.lock);
    *out = pool.stats;
    pthread_mutex_unlock(&pool.lock);
}

const char *pool_why_not(struct arena *a, enum db_role role)
{
    const char *why = NULL;

    pthread_mutex_lock(&pool.lock);
    if (pool.role_pools[role].failures > 0)
        why = arena_strdup(a, pool.role_pools[role].why);
    pthread_mutex_unlock(&pool.lock);
    return why;
}

int pool_wait_ms(void)
{
    return pool.wait_ms;
}

int pool_lock_ms(enum db_role role)
{
    return role == DB_OWNER ? OWNER_LOCK_MS : LOCK_MS;
}

int pool_statement_ms(void)
{
    return pool.statement_ms;
}

int pool_shared_statement_ms(void)
{
    return pool.shared_statement_ms < pool.statement_ms ? pool.shared_statement_ms
                                                        : pool.statement_ms;
}
