/* Sweeping of the modules' tables, and the check of their declarations. */
#include "table.h"
#include "module/registry.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <ashlar/module.h>
#include <ashlar/text.h>

enum { TURN_MS = 1000, ALL_TURNS_MS = 15000, TURNS_MAX = 64 };

/* One table's sweep, over all its turns. */
struct sweep {
    const struct module *module;
    const struct table *table;
    int64_t gone, all;
    bool more;
    err failed;
};

/* --- Bites --- */

static err bite(struct ctx *c, void *arg)
{
    struct sweep *s = arg;

    return s->table->bite(c, SWEEP_BITE, &s->gone);
}

static void take_turn(struct ctx *c, struct sweep *s)
{
    int64_t until_us = clock_monotonic_us() + (int64_t)TURN_MS * 1000;

    do {
        s->gone = 0;
        s->failed = tx_run(c, bite, s);
        s->more = s->failed == NULL && s->gone >= SWEEP_BITE;
        s->all += s->failed == NULL ? s->gone : 0;
    } while (s->more && clock_monotonic_us() < until_us);
}

static size_t list_sweeps(const struct job_kind *kind, struct sweep *out)
{
    size_t n = 0;

    for (const struct module *const *m = registry_modules(); *m != NULL; m++)
        for (const struct table *t = (*m)->tables; t != NULL && t->name != NULL; t++)
            if (t->bite != NULL && t->by == kind && n < TURNS_MAX)
                out[n++] = (struct sweep){ .module = *m, .table = t, .more = true };
    return n;
}

/* True: some table has more rows. */
static bool take_turns(struct ctx *c, struct sweep *sweeps, size_t n)
{
    bool more = false;

    for (size_t i = 0; i < n; i++) {
        if (sweeps[i].more)
            take_turn(c, &sweeps[i]);
        more = more || sweeps[i].more;
    }
    return more;
}

static err sweep_on(struct ctx *c, void *kind)
{
    static const struct nothing none;

    return job_enqueue_(c, kind, &none, &(const struct job_options){ .dedupe_key = NULL });
}

static err report(struct ctx *c, const struct sweep *sweeps, size_t n)
{
    err failed = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct sweep *s = &sweeps[i];
        const char *name = arena_printf(c->arena, "%s.%s", s->module->name, s->table->name);
        if (s->all > 0)
            log_info(c, "table.rows_deleted", log_text("table", name), log_int("rows", s->all));
        if (s->failed != NULL)
            log_warn(
                c, "table.sweep_failed", log_text("table", name), log_text("why", s->failed->code));
        failed = failed != NULL ? failed : s->failed;
    }
    return failed;
}

static err sweep_all(struct ctx *c, const struct job_kind *kind, const void *payload)
{
    int64_t until_us = clock_monotonic_us() + (int64_t)ALL_TURNS_MS * 1000;
    struct sweep *sweeps = arena_array(c->arena, TURNS_MAX, sizeof *sweeps);
    size_t n = list_sweeps(kind, sweeps);
    bool more = true;

    (void)payload;
    while (more && clock_monotonic_us() < until_us)
        more = take_turns(c, sweeps, n);
    if (more)
        TRY(tx_run(c, sweep_on, (void *)(uintptr_t)kind));
    return report(c, sweeps, n);
}

const struct job_handler table_sweeper_ = { sweep_all };

/* --- Checking --- */

static bool is_swept(const struct module *m, const char *name)
{
    for (const struct table *t = m->tables; t->name != NULL; t++)
        if (text_equal(t->name, name))
            return t->bite != NULL;
    return false;
}

static bool has_sweeper(const struct module *m, const struct job_kind *kind)
{
    for (const struct job_worker *w = m->workers; w != NULL && w->job != NULL; w++)
        if (w->job == kind)
            return w->handler == &table_sweeper_ && kind->every_s > 0 && kind->system;
    return false;
}

static const char *what_is_wrong(const struct module *m, const struct table *t)
{
    if ((t->kept != NULL) == (t->swept != NULL))
        return "it must be either kept or swept";
    if (t->kept != NULL)
        return t->bite != NULL || t->with != NULL || t->by != NULL
                   ? "it is kept and must not be swept"
                   : NULL;
    if ((t->bite != NULL) == (t->with != NULL))
        return "it is swept by a bite, or with another table";
    if (t->with != NULL && !is_swept(m, t->with))
        return "the table it goes with is not swept";
    if (t->bite != NULL && !has_sweeper(m, t->by))
        return "no scheduled system job of the module sweeps it";
    return NULL;
}

static void check_module(const struct module *m, struct buf *problems)
{
    for (const struct table *t = m->tables; t != NULL && t->name != NULL; t++) {
        const char *wrong = what_is_wrong(m, t);
        for (const struct table *o = m->tables; wrong == NULL && o < t; o++)
            if (text_equal(o->name, t->name))
                wrong = "the name is used twice";
        if (wrong != NULL)
            buf_printf(problems, "%s: table %s: %s.\n", m->name, t->name, wrong);
    }
}

void tables_check(struct buf *problems)
{
    for (const struct module *const *m = registry_modules(); *m != NULL; m++)
        check_module(*m, problems);
}
