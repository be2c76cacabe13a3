/* Feature flags: a snapshot per process, read without locks. Knows no flag. */
#include "flags.h"
#include "base/ctx_open.h"
#include "db/unit.h"
#include "flag_sql.h"
#include <ashlar/db.h>
#include <ashlar/log.h>
#include <sched.h>
#include <sodium.h>
#include <stdatomic.h>

enum { OVERRIDE_PAGES_MAX = 100, REFRESH_MS = 3000 };

struct rule {
    const char *name;
    int64_t rollout;
};
static const struct field rule_fields[] = {
    TEXT(rule, name),
    INT(rule, rollout),
};
static SHAPE(rule);

struct override {
    const char *flag;
    struct uuid subject;
    bool answer;
};
static const struct field override_fields[] = {
    TEXT(override, flag),
    ID(override, subject, ""),
    BOOL(override, answer),
};
static SHAPE(override);

struct snapshot {
    struct arena *arena; /* holds all of it, the snapshot included */
    int64_t version;
    const struct rule *rules; /* by name */
    size_t n_rules;
    const struct override *overrides; /* by flag, subject */
    size_t n_overrides;
};

/*
 * Readers announce themselves in the counter of the present epoch. After a swap the writer raises
 * the epoch and frees the old snapshot once the old epoch's counter is 0: whoever came later
 * announced in the other counter and has seen the new pointer. All operations are sequentially
 * consistent, which the argument needs.
 */
static _Atomic(struct snapshot *) current;
static atomic_uint epoch;
static atomic_int readers[2];

static unsigned reader_enter(void)
{
    for (;;) {
        unsigned at = atomic_load(&epoch);
        atomic_fetch_add(&readers[at & 1], 1);
        if (atomic_load(&epoch) == at)
            return at & 1;
        atomic_fetch_sub(&readers[at & 1], 1);
    }
}

static void reader_leave(unsigned side)
{
    atomic_fetch_sub(&readers[side], 1);
}

/* A reader holds its side for a microsecond or, when it lost its core, for a time slice. */
static void publish(struct snapshot *next)
{
    struct snapshot *old = atomic_exchange(&current, next);
    unsigned side = atomic_fetch_add(&epoch, 1) & 1;

    while (atomic_load(&readers[side]) != 0)
        sched_yield();
    if (old != NULL)
        arena_free(old->arena);
}

int flag_bucket(const char *flag, struct uuid subject)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES + 1] = "ashlar.flag.2026";
    unsigned char text[128 + sizeof subject.b], hash[crypto_shorthash_BYTES];
    size_t size = strnlen(flag, 127);
    uint64_t number = 0;

    memcpy(text, flag, size);
    text[size++] = ':';
    memcpy(text + size, subject.b, sizeof subject.b);
    crypto_shorthash(hash, text, size + sizeof subject.b, key);
    for (int i = crypto_shorthash_BYTES - 1; i >= 0; i--)
        number = number << 8 | hash[i];
    return (int)(number % FLAG_BUCKETS);
}

static int compare_rule(const void *name, const void *rule)
{
    return strcmp(name, ((const struct rule *)rule)->name);
}

static int compare_override(const void *a, const void *b)
{
    const struct override *x = a, *y = b;
    int order = strcmp(x->flag, y->flag);

    return order != 0 ? order : memcmp(x->subject.b, y->subject.b, sizeof x->subject.b);
}

static bool find_override(
    const struct snapshot *s, const char *flag, struct uuid subject, bool *answer)
{
    struct override wanted = { .flag = flag, .subject = subject };
    const struct override *found;

    if (s->n_overrides == 0 || uuid_is_nil(subject))
        return false;
    found = bsearch(&wanted, s->overrides, s->n_overrides, sizeof *s->overrides, compare_override);
    if (found != NULL)
        *answer = found->answer;
    return found != NULL;
}

static bool decide(const struct snapshot *s, const struct ctx *c, const struct flag *f)
{
    const struct rule *rule;
    struct uuid subject = uuid_is_nil(c->org) ? c->actor.person : c->org;
    bool answer;

    rule = s->n_rules == 0 ? NULL
                           : bsearch(f->name, s->rules, s->n_rules, sizeof *s->rules, compare_rule);
    if (rule == NULL)
        return f->fallback;
    if (find_override(s, f->name, c->org, &answer) ||
        find_override(s, f->name, c->actor.person, &answer))
        return answer;
    if (uuid_is_nil(subject)) /* nobody to be sticky to: only when it is on for everybody */
        return rule->rollout >= FLAG_BUCKETS;
    return flag_bucket(f->name, subject) < rule->rollout;
}

bool flag_bool(const struct ctx *c, const struct flag *f)
{
    unsigned side = reader_enter();
    const struct snapshot *s = atomic_load(&current);
    bool answer = s != NULL ? decide(s, c, f) : f->fallback;

    reader_leave(side);
    return answer;
}

struct refresh {
    struct snapshot *next;
    int64_t have; /* version of the present snapshot; 0: none */
    bool changed;
};

static err load_overrides(struct ctx *c, struct snapshot *s)
{
    struct override *all = NULL;
    const void *rows;
    size_t n = 0, page;

    for (int i = 0; i < OVERRIDE_PAGES_MAX; i++) {
        TRY(db_list(c, &SQL_flag_overrides, &override_shape, &rows, &page,
            ARGS(ARG(n > 0 ? all[n - 1].flag : NULL), ARG(n > 0 ? all[n - 1].subject : UUID_NIL))));
        struct override *more = arena_array(c->arena, n + page, sizeof *more);
        if (n > 0)
            memcpy(more, all, n * sizeof *more);
        if (page > 0)
            memcpy(more + n, rows, page * sizeof *more);
        all = more;
        n += page;
        if (page < 1000)
            break;
    }
    s->overrides = all;
    s->n_overrides = n;
    return NULL;
}

static err load(struct ctx *c, void *arg)
{
    struct refresh *r = arg;
    const void *rules;

    TRY(db_int(c, &SQL_flag_version, &r->next->version, NO_ARGS));
    r->changed = r->next->version != r->have;
    if (!r->changed)
        return NULL;
    TRY(db_list(c, &SQL_flag_rules, &rule_shape, &rules, &r->next->n_rules, NO_ARGS));
    r->next->rules = rules;
    return load_overrides(c, r->next);
}

err flags_refresh(void)
{
    struct snapshot *old = atomic_load(&current);
    struct arena *a = arena_new(0);
    struct refresh r = { .have = old != NULL ? old->version : 0 };
    struct ctx c;
    err e;

    ctx_open(&c, a, "flags.refresh");
    c.actor.kind = ACTOR_SYSTEM;
    c.deadline_us = clock_monotonic_us() + REFRESH_MS * 1000;
    r.next = arena_alloc(a, sizeof *r.next);
    r.next->arena = a;
    e = unit_run(&c, DB_SYSTEM, TX_READ, load, &r);
    if (e != NULL || !r.changed) {
        arena_free(a);
        return e;
    }
    log_info(&c, "flags.changed", log_int("version", r.next->version),
        log_int("flags", (int64_t)r.next->n_rules),
        log_int("overrides", (int64_t)r.next->n_overrides));
    publish(r.next);
    return NULL;
}

void flags_release(void)
{
    publish(NULL);
}
