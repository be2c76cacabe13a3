/* What notifications leaves to jobs: kinds and payloads. */
#include "notifications_internal.h"

static const struct field notifications__about_fields[] = {
    ID(notifications__about, person_id, "person"),
};
static SHAPE(notifications__about);

JOB_KIND(notifications__forget_about_job, notifications__about,
    .name = "notifications.forget_about",
    .doc = "Deletes what others were told that names an erased person", .system = true,
    .timeout_s = 600);

static const struct field notifications__call_fields[] = {
    TEXT(notifications__call, permission, .max = 100),
    ID(notifications__call, except_id, "person", .optional = true),
    ID(notifications__call, about_id, "person", .optional = true),
    TEXT(notifications__call, kind, .max = 100),
    OPEN_JSON(notifications__call, data, .secret = true), /* it names people */
    TEXT(notifications__call, cursor, .optional = true),
};
static SHAPE(notifications__call);

JOB_KIND(notifications__fan_out_job, notifications__call, .name = "notifications.fan_out",
    .doc = "Finds those an organisation's notice is for, a page of members at a time",
    .tx = TX_WRITE);

static const struct field notifications__copy_fields[] = {
    ID(notifications__copy, person_id, "person"),
    ID(notifications__copy, about_id, "person", .optional = true),
    TEXT(notifications__copy, permission, .max = 100, .optional = true),
    TEXT(notifications__copy, kind, .max = 100),
    OPEN_JSON(notifications__copy, data, .secret = true),
};
static SHAPE(notifications__copy);

JOB_KIND(notifications__tell_job, notifications__copy, .name = "notifications.tell",
    .doc = "Writes one person's copy of a notice: into the inbox, and as a mail", .tx = TX_WRITE);

static const struct field notifications__mail_ref_fields[] = {
    ID(notifications__mail_ref, mail_id, "mail"),
};
static SHAPE(notifications__mail_ref);

JOB_KIND(notifications__send_mail_job, notifications__mail_ref, .name = "notifications.send_mail",
    .doc = "Hands one mail to the mail server, or catches it", .system = true, .priority = -1,
    .concurrency = 2,
    /* a mail server that hangs leaves half of the default workers */);

JOB_KIND(notifications__settle_job, nothing, .name = "notifications.settle_mails",
    .doc = "Gives up mails whose job is gone for three days", .tx = TX_WRITE, .system = true,
    .every_s = 3600);

SWEEP_JOB(notifications__sweep_job, .name = "notifications.sweep",
    .doc = "Deletes records of mail after 30 days, caught mail after 7, notices after "
           "ASHLAR_INBOX_DAYS",
    .every_s = 3600);
