/* Feature flags: a snapshot per process. */
#include "flags.h"
#include "base/ctx_open.h"
#include "db/tx.h"
#include "flag_sql.h"
#include "runtime/bounds.h"
#include <ashlar/db.h>
#include <ashlar/limits.h>
#include <ashlar/log.h>
#include <ashlar/text.h>
#include <pthread.h>
#include <sodium.h>

enum {
    REFRESH_MS = 3000,
    LEFT_MIN = LIMIT_MIB(16),
    VALUE_SIZE = 4 * 1000 + 1, /* the tables hold values of 1,000 characters */
};

struct rule {
    const char *name;
    int64_t rollout;
    bool killed;
    const char *value; /* NULL: on */
};
static const struct field rule_fields[] = {
    TEXT(rule, name),
    INT(rule, rollout),
    BOOL(rule, killed),
    TEXT(rule, value, .optional = true),
};
static SHAPE(rule);

struct override {
    const char *flag;
    struct uuid subject;
    const char *value;
};
static const struct field override_fields[] = {
    TEXT(override, flag),
    ID(override, subject, ""),
    TEXT(override, value),
};
static SHAPE(override);

struct snapshot {
    struct arena *arena; /* contains all of it, including the snapshot */
    int64_t version;
    const struct rule *rules; /* by name */
    size_t n_rules;
    const struct override *overrides; /* by flag, subject */
    size_t n_overrides;
};

/* A look-up holds it for reading while it searches. It allocates nothing then: at an arena's
 * ceiling the caller would not return. Writers come first, so look-ups cannot keep a new snapshot
 * out. */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
/* Changed by one thread only, which reads it without the lock. */
static struct snapshot *current;

static void publish(struct snapshot *next)
{
    struct snapshot *old;

    pthread_rwlock_wrlock(&lock);
    old = current;
    current = next;
    pthread_rwlock_unlock(&lock);
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

static const char *find_override(const struct snapshot *s, const char *flag, struct uuid subject)
{
    struct override wanted = { .flag = flag, .subject = subject };
    const struct override *found;

    if (s->n_overrides == 0 || uuid_is_nil(subject))
        return NULL;
    found = bsearch(&wanted, s->overrides, s->n_overrides, sizeof *s->overrides, compare_override);
    return found != NULL ? found->value : NULL;
}

static const struct rule *find_rule(const struct snapshot *s, const char *name)
{
    if (s == NULL || s->n_rules == 0)
        return NULL;
    return bsearch(name, s->rules, s->n_rules, sizeof *s->rules, compare_rule);
}

static bool is_rolled_out(const struct rule *rule, struct uuid org, struct uuid person)
{
    struct uuid subject = uuid_is_nil(org) ? person : org;

    if (uuid_is_nil(subject)) /* without a subject the rollout cannot select: on only at the full
                               * share */
        return rule->rollout >= FLAG_BUCKETS;
    return flag_bucket(rule->name, subject) < rule->rollout;
}

bool flag_may_have(const struct flag *f, const char *value)
{
    int64_t number;

    switch (f->type) {
    case FLAG_BOOL:
        return text_is_one_of("true|false", value, strlen(value));
    case FLAG_INT:
        return text_to_int(value, &number) &&
               ((f->min == 0 && f->max == 0) || (number >= f->min && number <= f->max));
    case FLAG_TEXT:
        break;
    }
    return f->one_of == NULL || text_is_one_of(f->one_of, value, strlen(value));
}

/* The stored value, in the snapshot's memory. NULL: the default applies. */
static const char *decide(const struct snapshot *s, struct uuid org, struct uuid person,
    const struct flag *f, const char **reason)
{
    const struct rule *rule = find_rule(s, f->name);
    const char *off = f->type == FLAG_BOOL ? "false" : NULL, *value;

    *reason = "default";
    if (rule == NULL)
        return NULL;
    *reason = "killed";
    if (rule->killed)
        return off;
    *reason = "target";
    value = find_override(s, f->name, org);
    if (value == NULL)
        value = find_override(s, f->name, person);
    if (value != NULL)
        return value;
    *reason = "rollout";
    if (is_rolled_out(rule, org, person))
        return rule->value != NULL || f->type != FLAG_BOOL ? rule->value : "true";
    *reason = "outside";
    return off;
}

/* A stored value that flag_set would reject is ignored, and the default applies. */
const char *flag_value(
    struct arena *a, const struct flag *f, struct uuid org, struct uuid person, const char **reason)
{
    char copy[VALUE_SIZE];
    const char *value;
    bool is_given;

    pthread_rwlock_rdlock(&lock);
    value = decide(current, org, person, f, reason);
    is_given = value != NULL && flag_may_have(f, value) && strlen(value) < sizeof copy;
    if (is_given)
        memcpy(copy, value, strlen(value) + 1);
    pthread_rwlock_unlock(&lock);
    return is_given ? arena_strdup(a, copy) : NULL;
}

bool flag_bool(const struct ctx *c, const struct flag *f)
{
    const char *reason, *value;
    bool answer;

    pthread_rwlock_rdlock(&lock);
    value = decide(current, c->org, c->actor.person, f, &reason);
    answer = value != NULL ? text_equal(value, "true") : f->fallback;
    pthread_rwlock_unlock(&lock);
    return answer;
}

const char *flag_text(const struct ctx *c, const struct flag *f)
{
    const char *reason, *value = flag_value(c->arena, f, c->org, c->actor.person, &reason);

    return value != NULL ? value : f->fallback_text;
}

int64_t flag_int(const struct ctx *c, const struct flag *f)
{
    const char *reason, *value;
    int64_t answer = f->fallback_int;

    pthread_rwlock_rdlock(&lock);
    value = decide(current, c->org, c->actor.person, f, &reason);
    if (value != NULL && flag_may_have(f, value))
        (void)!text_to_int(value, &answer);
    pthread_rwlock_unlock(&lock);
    return answer;
}

struct refresh {
    struct snapshot *next;
    int64_t have; /* version of the current snapshot; 0: none */
    bool changed;
};

/* Rows of one query, linked to the previous ones. */
struct page {
    const struct override *rows;
    size_t n;
    const struct page *before;
};

static const struct override *join(struct arena *a, const struct page *last, size_t n)
{
    struct override *all = arena_array(a, n, sizeof *all), *at = all + n;

    for (; last != NULL; last = last->before) {
        at -= last->n;
        memcpy(at, last->rows, last->n * sizeof *at);
    }
    return all;
}

/* The order decides which targets apply, not the time of loading, so that all processes evaluate
 * flags in the same way. */
static void log_too_many(struct ctx *c, const struct override *last, size_t n)
{
    metric_add(&METRIC_BOUND_REFUSED, "targets", 1);
    log_error(c, "flags.target_limit_exceeded", log_int("counted", (int64_t)n),
        log_text("last_flag", last->flag),
        log_text("then", "later targets of this flag and targets of alphabetically later flags "
                         "are ignored. Rollouts and kill switches apply"),
        log_text("repair", "remove targets: use a rollout, or a plan's entitlement"));
}

static bool has_room(const struct ctx *c, size_t n)
{
    return n < LIMIT_ALL_TARGETS && arena_left(c->arena) > LEFT_MIN;
}

/* The rows after the first `n`. `*more`: further ones exist. */
static err load_page(
    struct ctx *c, const struct page *before, size_t n, struct page **out, bool *more)
{
    const struct override *last = before != NULL ? &before->rows[before->n - 1] : NULL;
    struct page *page = arena_alloc(c->arena, sizeof *page);

    TRY(db_list(c, &SQL_flag_overrides, override, &page->rows, &page->n,
        ARGS(ARG(last != NULL ? last->flag : NULL), ARG(last != NULL ? last->subject : UUID_NIL))));
    *more = page->n == LIMIT_LIST_ROWS;
    if (*more && !has_room(c, n + page->n)) {
        log_too_many(c, &page->rows[page->n - 1], n + page->n);
        *more = false;
    }
    page->before = before;
    *out = page;
    return NULL;
}

static err load_overrides(struct ctx *c, struct snapshot *s)
{
    struct page *last = NULL;
    size_t n = 0;

    for (bool more = true; more; n += last->n)
        TRY(load_page(c, last, n, &last, &more));
    s->overrides = join(c->arena, last, n);
    s->n_overrides = n;
    metric_set(&METRIC_BOUND_USED, "targets", (int64_t)n);
    metric_set(&METRIC_BOUND_LIMIT, "targets", LIMIT_ALL_TARGETS);
    return NULL;
}

static err load(struct ctx *c, void *arg)
{
    struct refresh *r = arg;

    TRY(db_int(c, &SQL_flag_version, &r->next->version, NO_ARGS));
    r->changed = r->next->version != r->have;
    if (!r->changed)
        return NULL;
    TRY(db_list(c, &SQL_flag_rules, rule, &r->next->rules, &r->next->n_rules, NO_ARGS));
    return load_overrides(c, r->next);
}

err flags_refresh(void)
{
    const struct snapshot *old = current;
    struct arena *a = arena_new(0);
    struct refresh r = { .have = old != NULL ? old->version : 0 };
    struct ctx c;
    err e;

    ctx_open_system(&c, a, "flags.refresh", REFRESH_MS);
    r.next = arena_alloc(a, sizeof *r.next);
    r.next->arena = a;
    e = tx_run_as(&c, DB_SYSTEM, TX_READ, load, &r);
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
