/* What the files of notifications share with each other and with nobody else. */
#pragma once
#include "auth.h"
#include "notifications.h"
#include "users.h"

extern const struct setting ASHLAR_MAIL, ASHLAR_PRODUCT_NAME, ASHLAR_VERIFY_PATH,
    ASHLAR_INVITATION_PATH, ASHLAR_SIGN_IN_PATH, ASHLAR_SMOKE_TOKEN, ASHLAR_SMOKE_DOMAIN;

/* --- notifications_kinds.c: what may be told --- */

/* All kinds of all enabled modules: begin with a zeroed walk, NULL after the last. */
struct notifications__walk {
    size_t at;
    const struct notifications_kind *const *rows;
};
const struct notifications_kind *notifications__next_kind(struct notifications__walk *walk);
const struct notifications_kind *notifications__kind_named(const char *name); /* or NULL */
bool notifications__is_mandatory(const struct notifications_kind *kind);
bool notifications__is_wanted_by_default(const struct notifications_kind *kind, unsigned channel);
const char *notifications__category_word(enum notifications_category category);
/* Why a kind cannot be told (all of them are in the log), or NULL. */
const char *notifications__check_kinds(void);

/* --- notifications_notices.c: the kinds users and auth have, and what they say --- */

struct notifications__member_news {
    const char *org_name, *person_name, *role;
};
extern const struct shape notifications__member_news_shape;
extern const struct notifications_kind NOTIFICATIONS__JOINED, NOTIFICATIONS__MEMBER_ADDED;
extern const struct offer notifications__offers[];

/* --- notifications_notice_service.c: from one notice to each person's copy --- */

/* Payload of the job that asks who they are, a page at a time; in the notice's organisation. */
struct notifications__call {
    const char *permission;
    struct uuid except_id;
    const char *kind;
    const char *data;   /* JSON of the kind's shape */
    const char *cursor; /* NULL: from the start */
};
/* Payload of the job that writes one person's copy. */
struct notifications__copy {
    struct uuid person_id;
    const char *kind;
    const char *data;
};
CHECKED err notifications__fan_out(struct ctx *c, const struct notifications__call *call);
CHECKED err notifications__tell(struct ctx *c, const struct notifications__copy *copy);

/* --- notifications_preference_service.c and its store --- */

#define NOTIFICATIONS__CHANNELS "inbox|mail"

/* What somebody said about a kind on a channel. */
struct notifications__wish {
    const char *kind, *channel;
    bool wanted;
};
/* Of one person, about one kind, or with `kind` NULL about all. */
CHECKED err notifications__list_wishes(struct ctx *c, struct uuid person, const char *kind,
    const struct notifications__wish **out, size_t *n);
CHECKED err notifications__delete_preferences(struct ctx *c, struct uuid person);

/* Where the person who acts is told of a kind. */
struct notifications__wishes {
    bool inbox, mail;
};
CHECKED err notifications__get_wishes(
    struct ctx *c, const struct notifications_kind *kind, struct notifications__wishes *out);

/* --- notifications_inbox_service.c and its store: the inbox of the person who acts --- */

struct notifications__item {
    struct uuid id;
    int64_t seq;
    struct uuid org_id;
    const char *kind, *title, *text;
    const char *action, *path; /* NULL: nothing to do */
    const char *data;          /* JSON */
    struct instant created_at, read_at, archived_at;
};
extern const struct shape notifications__item_shape;
LIST_OF(notifications__item);
extern const struct shape notifications__item_list_shape;

struct notifications__new_item {
    struct uuid id;
    const char *kind, *data;
    const struct notifications_notice *notice;
};
CHECKED err notifications__add_item(struct ctx *c, const struct notifications__new_item *item);

/* `*last` of so many numbers in a row; whoever asks next waits until this transaction ends. */
CHECKED err notifications__next_seq(struct ctx *c, int64_t how_many, int64_t *last);
CHECKED err notifications__insert_item(
    struct ctx *c, const struct notifications__new_item *item, int64_t seq);
CHECKED err notifications__delete_inbox(struct ctx *c, struct uuid person);

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

void notifications__letter_of_notice(struct ctx *c, const struct users_person *to,
    const struct notifications_notice *notice, struct notifications_letter *out);

/* --- notifications_mail_store.c --- */

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

/* A mail to be queued. What a letter alone has no kind and belongs to nobody. */
struct notifications__new_mail {
    struct uuid id;
    const struct notifications_letter *letter;
    const struct notifications__body *body;
    struct uuid person, item;              /* nil: none */
    const struct notifications_kind *kind; /* NULL: a letter nobody can switch off */
};
CHECKED err notifications__insert_mail(struct ctx *c, const struct notifications__new_mail *mail);
CHECKED err notifications__get_mail(
    struct ctx *c, struct uuid id, struct notifications__row *out, bool *found);
CHECKED err notifications__settle_mail(struct ctx *c, struct uuid id, const char *state);
/* The newest 50; `to` NULL: everybody's. */
CHECKED err notifications__list_caught(
    struct ctx *c, const char *to, const struct notifications__row **rows, size_t *n);
/* Everything mailed to the person who acts, and what is known about the address. */
CHECKED err notifications__forget_person(struct ctx *c, const char *address);
CHECKED err notifications__delete_old_mails(struct ctx *c, int64_t *n);

/* False when the body was wiped, or was sealed with a key that is gone. */
CHECKED bool notifications__open_body(
    struct ctx *c, const struct notifications__row *row, struct notifications__body *out);

/* --- notifications_mail_service.c --- */

/* A notice as a mail to the person who acts; `item` is its copy in the inbox, nil: it has none. */
CHECKED err notifications__queue_notice(struct ctx *c, const struct notifications_kind *kind,
    struct uuid item, const struct notifications_letter *letter);

/* Deliver, or catch, a queued mail. Nothing when it was settled before. TX_MANUAL. */
CHECKED err notifications__deliver(struct ctx *c, struct uuid id);

/* Caught mails, newest first. */
CHECKED err notifications__mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out);
/* The same for one address, and only for addresses kept for smoke tests. */
CHECKED err notifications__smoke_mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out);

CHECKED err notifications__erase_person(struct ctx *c, struct uuid person);

/* --- notifications_mail_page.c --- */

/* The mailbox as a page, links clickable. */
struct content notifications__page(struct ctx *c, const struct notifications__mail_list *mails);

/* --- Tables, for notifications_module.c --- */

extern const struct route notifications__mail_routes[];
extern const struct subscription notifications__subscriptions[];
extern const struct job_kind notifications__send_mail_job, notifications__sweep_job,
    notifications__fan_out_job, notifications__tell_job;
struct notifications__mail_ref {
    struct uuid mail_id;
};
