/* Job kinds and payloads of notifications. */
#include "notifications_internal.h"

static const struct field notifications__about_fields[] = {
    ID(notifications__about, person_id, "person"),
};
static SHAPE(notifications__about);

JOB_KIND(notifications__forget_about_job, notifications__about,
    .name = "notifications.forget_about",
    .doc = "Deletes notifications of other people that name an erased person", .system = true,
    .timeout_s = 600);

static const struct field notifications__call_fields[] = {
    TEXT(notifications__call, permission, .max = 100),
    ID(notifications__call, except_id, "person", .optional = true),
    ID(notifications__call, about_id, "person", .optional = true),
    TEXT(notifications__call, kind, .max = 100),
    OPEN_JSON(notifications__call, data, .secret = true), /* it contains names */
    TEXT(notifications__call, cursor, .optional = true),
};
static SHAPE(notifications__call);

JOB_KIND(notifications__fan_out_job, notifications__call, .name = "notifications.fan_out",
    .doc = "Finds the recipients of an organisation's notification, a page of members at a time",
    .tx = TX_WRITE);

static const struct field notifications__copy_fields[] = {
    ID(notifications__copy, person_id, "person"),
    ID(notifications__copy, about_id, "person", .optional = true),
    TEXT(notifications__copy, permission, .max = 100, .optional = true),
    TEXT(notifications__copy, kind, .max = 100),
    OPEN_JSON(notifications__copy, data, .secret = true),
};
static SHAPE(notifications__copy);

JOB_KIND(notifications__deliver_copy_job, notifications__copy, .name = "notifications.deliver_copy",
    .doc = "Writes one person's copy of a notification into the inbox and as an email",
    .tx = TX_WRITE);

static const struct field notifications__mail_ref_fields[] = {
    ID(notifications__mail_ref, mail_id, "mail"),
};
static SHAPE(notifications__mail_ref);

JOB_KIND(notifications__send_mail_job, notifications__mail_ref, .name = "notifications.send_mail",
    .doc = "Sends one email to the mail server, or captures it", .system = true, .priority = -1,
    .concurrency = 2,
    /* a mail server that does not respond blocks at most half of the default workers */);

JOB_KIND(notifications__settle_job, nothing, .name = "notifications.settle_mails",
    .doc = "Marks emails as failed whose job was deleted three days ago", .tx = TX_WRITE,
    .system = true, .every_s = 3600);

SWEEP_JOB(notifications__sweep_job, .name = "notifications.sweep",
    .doc = "Deletes records of emails after 30 days, captured emails after 7 days, notifications "
           "after ASHLAR_INBOX_DAYS",
    .every_s = 3600);
