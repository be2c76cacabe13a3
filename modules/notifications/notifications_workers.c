/* Job handlers of notifications: sending and retention. */
#include "notifications_internal.h"

JOB_HANDLER(send_mail, notifications__mail_ref)
{
    return notifications__deliver(c, in->mail_id);
}

JOB_HANDLER(mail_died, notifications__mail_ref)
{
    return notifications__mail_died(c, in->mail_id);
}

JOB_HANDLER(fan_out, notifications__call)
{
    return notifications__fan_out(c, in);
}

JOB_HANDLER(deliver_copy, notifications__copy)
{
    return notifications__deliver_copy(c, in);
}

static err sweep_items(struct ctx *c, int64_t most, int64_t *gone)
{
    return notifications__delete_old_items(c, setting_int(&ASHLAR_INBOX_DAYS), most, gone);
}

JOB_HANDLER(settle, nothing)
{
    int64_t abandoned;

    (void)in;
    TRY(notifications__settle_abandoned_mails(c, &abandoned));
    if (abandoned > 0)
        log_error(c, "notifications.mails_abandoned", log_int("count", abandoned),
            log_text("repair", "see the runbook mails-not-arriving"));
    return NULL;
}

enum { ABOUT_BITE = 1000 };

struct forgetting {
    struct uuid person;
    int64_t seen;
};

static err forget_bite(struct ctx *c, void *arg)
{
    struct forgetting *f = arg;

    return notifications__forget_about(c, f->person, ABOUT_BITE, &f->seen);
}

JOB_HANDLER(forget_about, notifications__about)
{
    struct forgetting f = { .person = in->person_id, .seen = 1 };

    while (f.seen > 0)
        TRY(tx_run(c, forget_bite, &f));
    return NULL;
}

const struct job_worker notifications__workers[] = {
    { RUNS(notifications__forget_about_job, forget_about) },
    { RUNS(notifications__fan_out_job, fan_out) },
    { RUNS(notifications__deliver_copy_job, deliver_copy) },
    { RUNS(notifications__send_mail_job, send_mail),
        ON_DEAD(notifications__send_mail_job, mail_died) },
    { RUNS(notifications__settle_job, settle) },
    { SWEEPS(notifications__sweep_job) },
    { .job = NULL },
};

const struct table notifications__tables[] = {
    { .name = "feed", .kept = "with its person" },
    { .name = "held_org", .kept = "while its organisation is suspended" },
    { .name = "item",
        .swept = "ASHLAR_INBOX_DAYS after it was written",
        .bite = sweep_items,
        .by = &notifications__sweep_job.kind },
    { .name = "mail",
        .swept = "30 days after it was queued, 7 days if it was captured",
        .bite = notifications__delete_old_mails,
        .by = &notifications__sweep_job.kind },
    { .name = "preference", .kept = "with its person" },
    { .name = "suppression",
        .swept = "when its time is over",
        .bite = notifications__delete_old_suppressions,
        .by = &notifications__sweep_job.kind },
    { NULL },
};
