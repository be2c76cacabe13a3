/* Background work of notifications: sending, and forgetting what was sent. Knows no HTTP. */
#include "notifications_internal.h"

static err send_mail(struct ctx *c, const void *payload)
{
    const struct notifications__mail_ref *in = payload;

    return notifications__deliver(c, in->mail_id);
}

static err sweep(struct ctx *c, const void *payload)
{
    int64_t gone;

    (void)payload;
    TRY(notifications__delete_old_mails(c, &gone));
    if (gone > 0)
        log_info(c, "notifications.old_mails_deleted", log_int("count", gone));
    return NULL;
}

static const struct field notifications__mail_ref_fields[] = {
    ID(notifications__mail_ref, mail_id, "mail"),
};
static SHAPE(notifications__mail_ref);

const struct job_kind notifications__send_mail_job = {
    .name = "notifications.send_mail",
    .doc = "Hands one mail to the mail server, or catches it",
    .payload = &notifications__mail_ref_shape,
    .run = send_mail,
    .system = true,
    .priority = -1,
};

const struct job_kind notifications__sweep_job = {
    .name = "notifications.sweep",
    .doc = "Deletes records of mail after 30 days, caught mail after 7",
    .payload = &nothing_shape,
    .run = sweep,
    .tx = TX_WRITE,
    .system = true,
    .every_s = 3600,
};
