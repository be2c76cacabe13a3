/* What the files of notifications share with each other and with nobody else. */
#pragma once
#include "auth.h"
#include "notifications.h"
#include "users.h"

extern const struct setting ASHLAR_MAIL, ASHLAR_PRODUCT_NAME, ASHLAR_VERIFY_PATH,
    ASHLAR_INVITATION_PATH, ASHLAR_SIGN_IN_PATH, ASHLAR_SMOKE_TOKEN, ASHLAR_SMOKE_DOMAIN,
    ASHLAR_INBOX_DAYS, ASHLAR_RESET_PATH, ASHLAR_NEW_EMAIL_PATH, ASHLAR_OLD_EMAIL_PATH,
    ASHLAR_MEMBERS_PATH, ASHLAR_SECURITY_PATH;

/* --- notifications_kinds.c: what may be told --- */

enum { NOTIFICATIONS__KINDS_MAX = 200 };

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
/* Why a kind cannot be told (all of them are in the log), or mail not sent; or NULL. */
const char *notifications__check(enum environment env);

/* --- notifications_member_notifications.c: the kinds users and auth have, and what they say --- */

struct notifications__member_news {
    const char *org_name, *person_name, *role;
};
extern const struct shape notifications__member_news_shape;
NOTIFICATION_OF(notifications__member_news);
extern const NOTIFICATION(notifications__member_news) NOTIFICATIONS__JOINED,
    NOTIFICATIONS__MEMBER_ADDED, NOTIFICATIONS__ROLE_CHANGED, NOTIFICATIONS__REMOVED,
    NOTIFICATIONS__MEMBER_REMOVED;

/* --- notifications_suspension_notifications.c --- */

struct notifications__suspension_news {
    const char *org_name;
    const char *reason;
};
extern const struct shape notifications__suspension_news_shape;
NOTIFICATION_OF(notifications__suspension_news);
extern const NOTIFICATION(notifications__suspension_news) NOTIFICATIONS__ORG_SUSPENDED,
    NOTIFICATIONS__ORG_RESTORED;
/* An organisation was suspended, or restored: its owners hear of it. In no organisation. */
CHECKED err notifications__notify_owners(
    struct ctx *c, const struct users_suspension_event *e, bool suspended);
extern const struct extension notifications__extensions[];

/* --- notifications_security_notifications.c: what concerns the safety of an account --- */

struct notifications__security_news {
    const char *network; /* NULL: unknown */
    int64_t codes_left;
};
extern const struct shape notifications__security_news_shape;
NOTIFICATION_OF(notifications__security_news);
extern const NOTIFICATION(notifications__security_news) NOTIFICATIONS__NEW_DEVICE,
    NOTIFICATIONS__EMAIL_CHANGED, NOTIFICATIONS__EMAIL_CHANGE_ASKED, NOTIFICATIONS__EMAIL_RESTORED,
    NOTIFICATIONS__PASSWORD_CHANGED, NOTIFICATIONS__PASSWORD_RESET,
    NOTIFICATIONS__PASSWORD_GUESSED_AT, NOTIFICATIONS__FACTOR_ADDED, NOTIFICATIONS__FACTOR_REMOVED,
    NOTIFICATIONS__FACTOR_REMOVED_BY_STAFF, NOTIFICATIONS__CODE_USED, NOTIFICATIONS__CODES_RENEWED;
/* All of them, NULL-terminated. */
extern const struct notifications_kind *const notifications__security_kinds[];

/* --- notifications_delivery_service.c: from one notification to each person's copy --- */

/* The organisation that c works in was deleted since. */
CHECKED err notifications__is_org_gone(struct ctx *c, bool *out);

/* Payload of the job that asks who they are, a page at a time; in its organisation. */
struct notifications__call {
    const char *permission;
    struct uuid except_id, about_id;
    const char *kind;
    const char *data;   /* JSON of the kind's shape */
    const char *cursor; /* NULL: from the start */
};
JOB_OF(notifications__call);
/* Payload of the job that writes one person's copy. */
struct notifications__copy {
    struct uuid person_id, about_id;
    const char *permission; /* in c->org, for which it is theirs to hear; NULL: it is about them */
    const char *kind;
    const char *data;
};
JOB_OF(notifications__copy);
CHECKED err notifications__fan_out(struct ctx *c, const struct notifications__call *call);
CHECKED err notifications__deliver_copy(struct ctx *c, const struct notifications__copy *copy);
/* Act as the person, who stays until this transaction ends: whoever erases them waits. *out false:
 * they were erased before. */
CHECKED err notifications__enter_if_there(struct ctx *c, struct uuid person, bool *out);

/* --- notifications_preference_service.c and its store --- */

#define NOTIFICATIONS__CHANNELS "inbox|mail"

/* What somebody said about a kind on a channel. */
struct notifications__channel_preference {
    const char *kind, *channel;
    bool wanted;
};
/* Of one person, about one kind, or with `kind` NULL about all. */
CHECKED err notifications__list_channel_preferences(struct ctx *c, struct uuid person,
    const char *kind, const struct notifications__channel_preference **out, size_t *n);
CHECKED err notifications__delete_preferences(struct ctx *c, struct uuid person);
/* Of the acting person, all but having left by the link in a mail: that ends when they say that
 * they want the mail, and not by their saying nothing. */
CHECKED err notifications__delete_channel_preferences(struct ctx *c);

/* Where the person who acts is told of a kind. */
struct notifications__wanted_channels {
    bool inbox, mail;
};
CHECKED err notifications__get_wanted_channels(struct ctx *c, const struct notifications_kind *kind,
    struct notifications__wanted_channels *out);

/* A kind as preferences show it. */
struct notifications__channel {
    const char *channel;
    bool wanted;
};
struct notifications__preference {
    const char *kind, *title, *doc, *category;
    bool mandatory;
    const struct notifications__channel *channels;
    size_t n_channels;
};
struct notifications__preferences {
    const struct notifications__preference *data;
    size_t n_data;
    int64_t version; /* of all that the person said */
};
extern const struct shape notifications__preferences_shape;

/* Of the person who acts, every kind. */
CHECKED err notifications__get_preferences(struct ctx *c, struct notifications__preferences *out);
/* These preferences and no others hold from here on. Mail that was left by its link comes back only
 * for who saw that it was left (If-Match). Errors: ERR_INVALID, NOTIFICATIONS_MANDATORY,
 * ERR_CHANGED, NOTIFICATIONS_LEFT_BY_LINK. */
CHECKED err notifications__put_preferences(
    struct ctx *c, const struct notifications__channel_preference *preferences, size_t n);
CHECKED err notifications__lock_preferences(struct ctx *c);
/* Of all the acting person said. */
CHECKED err notifications__version_of_preferences(struct ctx *c, int64_t *out);
/* The acting person's preferences that were said by the link in a mail. */
CHECKED err notifications__list_left(
    struct ctx *c, const struct notifications__channel_preference **out, size_t *n);
/* `said_by`: "preferences" or "unsubscribe". */
CHECKED err notifications__put_channel_preference(
    struct ctx *c, const struct notifications__channel_preference *preference, const char *said_by);
extern const struct shape notifications__channel_preference_shape;

/* --- notifications_unsubscribe_service.c: leaving by the link in a mail, without signing in --- */

/* Where mails of this kind to this person are left. */
const char *notifications__unsubscribe_url(
    struct ctx *c, struct uuid person, const struct notifications_kind *kind);
/* The kind a link leaves; nothing changes. Errors: ERR_NOT_FOUND. */
CHECKED err notifications__read_unsubscribe(
    struct ctx *c, const char *token, const struct notifications_kind **kind);
/* Leave it. Any number of times. Errors: ERR_NOT_FOUND. */
CHECKED err notifications__unsubscribe(
    struct ctx *c, const char *token, const struct notifications_kind **kind);

/* Would this person get a mail of this kind? For the system; true when nobody knows the kind. */
CHECKED err notifications__is_mail_wanted(
    struct ctx *c, struct uuid person, const char *kind, bool *out);

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
    struct uuid id, about; /* nil: it names nobody but its reader */
    const char *kind, *data;
    const struct notifications_content *content;
};
CHECKED err notifications__add_item(struct ctx *c, const struct notifications__new_item *item);

/* `*last` of so many numbers in a row; whoever asks next waits until this transaction ends. */
CHECKED err notifications__next_seq(struct ctx *c, int64_t how_many, int64_t *last);
CHECKED err notifications__insert_item(
    struct ctx *c, const struct notifications__new_item *item, int64_t seq);
CHECKED err notifications__get_item(struct ctx *c, struct uuid id, struct notifications__item *out);
CHECKED err notifications__list_items(struct ctx *c, const struct page_in *page, const char *show,
    struct notifications__item_list *out);
CHECKED err notifications__count_unread(struct ctx *c, int64_t *n); /* up to 1,000 */
/* The highest number given so far, 0: none. */
CHECKED err notifications__last_seq(struct ctx *c, int64_t *out);
/* The next 100 items at most whose number is higher, lowest first. */
CHECKED err notifications__list_changes(
    struct ctx *c, int64_t after, const struct notifications__item **out, size_t *n);

/* What a client says about an item; what it does not say stays. */
struct notifications__marks {
    bool says_read, says_archived;
    bool read, archived;
};
struct notifications__marked {
    struct uuid id;
    int64_t seq;
    bool read, archived;
};
/* Errors: ERR_NOT_FOUND. */
CHECKED err notifications__mark_item(struct ctx *c, struct uuid id,
    const struct notifications__marks *marks, struct notifications__item *out);
CHECKED err notifications__set_marks(
    struct ctx *c, const struct notifications__marked *m, struct notifications__item *out);
/* Up to and with this item, nil: all; how many were unread. */
CHECKED err notifications__read_all(struct ctx *c, struct uuid up_to, int64_t *n);
CHECKED err notifications__set_all_read(struct ctx *c, struct uuid up_to, int64_t seq, int64_t *n);
/* At most `most`, as all that is deleted for its age: so that however much there is, no transaction
 * grows with it (table.h). */
CHECKED err notifications__delete_old_items(
    struct ctx *c, int64_t days, int64_t most, int64_t *gone);
/* The acting person's about c->org. */
CHECKED err notifications__delete_items_of_org(struct ctx *c);
CHECKED err notifications__delete_inbox(struct ctx *c, struct uuid person);

/* --- notifications_layout.c: a mail text as text and as HTML --- */

struct notifications__body {
    const char *text, *html;
    const char *unsubscribe_url; /* NULL: nothing to leave */
};
/* `out->unsubscribe_url` is read, the rest filled. */
CHECKED err notifications__lay_out(struct ctx *c, const struct notifications_mail_text *mail_text,
    struct notifications__body *out);

/* --- notifications_mail_texts.c: what each mail text says; knows no event and no database --- */

void notifications__verify_email(
    struct ctx *c, const struct auth_signup_started *e, struct notifications_mail_text *out);
void notifications__account_exists(
    struct ctx *c, const struct auth_signup_for_existing *e, struct notifications_mail_text *out);
void notifications__invitation(
    struct ctx *c, const struct users_invited_event *e, struct notifications_mail_text *out);
void notifications__reset_password(
    struct ctx *c, const struct auth_reset_requested *e, struct notifications_mail_text *out);
void notifications__confirm_new_email(
    struct ctx *c, const struct auth_email_change_started *e, struct notifications_mail_text *out);
void notifications__new_email_taken(struct ctx *c, const struct auth_email_change_for_existing *e,
    struct notifications_mail_text *out);
/* To the old address. */
void notifications__email_changed(
    struct ctx *c, const struct auth_email_changed *e, struct notifications_mail_text *out);

/* A page of the front end; NULL token: none. */
const char *notifications__link_to(struct ctx *c, const char *path, const char *token);

/* False: there are no words for what happened. */
bool notifications__owner_warning(
    struct ctx *c, const struct users_owner_warning *e, struct notifications_mail_text *out);

void notifications__mail_text_of(struct ctx *c, const struct users_person *to,
    const struct notifications_content *content, struct notifications_mail_text *out);

/* --- notifications_mail_store.c --- */

/* A mail as its row holds it. */
struct notifications__row {
    struct uuid id;
    const char *to_address, *template, *subject;
    const char *sealed_body; /* NULL: wiped */
    const char *state;       /* see the migration */
    struct instant created_at;
    struct uuid person_id, item_id; /* nil: none */
    const char *kind;               /* NULL: a mail text */
    bool mandatory, resend;
    int64_t attempts; /* transmissions begun */
    bool held;        /* its organisation is suspended */
};
/* A caught mail, opened. */
struct notifications__mail {
    struct uuid id;
    const char *to, *subject, *text, *html;
    struct instant created_at;
};
LIST_OF(notifications__mail);
extern const struct shape notifications__mail_list_shape;

/* A mail to be queued. What is a mail text alone has no kind and belongs to nobody. */
struct notifications__new_mail {
    struct uuid id;
    const struct notifications_mail_text *mail_text;
    const struct notifications__body *body;
    struct uuid person, item, about;       /* nil: none */
    const struct notifications_kind *kind; /* NULL: a mail text nobody can switch off */
};
/* How many of this template went to the address in the last hour; as the system. */
CHECKED err notifications__count_recent_mails(
    struct ctx *c, const struct notifications_mail_text *mail_text, int64_t *n);
/* c->org is suspended, or restored: its mails stay away, also those that are written meanwhile, and
 * grow no older. */
CHECKED err notifications__hold_org(struct ctx *c, bool held);
/* c->org is deleted: what is held of it is never sent. */
CHECKED err notifications__purge_org(struct ctx *c);
/* What was mailed to an address before it was known whose it is; as the system. */
CHECKED err notifications__adopt_mails(struct ctx *c, const char *address, struct uuid person);
CHECKED err notifications__insert_mail(struct ctx *c, const struct notifications__new_mail *mail);
CHECKED err notifications__lock_mail(
    struct ctx *c, struct uuid id, struct notifications__row *out, bool *found);
/* One more than `attempts`; `*begun` false: another process was quicker. */
CHECKED err notifications__begin_transmission(
    struct ctx *c, struct uuid id, int64_t attempts, bool *begun);
/* `why` NULL: nothing to say. */
CHECKED err notifications__settle_mail(
    struct ctx *c, struct uuid id, const char *state, const char *why);
/* The same by who delivers `row`; nothing when an answer settled it, or another process has begun
 * to transmit it, since. */
CHECKED err notifications__note_delivery(
    struct ctx *c, const struct notifications__row *row, const char *state, const char *why);
CHECKED err notifications__is_item_read(
    struct ctx *c, struct uuid person, struct uuid item, bool *out);
/* What the server said when the address proved not to exist; NULL: write on. */
CHECKED err notifications__find_suppression(
    struct ctx *c, const char *address, const char **answer);
CHECKED err notifications__suppress(
    struct ctx *c, const char *address, const char *answer, int days);
CHECKED err notifications__lift_suppression(struct ctx *c, const char *address);
struct notifications__open_mails {
    int64_t queued, transmitting, unknown, failed;
    int64_t oldest_s; /* of what is not settled */
};
CHECKED err notifications__count_open_mails(struct ctx *c, struct notifications__open_mails *out);
/* What operators see of a mail: no body. */
struct notifications__trace {
    struct uuid id;
    const char *to_address, *template, *state, *why;
    int64_t attempts;
    struct instant created_at;
};
extern const struct shape notifications__trace_shape;
/* The newest 50; NULL: any state, anybody's. */
CHECKED err notifications__list_mails(struct ctx *c, const char *state, const char *to,
    const struct notifications__trace **out, size_t *n);
/* `*org`: which it is about; nil: none. Errors: ERR_NOT_FOUND unless the mail is unknown or failed
 * and its body still there. */
CHECKED err notifications__requeue_mail(struct ctx *c, struct uuid id, struct uuid *org);
CHECKED err notifications__settle_abandoned_mails(struct ctx *c, int64_t *n);
CHECKED err notifications__delete_old_suppressions(struct ctx *c, int64_t most, int64_t *gone);
/* The newest 50; `to` NULL: everybody's. */
CHECKED err notifications__list_caught(
    struct ctx *c, const char *to, const struct notifications__row **rows, size_t *n);
/* Everything mailed to the person who acts, and what is known about the address. */
CHECKED err notifications__forget_person(struct ctx *c, const char *address);
CHECKED err notifications__delete_old_mails(struct ctx *c, int64_t most, int64_t *gone);

/* False when the body was wiped, or was sealed with a key that is gone. */
CHECKED bool notifications__open_body(
    struct ctx *c, const struct notifications__row *row, struct notifications__body *out);

/* --- notifications_mail_service.c --- */

/* A notification as a mail to the person who acts; `item` is its copy in the inbox, nil: it has
 * none; `about` whom it names. */
CHECKED err notifications__queue_notification(struct ctx *c, const struct notifications_kind *kind,
    struct uuid item, struct uuid about, const struct notifications_mail_text *mail_text);

/* Deliver, or catch, a queued mail. Nothing when it was settled before. TX_MANUAL. */
CHECKED err notifications__deliver(struct ctx *c, struct uuid id);
/* Its job is dead: the mail says so. */
CHECKED err notifications__mail_died(struct ctx *c, struct uuid id);

/* Caught mails, newest first. */
CHECKED err notifications__mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out);
/* The same for one address, and only for addresses kept for smoke tests. */
CHECKED err notifications__smoke_mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out);

/* Send an unknown or failed mail again, because an operator decided so; where its organisation is
 * suspended it waits until that is restored. */
CHECKED err notifications__send_again(struct ctx *c, struct uuid id);

/* Hook: gauges of what waits. */
CHECKED err notifications__measure(struct ctx *c);

CHECKED err notifications__erase_person(struct ctx *c, struct uuid person);

/* Payload of the job that deletes what others were told about an erased person. */
struct notifications__about {
    struct uuid person_id;
};
JOB_OF(notifications__about);
extern const JOB(notifications__about) notifications__forget_about_job;
/* As the system, notifications and mails that name the person: at most `most` of each; *seen 0:
 * that was all. */
CHECKED err notifications__forget_about(
    struct ctx *c, struct uuid person, int64_t most, int64_t *seen);

/* --- notifications_mail_page.c --- */

/* The mailbox as a page, links clickable. */
struct content notifications__page(struct ctx *c, const struct notifications__mail_list *mails);

/* --- Tables, for notifications_module.c --- */

extern const struct metric NOTIFICATIONS__MAILS, NOTIFICATIONS__OPEN_MAILS,
    NOTIFICATIONS__OLDEST_MAIL_S;
extern const struct command notifications__commands[];
extern const struct support_view notifications__person_support_view;
extern const struct route notifications__mail_routes[], notifications__inbox_routes[],
    notifications__preference_routes[], notifications__unsubscribe_routes[];
extern const struct constraint notifications__constraints[];
extern const struct stream_kind notifications__inbox_stream;
extern const struct subscription notifications__subscriptions[];
extern const JOB(notifications__mail_ref) notifications__send_mail_job;
extern const JOB(nothing) notifications__sweep_job, notifications__settle_job;
extern const struct job_worker notifications__workers[];
extern const struct table notifications__tables[];
extern const JOB(notifications__call) notifications__fan_out_job;
extern const JOB(notifications__copy) notifications__deliver_copy_job;
struct notifications__mail_ref {
    struct uuid mail_id;
};
JOB_OF(notifications__mail_ref);
