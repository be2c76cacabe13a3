/* Queueing, delivering and catching mail. Knows no HTTP, no SQL and no letter. */
#include "notifications_internal.h"

/* A mail that waits for a notice to be read in the inbox waits in the job queue. */
static err queue(struct ctx *c, struct notifications__new_mail *mail)
{
    const struct notifications__mail_ref ref = { .mail_id = uuid_new() };
    const int wait_s = mail->kind != NULL ? mail->kind->mail_after_s : 0;
    struct notifications__body body;

    TRY(notifications__lay_out(c, mail->letter, &body));
    mail->id = ref.mail_id;
    mail->body = &body;
    TRY(notifications__insert_mail(c, mail));
    return job_enqueue(c, &notifications__send_mail_job, &ref,
        .run_at = wait_s > 0 ? instant_add(clock_now(), SECONDS(wait_s)) : INSTANT_NONE);
}

err notifications_mail(struct ctx *c, const struct notifications_letter *letter)
{
    return queue(c, &(struct notifications__new_mail){ .letter = letter });
}

err notifications__queue_notice(struct ctx *c, const struct notifications_kind *kind,
    struct uuid item, const struct notifications_letter *letter)
{
    return queue(c, &(struct notifications__new_mail){
                        .letter = letter,
                        .person = c->actor.person,
                        .item = item,
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

struct delivery {
    struct uuid id;
    struct notifications__row row;
    bool found;
    const char *state; /* to be settled as */
};

static err load(struct ctx *c, void *arg)
{
    struct delivery *d = arg;

    return notifications__get_mail(c, d->id, &d->row, &d->found);
}

static err settle(struct ctx *c, void *arg)
{
    const struct delivery *d = arg;

    return notifications__settle_mail(c, d->id, d->state);
}

/* The same over all attempts, so that a mail server can recognise one it has taken already. */
static const char *message_id(struct ctx *c, struct uuid id)
{
    const char *host = strstr(setting_text(&ASHLAR_APP_URL), "://");

    host = host != NULL ? host + 3 : "localhost";
    return arena_printf(
        c->arena, "%s@%.*s", typeid_text(c->arena, "mail", id), (int)strcspn(host, ":/"), host);
}

static err hand_over(struct ctx *c, const struct notifications__row *row)
{
    struct notifications__body body;

    if (!notifications__open_body(c, row, &body)) {
        log_error(c, "notifications.mail_unreadable",
            log_text("mail", typeid_text(c->arena, "mail", row->id)),
            log_text("why", "it was sealed with a key that is not set any more"));
        return &JOB_GIVE_UP;
    }
    return mail_send(c, &(struct mail){
                            .to = row->to_address,
                            .subject = row->subject,
                            .text = body.text,
                            .html = body.html,
                            .message_id = message_id(c, row->id),
                        });
}

err notifications__deliver(struct ctx *c, struct uuid id)
{
    struct delivery d = { .id = id };
    err failed;

    TRY(tx_run(c, load, &d));
    if (!d.found || !text_equal(d.row.state, "queued"))
        return NULL;
    if (is_caught(d.row.to_address)) {
        d.state = "caught";
        return tx_run(c, settle, &d);
    }
    failed = hand_over(c, &d.row);
    if (failed != NULL && failed != &MAIL_REFUSED)
        return failed;
    if (failed == &MAIL_REFUSED)
        log_warn(c, "notifications.mail_refused", log_text("template", d.row.template));
    d.state = failed == &MAIL_REFUSED ? "refused" : "sent";
    return tx_run(c, settle, &d);
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

/* Called before auth forgets the address. */
err notifications__erase_person(struct ctx *c, struct uuid person)
{
    const char *email;

    TRY(auth_email_of(c, person, &email));
    TRY(notifications__forget_person(c, email));
    TRY(notifications__delete_preferences(c, person));
    return notifications__delete_inbox(c, person);
}
