/* Time, background work, mail, events and races, as tests see them. */
#include "kit.h"
#include "base/ctx_open.h"
#include "db/tx.h"
#include "jobs/jobs.h"
#include <pthread.h>

void advance(struct t *t, int64_t us)
{
    (void)t;
    clock_fake(instant_add(clock_now(), us));
}

int drain_jobs(struct t *t)
{
    int ran = jobs_drain();
    const char *dead = sql_text(t,
        "SELECT kind || ': ' || coalesce(last_error, '?') FROM platform.job WHERE state = 'dead'");

    if (dead)
        kit_fail(t, __FILE__, __LINE__, "a job ended dead: %s", dead);
    return ran;
}

/* Which events the test has heard of already, kept beside them. */
static void prepare_seen(struct t *t)
{
    sql_run(t, "CREATE SCHEMA IF NOT EXISTS testkit; "
               "CREATE TABLE IF NOT EXISTS testkit.seen (id uuid PRIMARY KEY)");
}

void kit_forget_events(struct t *t)
{
    prepare_seen(t);
    sql_run(t, "INSERT INTO testkit.seen SELECT id FROM platform.event ON CONFLICT DO NOTHING");
}

void testkit_expect_event(struct t *t, const char *file, int line, const char *name, bool published)
{
    int64_t fresh;

    prepare_seen(t);
    fresh = sql_int(t,
        "WITH heard AS (INSERT INTO testkit.seen SELECT id FROM platform.event WHERE name = '%s' "
        "ON CONFLICT DO NOTHING RETURNING id) SELECT count(*) FROM heard",
        name);
    if (fresh > 0 && !published)
        kit_fail(t, file, line, "%s: unexpectedly published %s", t->sent, name);
    if (fresh == 0 && published)
        kit_fail(t, file, line, "%s: did not publish %s", t->sent, name);
}

struct ctx *make_ctx(struct t *t, const struct person *person, const struct org *org)
{
    struct ctx *c = arena_alloc(t->arena, sizeof *c);

    ctx_open(c, t->arena, "test");
    c->actor.kind = person ? ACTOR_PERSON : ACTOR_SYSTEM;
    if (person) {
        c->actor.person = person->id;
        c->actor.email = person->email;
        c->actor.signed_in_at = c->actor.reauthenticated_at = clock_now();
        c->actor.factors = "password";
    }
    if (org)
        c->org = org->id;
    tx_set_role(c, person ? DB_APP : DB_SYSTEM);
    return c;
}

void run_sweep(struct t *t, const JOB(nothing) * sweep)
{
    static const struct nothing none;

    expect_ok(table_sweeper_.run(make_ctx(t, NULL, NULL), &sweep->kind, &none));
}

/* --- Races --- */

struct racer {
    struct t t;
    struct jar jar;
    int i;
    void (*fn)(struct t *one, int i, void *arg);
    void *arg;
    pthread_barrier_t *start;
    pthread_t thread;
};

static void *race(void *arg)
{
    struct racer *r = arg;

    pthread_barrier_wait(r->start);
    r->fn(&r->t, r->i, r->arg);
    return NULL;
}

static void prepare_racer(struct t *t, struct racer *r, int i)
{
    r->t = (struct t){ .arena = arena_new(0),
        .database_url = t->database_url,
        .actor = t->actor,
        .jar = &r->jar,
        .org = t->org,
        .address = t->address,
        .sent = t->sent,
        .remembers = true };
    r->jar = *t->jar;
    r->i = i;
}

void run_parallel(struct t *t, int n, void (*fn)(struct t *one, int i, void *arg), void *arg)
{
    struct racer *racers = arena_array(t->arena, (size_t)n, sizeof *racers);
    pthread_barrier_t start;
    const char *failure = NULL;

    assert_in_range(n, 1, KIT_PARALLEL_MAX);
    pthread_barrier_init(&start, NULL, (unsigned)n);
    for (int i = 0; i < n; i++) {
        prepare_racer(t, &racers[i], i);
        racers[i].fn = fn;
        racers[i].arg = arg;
        racers[i].start = &start;
        if (pthread_create(&racers[i].thread, NULL, race, &racers[i]) != 0)
            abort();
    }
    for (int i = 0; i < n; i++) {
        pthread_join(racers[i].thread, NULL);
        if (failure == NULL && racers[i].t.failure)
            failure = arena_strdup(t->arena, racers[i].t.failure);
        kit_close_sql(&racers[i].t);
        json_decref(racers[i].t.json);
        arena_free(racers[i].t.arena);
    }
    pthread_barrier_destroy(&start);
    if (failure)
        kit_fail(t, __FILE__, __LINE__, "in parallel: %s", failure);
}
