/* Background work of notifications: sending, and forgetting what was sent. Knows no HTTP. */
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

JOB_HANDLER(tell, notifications__copy)
{
    return notifications__tell(c, in);
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

static const struct field notifications__mail_ref_fields[] = {
    ID(notifications__mail_ref, mail_id, "mail"),
};
static SHAPE(notifications__mail_ref);

static const struct field notifications__call_fields[] = {
    TEXT(notifications__call, permission, .max = 100),
    ID(notifications__call, except_id, "person", .optional = true),
    ID(notifications__call, about_id, "person", .optional = true),
    TEXT(notifications__call, kind, .max = 100),
    OPEN_JSON(notifications__call, data, .secret = true), /* it names people */
    TEXT(notifications__call, cursor, .optional = true),
};
static SHAPE(notifications__call);

static const struct field notifications__copy_fields[] = {
    ID(notifications__copy, person_id, "person"),
    ID(notifications__copy, about_id, "person", .optional = true),
    TEXT(notifications__copy, permission, .max = 100, .optional = true),
    TEXT(notifications__copy, kind, .max = 100),
    OPEN_JSON(notifications__copy, data, .secret = true),
};
static SHAPE(notifications__copy);

static const struct field notifications__about_fields[] = {
    ID(notifications__about, person_id, "person"),
};
static SHAPE(notifications__about);

JOB_KIND(notifications__forget_about_job, notifications__about, forget_about,
    .name = "notifications.forget_about",
    .doc = "Deletes what others were told that names an erased person", .system = true,
    .timeout_s = 600);

JOB_KIND(notifications__fan_out_job, notifications__call, fan_out, .name = "notifications.fan_out",
    .doc = "Finds those an organisation's notice is for, a page of members at a time",
    .tx = TX_WRITE);

JOB_KIND(notifications__tell_job, notifications__copy, tell, .name = "notifications.tell",
    .doc = "Writes one person's copy of a notice: into the inbox, and as a mail", .tx = TX_WRITE);

JOB_KIND(notifications__send_mail_job, notifications__mail_ref, send_mail,
    ON_DEAD(notifications__mail_ref, mail_died), .name = "notifications.send_mail",
    .doc = "Hands one mail to the mail server, or catches it", .system = true, .priority = -1,
    .concurrency = 2,
    /* a mail server that hangs leaves half of the default workers */);

JOB_KIND(notifications__settle_job, nothing, settle, .name = "notifications.settle_mails",
    .doc = "Gives up mails whose job is gone for three days", .tx = TX_WRITE, .system = true,
    .every_s = 3600);

SWEEP_JOB(notifications__sweep_job, .name = "notifications.sweep",
    .doc = "Deletes records of mail after 30 days, caught mail after 7, notices after "
           "ASHLAR_INBOX_DAYS",
    .every_s = 3600);

const struct table notifications__tables[] = {
    { .name = "feed", .kept = "with its person" },
    { .name = "held_org", .kept = "while its organisation is suspended" },
    { .name = "item",
        .swept = "ASHLAR_INBOX_DAYS after it was written",
        .bite = sweep_items,
        .by = &notifications__sweep_job.kind },
    { .name = "mail",
        .swept = "30 days after it was queued, 7 where it was caught",
        .bite = notifications__delete_old_mails,
        .by = &notifications__sweep_job.kind },
    { .name = "preference", .kept = "with its person" },
    { .name = "suppression",
        .swept = "when its time is over",
        .bite = notifications__delete_old_suppressions,
        .by = &notifications__sweep_job.kind },
    { NULL },
};
