/* Queueing, delivery and capture of emails. */
#include "notifications_internal.h"

enum {
    SUPPRESSED_DAYS = 30,
    TRANSMISSIONS_MAX_UNKNOWN = 2, /* after one lost response, one more attempt */
};
#define GIVE_UP_AFTER DAYS(2) /* RFC 5321 section 4.5.4.1 has 4 to 5 days: too long here */

const struct metric NOTIFICATIONS__MAILS = {
    .name = "ashlar_notifications_mails_total",
    .help = "Delivery attempts of emails by result. later: will be retried.",
    .kind = METRIC_COUNTER,
    .label = "result",
    .values = "sent|caught|withheld|refused|failed|unknown|later",
};
const struct metric NOTIFICATIONS__OPEN_MAILS = {
    .name = "ashlar_notifications_open_mails",
    .help = "Undelivered emails by state, including those that an operator should inspect.",
    .kind = METRIC_GAUGE,
    .label = "state",
    .values = "queued|transmitting|unknown|failed",
};
const struct metric NOTIFICATIONS__OLDEST_MAIL_S = {
    .name = "ashlar_notifications_oldest_mail_seconds",
    .help = "Age of the oldest email that is neither delivered nor failed.",
    .kind = METRIC_GAUGE,
};

/* An email that is delayed until its notification is read waits in the job queue. */
static err queue(struct ctx *c, struct notifications__new_mail *mail)
{
    const struct notifications__mail_ref ref = { .mail_id = uuid_new() };
    const int wait_s = mail->kind != NULL ? mail->kind->mail_after_s : 0;
    struct notifications__body body = { .unsubscribe_url = NULL };

    if (mail->kind != NULL && !notifications__is_mandatory(mail->kind))
        body.unsubscribe_url = notifications__unsubscribe_url(c, mail->person, mail->kind);
    TRY(notifications__lay_out(c, mail->mail_text, &body));
    mail->id = ref.mail_id;
    mail->body = &body;
    TRY(notifications__insert_mail(c, mail));
    return job_enqueue(c, &notifications__send_mail_job, &ref,
        .run_at = wait_s > 0 ? instant_add(clock_now(), SECONDS(wait_s)) : INSTANT_NONE);
}

err notifications_mail(struct ctx *c, const struct notifications_mail_text *mail_text)
{
    return queue(
        c, &(struct notifications__new_mail){
               .mail_text = mail_text, .person = mail_text->person, .about = mail_text->about });
}

err notifications__queue_notification(struct ctx *c, const struct notifications_kind *kind,
    struct uuid item, struct uuid about, const struct notifications_mail_text *mail_text)
{
    return queue(c, &(struct notifications__new_mail){
                        .mail_text = mail_text,
                        .person = c->actor.person,
                        .item = item,
                        .about = about,
                        .kind = kind,
                    });
}

static bool is_smoke_address(const char *address)
{
    const char *at = strrchr(address, '@'), *domain = setting_text(&ASHLAR_SMOKE_DOMAIN);

    return at != NULL && config_environment() != ENV_PRODUCTION &&
           text_equal_nocase(at + 1, domain);
}

static bool is_caught(const char *address)
{
    return text_equal(setting_text(&ASHLAR_MAIL), "catch") || is_smoke_address(address);
}

/* An email while it is delivered. */
struct delivery {
    struct uuid id;
    struct notifications__row row;
    bool transmit;           /* decided: transmit it to the server */
    const char *state, *why; /* to be recorded afterwards */
    const char *answer;      /* the last line of the server's response */
    bool no_mailbox;
};

static err settle(
    struct ctx *c, const struct notifications__row *row, const char *state, const char *why)
{
    metric_add(&NOTIFICATIONS__MAILS, state, 1);
    return notifications__settle_mail(c, row->id, state, why);
}

/* An error: a person must decide, and an operator should be informed. */
static err give_up(
    struct ctx *c, const struct notifications__row *row, const char *state, const char *why)
{
    log_error(c, "notifications.mail_undelivered",
        log_text("mail", typeid_text(c->arena, "mail", row->id)),
        log_text("template", row->template), log_text("state", state), log_text("why", why),
        log_text("repair", "see the runbook mails-not-arriving"));
    return settle(c, row, state, why);
}

/* A suspended person must not receive news of an organisation. */
static err is_suspended(struct ctx *c, struct uuid person, bool *out)
{
    struct auth_account account;
    const err failed = auth_get_account(c, person, &account);

    *out = failed == NULL && account.suspended_at.us != 0;
    return failed == &ERR_NOT_FOUND ? NULL : failed;
}

/* Checked at delivery and not at queueing: an email that was switched off or read in the meantime
 * is not sent. NULL: to be sent. */
static err find_objection(struct ctx *c, const struct notifications__row *row, const char **why)
{
    const char *answer;
    bool wanted, is_read, suspended;

    *why = NULL;
    if (row->mandatory)
        return NULL;
    TRY(notifications__is_mail_wanted(c, row->person_id, row->kind, &wanted));
    if (!wanted)
        *why = "the person switched it off";
    TRY(notifications__is_item_read(c, row->person_id, row->item_id, &is_read));
    if (is_read)
        *why = "it was read in the inbox";
    TRY(is_suspended(c, row->person_id, &suspended));
    if (suspended)
        *why = "the account is suspended";
    TRY(notifications__find_suppression(c, row->to_address, &answer));
    if (answer != NULL)
        *why = arena_printf(c->arena, "the address does not exist: %s", answer);
    return NULL;
}

/* An email found in transmission: its process has ended, and the server's response is lost. */
static bool may_send_again(const struct notifications__row *row)
{
    return row->resend && row->attempts < TRANSMISSIONS_MAX_UNKNOWN;
}

static bool is_too_old(const struct notifications__row *row)
{
    return instant_add(row->created_at, GIVE_UP_AFTER).us < clock_now().us;
}

static err decide(struct ctx *c, struct delivery *d)
{
    const struct notifications__row *row = &d->row;
    const bool broken_off = text_equal(row->state, "transmitting");
    const char *objection;

    if (!broken_off && !text_equal(row->state, "queued"))
        return NULL;
    if (broken_off && !may_send_again(row))
        return give_up(c, row, "unknown", "the process that was transmitting it disappeared");
    if (is_too_old(row))
        return give_up(c, row, "failed", "no mail server accepted it within two days");
    TRY(find_objection(c, row, &objection));
    if (objection != NULL)
        return settle(c, row, "withheld", objection);
    if (is_caught(row->to_address))
        return settle(c, row, "caught", NULL);
    d->transmit = true;
    return NULL;
}

/* No job processes it any longer. The result is certain only if no transmission was started. */
err notifications__mail_died(struct ctx *c, struct uuid id)
{
    struct notifications__row row;
    bool found;

    TRY(notifications__lock_mail(c, id, &row, &found));
    if (!found)
        return NULL;
    if (text_equal(row.state, "queued"))
        return give_up(c, &row, "failed", "its job is dead");
    if (text_equal(row.state, "transmitting"))
        return give_up(c, &row, "unknown", "its job failed permanently while it was transmitted");
    return NULL;
}

static err take(struct ctx *c, void *arg)
{
    struct delivery *d = arg;
    bool found;

    d->transmit = false;
    TRY(notifications__lock_mail(c, d->id, &d->row, &found));
    if (found && d->row.held) /* after the job was claimed */
        return &JOB_HELD;
    return found ? decide(c, d) : NULL;
}

/* --- The transmission --- */

static const char *host_of(struct ctx *c, const struct setting *url)
{
    const char *host = strstr(setting_text(url), "://");

    host = host != NULL ? host + 3 : "localhost";
    return arena_strndup(c->arena, host, strcspn(host, ":/"));
}

/* Equal in all attempts, so that a mail server can detect a duplicate. */
static const char *message_id(struct ctx *c, struct uuid id)
{
    return arena_printf(
        c->arena, "%s@%s", typeid_text(c->arena, "mail", id), host_of(c, &ASHLAR_APP_URL));
}

static const char *list_id(struct ctx *c, const struct notifications__row *row)
{
    return row->mandatory ? NULL
                          : arena_printf(c->arena, "%s.%s", row->kind, host_of(c, &ASHLAR_APP_URL));
}

struct beginning {
    const struct notifications__row *row;
    bool begun;
};

static err begin(struct ctx *c, void *arg)
{
    struct beginning *b = arg;

    return notifications__begin_transmission(c, b->row->id, b->row->attempts, &b->begun);
}

/* The server has accepted the envelope and has no content yet. A crash after this commit leaves the
 * state `transmitting`, whose result is unknown. A crash before it leaves a queued email. */
static err begin_transmission(struct ctx *c, void *arg)
{
    struct delivery *d = arg;
    struct beginning b = { .row = &d->row };

    TRY(tx_run(c, begin, &b));
    if (!b.begun)
        return problem(c, &ERR_CONFLICT, NULL, "Another process delivers this email.");
    d->row.attempts++;
    return NULL;
}

static err hand_over(struct ctx *c, struct delivery *d)
{
    const struct notifications__row *row = &d->row;
    struct notifications__body body;

    if (!notifications__open_body(c, row, &body)) {
        d->answer = "encrypted with a key that is no longer set";
        return &MAIL_REFUSED;
    }
    return mail_send(c,
        &(struct mail){
            .to = row->to_address,
            .subject = row->subject,
            .text = body.text,
            .html = body.html,
            .message_id = message_id(c, row->id),
            .list_id = list_id(c, row),
            .unsubscribe_url = body.unsubscribe_url,
            .before = begin_transmission,
            .arg = d,
        },
        &d->answer);
}

static void judge(struct delivery *d, err failed)
{
    d->why = failed != NULL ? d->answer : NULL;
    d->no_mailbox = failed == &MAIL_NO_MAILBOX;
    if (failed == NULL)
        d->state = "sent";
    else if (failed == &MAIL_REFUSED || failed == &MAIL_NO_MAILBOX)
        d->state = "refused";
    else if (failed == &MAIL_UNKNOWN && !may_send_again(&d->row))
        d->state = "unknown";
    else
        d->state = "queued";
}

static err note(struct ctx *c, void *arg)
{
    const struct delivery *d = arg;

    TRY(notifications__note_delivery(c, &d->row, d->state, d->why));
    if (d->no_mailbox)
        TRY(notifications__suppress(c, d->row.to_address, d->answer, SUPPRESSED_DAYS));
    if (text_equal(d->state, "sent"))
        return notifications__lift_suppression(c, d->row.to_address);
    return NULL;
}

static void log_for_operators(struct ctx *c, const struct delivery *d)
{
    const bool unknown = text_equal(d->state, "unknown");

    metric_add(&NOTIFICATIONS__MAILS, text_equal(d->state, "queued") ? "later" : d->state, 1);
    if (!unknown && !text_equal(d->state, "refused"))
        return;
    LOG_LINE_(c, unknown ? LOG_ERROR : LOG_WARN,
        unknown ? "notifications.mail_unknown" : "notifications.mail_refused",
        log_text("mail", typeid_text(c->arena, "mail", d->id)),
        log_text("template", d->row.template), log_text("answer", d->answer));
}

err notifications__deliver(struct ctx *c, struct uuid id)
{
    struct delivery d = { .id = id, .answer = "" };
    err failed;

    TRY(tx_run(c, take, &d));
    if (!d.transmit)
        return NULL;
    failed = hand_over(c, &d);
    judge(&d, failed);
    log_for_operators(c, &d);
    TRY(tx_run(c, note, &d));
    return text_equal(d.state, "queued") ? failed : NULL;
}

/* In its organisation: if that is suspended, the job waits with the others. */
err notifications__send_again(struct ctx *c, struct uuid id)
{
    struct uuid org;

    TRY(notifications__requeue_mail(c, id, &org));
    if (!uuid_is_nil(org))
        TRY(tx_enter_org(c, org));
    TRY(job_enqueue(
        c, &notifications__send_mail_job, &(const struct notifications__mail_ref){ id }));
    return tx_leave_org(c);
}

err notifications__measure(struct ctx *c)
{
    struct notifications__open_mails n;

    TRY(notifications__count_open_mails(c, &n));
    metric_set(&NOTIFICATIONS__OPEN_MAILS, "queued", n.queued);
    metric_set(&NOTIFICATIONS__OPEN_MAILS, "transmitting", n.transmitting);
    metric_set(&NOTIFICATIONS__OPEN_MAILS, "unknown", n.unknown);
    metric_set(&NOTIFICATIONS__OPEN_MAILS, "failed", n.failed);
    metric_set(&NOTIFICATIONS__OLDEST_MAIL_S, NULL, n.oldest_s);
    return NULL;
}

err notifications__mailbox(struct ctx *c, const char *to, struct notifications__mail_list *out)
{
    const struct notifications__row *rows;
    struct notifications__mail *mails;
    size_t n;

    TRY(notifications__list_caught(c, to, &rows, &n));
    mails = arena_array(c->arena, n, sizeof *mails);
    for (size_t i = 0; i < n; i++) {
        struct notifications__body body = { "(unreadable)", "(unreadable)" };

        if (!notifications__open_body(c, &rows[i], &body))
            log_warn(c, "notifications.mail_unreadable", log_text("template", rows[i].template));
        mails[i] = (struct notifications__mail){
            .id = rows[i].id,
            .to = rows[i].to_address,
            .subject = rows[i].subject,
            .text = body.text,
            .html = body.html,
            .created_at = rows[i].created_at,
        };
    }

    *out = (struct notifications__mail_list){ .data = mails, .n_data = n };
    return NULL;
}

err notifications__smoke_mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out)
{
    if (is_smoke_address(to))
        return notifications__mailbox(c, to, out);
    *out = (struct notifications__mail_list){ .n_data = 0 };
    return NULL;
}

/* To be called before auth deletes the address. */
err notifications__erase_person(struct ctx *c, struct uuid person)
{
    const char *email;

    TRY(auth_email_of(c, person, &email));
    TRY(notifications__forget_person(c, email));
    TRY(notifications__delete_preferences(c, person));
    TRY(notifications__delete_inbox(c, person));
    return job_enqueue(
        c, &notifications__forget_about_job, &(struct notifications__about){ .person_id = person });
}
