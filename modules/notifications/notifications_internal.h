/* What the files of notifications share with each other and with nobody else. */
#pragma once
#include "auth.h"
#include "notifications.h"
#include "users.h"

extern const struct setting ASHLAR_MAIL, ASHLAR_PRODUCT_NAME, ASHLAR_VERIFY_PATH,
    ASHLAR_INVITATION_PATH, ASHLAR_SIGN_IN_PATH, ASHLAR_SMOKE_TOKEN, ASHLAR_SMOKE_DOMAIN;

/* --- notifications_layout.c: a letter as text and as HTML --- */

struct notifications__body {
    const char *text, *html;
};
CHECKED err notifications__lay_out(
    struct ctx *c, const struct notifications_letter *letter, struct notifications__body *out);

/* --- notifications_letters.c: what each letter says; knows no event and no database --- */

void notifications__verify_email(
    struct ctx *c, const struct auth_signup_started *e, struct notifications_letter *out);
void notifications__account_exists(
    struct ctx *c, const struct auth_signup_for_existing *e, struct notifications_letter *out);
void notifications__invitation(
    struct ctx *c, const struct users_invited_event *e, struct notifications_letter *out);

/* --- notifications_store.c --- */

/* A mail as its row holds it. */
struct notifications__row {
    struct uuid id;
    const char *to_address, *template, *subject;
    const char *sealed_body; /* NULL: wiped */
    const char *state;       /* "queued", "sent", "caught" or "refused" */
    struct instant created_at;
};
/* A caught mail, opened. */
struct notifications__mail {
    struct uuid id;
    const char *to, *subject, *text, *html;
    struct instant created_at;
};
LIST_OF(notifications__mail);
extern const struct shape notifications__mail_list_shape;

CHECKED err notifications__insert_mail(struct ctx *c, struct uuid id,
    const struct notifications_letter *letter, const struct notifications__body *body);
CHECKED err notifications__get_mail(
    struct ctx *c, struct uuid id, struct notifications__row *out, bool *found);
CHECKED err notifications__settle_mail(struct ctx *c, struct uuid id, const char *state);
/* The newest 50; `to` NULL: everybody's. */
CHECKED err notifications__list_caught(
    struct ctx *c, const char *to, const struct notifications__row **rows, size_t *n);
CHECKED err notifications__delete_mails_to(struct ctx *c, const char *address);
CHECKED err notifications__delete_old_mails(struct ctx *c, int64_t *n);

/* False when the body was wiped, or was sealed with a key that is gone. */
CHECKED bool notifications__open_body(
    struct ctx *c, const struct notifications__row *row, struct notifications__body *out);

/* --- notifications_service.c --- */

/* Deliver, or catch, a queued mail. Nothing when it was settled before. TX_MANUAL. */
CHECKED err notifications__deliver(struct ctx *c, struct uuid id);

/* Caught mails, newest first. */
CHECKED err notifications__mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out);
/* The same for one address, and only for addresses kept for smoke tests. */
CHECKED err notifications__smoke_mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out);

CHECKED err notifications__erase_person(struct ctx *c, struct uuid person);

/* --- notifications_page.c --- */

/* The mailbox as a page, links clickable. */
struct content notifications__page(struct ctx *c, const struct notifications__mail_list *mails);

/* --- Tables, for notifications_module.c --- */

extern const struct route notifications__routes[];
extern const struct subscription notifications__subscriptions[];
extern const struct job_kind notifications__send_mail_job, notifications__sweep_job;
struct notifications__mail_ref {
    struct uuid mail_id;
};
