/* The six built-in alerts: readings, and which process sends them. */
#include "alerts.h"
#include "alert_sql.h"
#include "base/ctx_open.h"
#include "config/platform_settings.h"
#include "db/tx.h"
#include "jobs/job_kinds.h"
#include "metrics/metrics_start.h"
#include "module/registry.h"
#include <ashlar/log.h>
#include <sys/statvfs.h>

enum {
    READ_MS = 3000,
    WINDOW_S = 300,
    LEAST_REQUESTS = 20,
    MARGIN_PERCENT = 5,
    KINDS_MAX = 256 * 1024
};

static const char *const names[ALERTS] = { "errors", "queue", "claims", "callbacks", "database",
    "disk" };

const struct metric METRIC_ALERTS = {
    .name = "ashlar_alert_firing",
    .help = "Built-in alerts that are firing in this process.",
    .kind = METRIC_GAUGE,
    .label = "alert",
    .values = "errors|queue|claims|callbacks|database|disk",
};

const struct metric METRIC_JOBS_UNCLAIMED_S = {
    .name = "ashlar_jobs_unclaimed_seconds",
    .help = "Time for which jobs have been due without a claim.",
    .kind = METRIC_GAUGE,
};

static struct alert_rule rule_of(enum alert_name which)
{
    struct alert_rule rule = {
        .name = names[which], .bad_for_us = SECONDS(30), .good_for_us = SECONDS(60)
    };

    switch (which) {
    case ALERT_ERRORS: /* the value is a share of five minutes */
        rule.high = setting_int(&ASHLAR_ALERT_ERRORS_PERCENT);
        rule.low = rule.high / 2;
        rule.bad_for_us = 0;
        rule.good_for_us = SECONDS(WINDOW_S);
        break;
    case ALERT_QUEUE:
        rule.high = setting_int(&ASHLAR_ALERT_QUEUE_S);
        rule.low = rule.high / 2;
        break;
    case ALERT_CLAIMS: /* the value is the duration without a claim */
        rule.high = setting_int(&ASHLAR_ALERT_CLAIMS_S);
        rule.low = rule.high / 2;
        rule.bad_for_us = 0;
        break;
    case ALERT_CALLBACKS:
        rule.high = setting_int(&ASHLAR_ALERT_CALLBACKS_S);
        rule.low = rule.high / 2;
        break;
    case ALERT_DATABASE: /* the value is the duration of the outage */
        rule.high = setting_int(&ASHLAR_ALERT_DATABASE_S);
        rule.bad_for_us = 0;
        rule.good_for_us = SECONDS(30);
        break;
    case ALERT_DISK:
        rule.high = setting_int(&ASHLAR_ALERT_DISK_PERCENT);
        rule.low = rule.high - MARGIN_PERCENT;
        break;
    case ALERTS:
        break;
    }
    return rule;
}

void alerts_init(struct alerts *a, const char *instance, int64_t now_us)
{
    *a = (struct alerts){ .reached_at_us = now_us };
    snprintf(a->instance, sizeof a->instance, "%s", instance);
    for (int i = 0; i < ALERTS; i++)
        a->rules[i] = rule_of((enum alert_name)i);
}

/* --- Readings --- */

static err in_unit(tx_fn *fn, void *arg, enum tx_kind kind)
{
    struct arena *a = arena_new(0);
    struct ctx c;
    err e;

    ctx_open_system(&c, a, "alerts", READ_MS);
    e = tx_run_as(&c, DB_SYSTEM, kind, fn, arg);
    arena_free(a);
    return e;
}

static err read_queue(struct ctx *c, void *value)
{
    return db_int(c, &SQL_queue_lag, value, NO_ARGS);
}

static err read_claims(struct ctx *c, void *value)
{
    struct buf kinds;

    buf_init(&kinds, c->arena, KINDS_MAX);
    job_kinds_claimable(&kinds);
    return db_int(
        c, &SQL_claim_lag, value, ARGS(ARG(setting_int(&ASHLAR_JOBS_PER_ORG)), ARG(kinds.data)));
}

static err reach(struct ctx *c, void *value)
{
    return db_int(c, &SQL_reach_database, value, NO_ARGS);
}

/* The longest overdue callback of a provider in any module. */
static err read_callbacks(struct ctx *c, void *arg)
{
    int64_t *longest = arg, waited;

    *longest = 0;
    for (const struct module *const *m = registry_modules(); *m; m++) {
        if ((*m)->callback_overdue == NULL)
            continue;
        TRY(db_int(c, (*m)->callback_overdue, &waited, NO_ARGS));
        *longest = waited > *longest ? waited : *longest;
    }
    return NULL;
}

static int64_t read_or(tx_fn *fn)
{
    int64_t value;

    return in_unit(fn, &value, TX_READ) == NULL ? value : ALERT_UNREADABLE;
}

static int64_t read_disk(void)
{
    struct statvfs disk;
    uint64_t used;

    if (statvfs(setting_text(&ASHLAR_ALERT_DISK), &disk) != 0 || disk.f_blocks == 0)
        return ALERT_UNREADABLE;
    used = disk.f_blocks - disk.f_bfree;
    return (int64_t)(used * 100 / (used + disk.f_bavail ? used + disk.f_bavail : 1));
}

static int64_t read_errors(struct alerts *a, int64_t now_us)
{
    int64_t all, failed;

    metrics_totals(&all, &failed);
    return alert_share(&a->requests, all, failed, now_us, SECONDS(WINDOW_S), LEAST_REQUESTS);
}

void alerts_read(struct alerts *a, int64_t now_us, int64_t values[ALERTS])
{
    int64_t one, errors = read_errors(a, now_us);
    bool is_there = in_unit(reach, &one, TX_READ) == NULL;

    if (is_there)
        a->reached_at_us = now_us;
    values[ALERT_DATABASE] = (now_us - a->reached_at_us) / 1000000;
    values[ALERT_DISK] = read_disk();
    /* Without the database every request fails: one alert is enough. */
    values[ALERT_ERRORS] = is_there ? errors : ALERT_UNREADABLE;
    values[ALERT_QUEUE] = is_there ? read_or(read_queue) : ALERT_UNREADABLE;
    values[ALERT_CLAIMS] = is_there ? read_or(read_claims) : ALERT_UNREADABLE;
    if (values[ALERT_CLAIMS] != ALERT_UNREADABLE)
        metric_set(&METRIC_JOBS_UNCLAIMED_S, NULL, values[ALERT_CLAIMS]);
    values[ALERT_CALLBACKS] = is_there ? read_or(read_callbacks) : ALERT_UNREADABLE;
}

void alerts_judge(struct alerts *a, const int64_t values[ALERTS], int64_t now_us)
{
    for (int i = 0; i < ALERTS; i++) {
        struct alert_state *s = &a->states[i];
        if (!alert_step(s, &a->rules[i], values[i], now_us))
            continue;
        metric_set(&METRIC_ALERTS, names[i], s->firing);
        LOG_LINE_(NULL, s->firing ? LOG_ERROR : LOG_INFO,
            s->firing ? "alert.firing" : "alert.resolved", log_text("alert", names[i]),
            log_int("value", s->value), log_int("threshold", a->rules[i].high),
            log_text("see", "docs/alerts.md"));
    }
}

/* --- Choice of the sending process --- */

struct turn {
    const char *name, *instance;
    bool firing;
    int64_t others;
};

static err take_turn(struct ctx *c, void *arg)
{
    struct turn *t = arg;
    bool locked;

    TRY(db_bool(c, &SQL_lock_alert, &locked, ARGS(ARG(t->name))));
    return db_int(c, t->firing ? &SQL_raise_alert : &SQL_clear_alert, &t->others,
        ARGS(ARG(t->name), ARG(t->instance)));
}

/* False: undecided, retry later. */
static bool is_our_turn(const struct alerts *a, enum alert_name which, bool *ours)
{
    struct turn t = { names[which], a->instance, a->states[which].firing, 0 };

    *ours = true;
    if (which == ALERT_DATABASE)
        return true;
    if (in_unit(take_turn, &t, TX_WRITE) != NULL)
        return false;
    *ours = t.others == 0;
    return true;
}

static err keep_rows(struct ctx *c, void *arg)
{
    const struct alerts *a = arg;

    TRY(db_exec(c, &SQL_beat_alerts, ARGS(ARG((const char *)a->instance))));
    return db_exec(c, &SQL_reap_alerts, NO_ARGS);
}

/* False: the check or the sending failed. */
static bool send_in_turn(struct alerts *a, enum alert_name which, alert_sender *send)
{
    bool ours;

    if (!is_our_turn(a, which, &ours) || (ours && !send(a, which)))
        return false;
    a->sent[which] = a->states[which].firing;
    return true;
}

void alerts_send(struct alerts *a, bool database_is_there, alert_sender *send)
{
    if (database_is_there)
        (void)!in_unit(keep_rows, a, TX_WRITE);
    /* An unreachable mail server also fails the next alert, and each attempt costs seconds. */
    for (int i = 0; i < ALERTS; i++) {
        if (a->sent[i] != a->states[i].firing && (database_is_there || i == ALERT_DATABASE) &&
            !send_in_turn(a, (enum alert_name)i, send))
            return;
    }
}
