/* Job kinds that this process can run, by name. */
#include "job_kinds.h"
#include "module/registry.h"
#include <ashlar/id.h>
#include <ashlar/text.h>

#define WHILE_HELD ",\"while_held\":true"

enum { DEFAULT_ATTEMPTS = 20, DEFAULT_TIMEOUT_S = 60 };

static const struct job_kind *find_job(const struct module *m, const char *name)
{
    for (const struct job_kind *const *k = m->jobs; k != NULL && *k != NULL; k++) {
        if (text_equal((*k)->name, name))
            return *k;
    }
    return NULL;
}

static const struct job_worker *find_worker(const struct module *m, const struct job_kind *k)
{
    for (const struct job_worker *w = m->workers; w != NULL && w->job != NULL; w++) {
        if (w->job == k)
            return w;
    }
    return NULL;
}

static const struct subscription *find_consumer(const struct module *m, const char *consumer)
{
    const struct subscription *s = m->subscriptions;

    for (; s != NULL && s->consumer != NULL; s++) {
        if (text_equal(s->consumer, consumer))
            return s;
    }
    return NULL;
}

static bool find(const char *name, struct runnable *out)
{
    bool is_delivery = text_starts_with(name, DELIVERY_PREFIX);
    struct runnable found = { 0 };

    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        if (is_delivery)
            found.delivery = find_consumer(*m, name + strlen(DELIVERY_PREFIX));
        else
            found.job = find_job(*m, name);
        if (found.job != NULL)
            found.worker = find_worker(*m, found.job);
        if (found.job != NULL || found.delivery != NULL) {
            *out = found;
            return true;
        }
    }
    return false;
}

bool job_kinds_find(const char *name, struct runnable *out)
{
    bool is_death = text_starts_with(name, DEATH_PREFIX);

    if (!find(is_death ? name + strlen(DEATH_PREFIX) : name, out))
        return false;
    out->is_death = is_death;
    return !is_death || runnable_has_on_dead(out);
}

bool runnable_has_on_dead(const struct runnable *r)
{
    if (r->delivery != NULL)
        return r->delivery->on_dead != NULL;
    return r->worker != NULL && r->worker->on_dead != NULL;
}

const struct event_kind *job_kinds_event(const char *name)
{
    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        for (const struct event_kind *const *e = (*m)->events; e != NULL && *e != NULL; e++) {
            if (text_equal((*e)->name, name))
                return *e;
        }
    }
    return NULL;
}

static void check_event(struct buf *problems, const struct event_kind *e)
{
    if (job_kinds_event(e->name) != e)
        buf_printf(problems, "event %s: two modules publish one of this name\n", e->name);
    if (e->public && shape_has_secrets(e->payload))
        buf_printf(problems, "event %s: it is public, so no field may be secret\n", e->name);
    if (e->public && (e->doc == NULL || e->version < 1))
        buf_printf(problems, "event %s: it is public and needs doc and version\n", e->name);
}

static void check_job(struct buf *problems, const struct module *m, const struct job_kind *k)
{
    struct runnable r;

    if (!job_kinds_find(k->name, &r) || r.job != k)
        buf_printf(problems, "job %s: two kinds have this name\n", k->name);
    if (find_worker(m, k) == NULL)
        buf_printf(problems,
            "job %s: it has no worker: add { RUNS(…, …) } to .workers of the module %s\n", k->name,
            m->name);
}

static bool lists_job(const struct module *m, const struct job_kind *kind)
{
    for (const struct job_kind *const *k = m->jobs; k != NULL && *k != NULL; k++) {
        if (*k == kind)
            return true;
    }
    return false;
}

static void check_worker(struct buf *problems, const struct module *m, const struct job_worker *w)
{
    const char *job = w->job->name;

    if (!lists_job(m, w->job))
        buf_printf(problems,
            "job %s: it has a worker in the module %s, whose .jobs does not list it\n", job,
            m->name);
    if (find_worker(m, w->job) != w)
        buf_printf(problems, "job %s: it has two workers in the module %s\n", job, m->name);
    if (w->handler == NULL)
        buf_printf(problems,
            "job %s: its row in .workers of the module %s names no function: use RUNS\n", job,
            m->name);
    if (w->on_dead_job != NULL && w->on_dead_job != w->job)
        buf_printf(problems,
            "job %s: the ON_DEAD of its row in .workers of the module %s is of %s\n", job, m->name,
            w->on_dead_job->name);
}

static void check_consumer(struct buf *problems, const struct subscription *s)
{
    const struct subscription *first = NULL;

    for (const struct module *const *m = registry_modules(); *m != NULL && first == NULL; m++)
        first = find_consumer(*m, s->consumer);
    if (first != s)
        buf_printf(problems, "consumer %s: two subscriptions have this name\n", s->consumer);
}

void job_kinds_check(struct buf *problems)
{
    const struct subscription *s;

    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        for (const struct event_kind *const *e = (*m)->events; e != NULL && *e != NULL; e++)
            check_event(problems, *e);
        for (const struct job_kind *const *k = (*m)->jobs; k != NULL && *k != NULL; k++)
            check_job(problems, *m, *k);
        for (const struct job_worker *w = (*m)->workers; w != NULL && w->job != NULL; w++)
            check_worker(problems, *m, w);
        for (s = (*m)->subscriptions; s != NULL && s->consumer != NULL; s++)
            check_consumer(problems, s);
    }
}

static bool job_kind_calls_others(const struct job_kind *k)
{
    return k->tx == TX_DEFAULT || k->tx == TX_MANUAL;
}

enum tx_kind runnable_tx(const struct runnable *r)
{
    if (r->delivery != NULL || r->is_death)
        return TX_WRITE;
    return r->job->tx == TX_DEFAULT ? TX_MANUAL : r->job->tx;
}

bool job_kinds_calls_others(const char *name)
{
    struct runnable r;

    return job_kinds_find(name, &r) && !r.is_death && r.job != NULL && job_kind_calls_others(r.job);
}

bool runnable_is_system(const struct runnable *r)
{
    return r->delivery != NULL ? r->delivery->system : r->job->system;
}

int runnable_timeout_s(const struct runnable *r)
{
    return r->job != NULL && !r->is_death && r->job->timeout_s > 0 ? r->job->timeout_s
                                                                   : DEFAULT_TIMEOUT_S;
}

int job_kind_max_attempts(const struct job_kind *k)
{
    return k->max_attempts > 0 ? k->max_attempts : DEFAULT_ATTEMPTS;
}

/* Starts an element of a JSON array of objects, with its member "kind". */
static void begin_kind(struct buf *out, const char *before, const char *prefix, const char *name)
{
    buf_text(out, out->size > 1 ? ",{\"kind\":\"" : "{\"kind\":\"");
    buf_text(out, before);
    buf_text(out, prefix); /* kinds and consumers are identifiers with dots: no character needs an
                            * escape */
    buf_text(out, name);
    buf_char(out, '"');
}

static void add_kind(struct buf *out, const char *prefix, const char *name)
{
    begin_kind(out, "", prefix, name);
}

static void end_claimable(struct buf *out, bool while_held)
{
    if (while_held)
        buf_text(out, WHILE_HELD);
    buf_char(out, '}');
}

static void add_death(struct buf *out, const char *prefix, const char *name, bool while_held)
{
    begin_kind(out, DEATH_PREFIX, prefix, name);
    end_claimable(out, while_held);
}

static void claimable_jobs(struct buf *out, const struct module *m, bool calls_others)
{
    for (const struct job_kind *const *k = m->jobs; k != NULL && *k != NULL; k++) {
        const struct job_worker *w = find_worker(m, *k);
        if (w != NULL && w->on_dead != NULL)
            add_death(out, "", (*k)->name, (*k)->while_held);
        if (!calls_others && job_kind_calls_others(*k))
            continue;
        add_kind(out, "", (*k)->name);
        if ((*k)->concurrency > 0)
            buf_printf(out, ",\"most\":%d", (*k)->concurrency);
        end_claimable(out, (*k)->while_held);
    }
}

static void claimable(struct buf *out, bool calls_others)
{
    const struct subscription *s;

    buf_char(out, '[');
    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        claimable_jobs(out, *m, calls_others);
        for (s = (*m)->subscriptions; s != NULL && s->consumer != NULL; s++) {
            add_kind(out, DELIVERY_PREFIX, s->consumer);
            end_claimable(out, s->while_held);
            if (s->on_dead != NULL)
                add_death(out, DELIVERY_PREFIX, s->consumer, s->while_held);
        }
    }
    buf_char(out, ']');
}

void job_kinds_claimable(struct buf *out)
{
    claimable(out, true);
}

void job_kinds_claimable_quick(struct buf *out)
{
    claimable(out, false);
}

static void add_id(struct buf *out)
{
    char id[UUID_TEXT_SIZE + 1];

    uuid_format(uuid_new(), id);
    buf_printf(out, ",\"id\":\"%s\"", id);
}

static void scheduled_job(struct buf *out, const struct job_kind *k)
{
    add_kind(out, "", k->name);
    add_id(out);
    buf_printf(out, ",\"every_s\":%d,\"priority\":%d,\"max_attempts\":%d,\"queue\":\"%s\"}",
        k->every_s, k->priority, job_kind_max_attempts(k), k->queue ? k->queue : "default");
}

void job_kinds_scheduled(struct buf *out)
{
    buf_char(out, '[');
    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        for (const struct job_kind *const *k = (*m)->jobs; k != NULL && *k != NULL; k++) {
            if ((*k)->every_s > 0)
                scheduled_job(out, *k);
        }
    }
    buf_char(out, ']');
}

static void add_delivery(struct buf *out, const struct subscription *s)
{
    add_kind(out, DELIVERY_PREFIX, s->consumer);
    add_id(out);
    buf_char(out, '}');
}

static bool hears(const struct subscription *s, const struct event_kind *event)
{
    return s->event != NULL ? text_equal(s->event->name, event->name) : event->public;
}

int job_kinds_deliveries(struct buf *out, const struct event_kind *event)
{
    const struct subscription *s;
    int n = 0;

    buf_char(out, '[');
    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        for (s = (*m)->subscriptions; s != NULL && s->consumer != NULL; s++) {
            if (hears(s, event)) {
                add_delivery(out, s);
                n++;
            }
        }
    }
    buf_char(out, ']');
    return n;
}
