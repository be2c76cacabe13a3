/* Declarations shared by the files of notifications only. */
#pragma once
#include "auth.h"
#include "notifications.h"
#include "users.h"

extern const struct setting ASHLAR_MAIL, ASHLAR_PRODUCT_NAME, ASHLAR_VERIFY_PATH,
    ASHLAR_INVITATION_PATH, ASHLAR_SIGN_IN_PATH, ASHLAR_SMOKE_TOKEN, ASHLAR_SMOKE_DOMAIN,
    ASHLAR_INBOX_DAYS, ASHLAR_RESET_PATH, ASHLAR_NEW_EMAIL_PATH, ASHLAR_OLD_EMAIL_PATH,
    ASHLAR_MEMBERS_PATH, ASHLAR_SECURITY_PATH;

/* --- notifications_kinds.c: declared kinds --- */

enum { NOTIFICATIONS__KINDS_MAX = 200 };

/* Iterates over the kinds of all enabled modules: start with a zeroed walk; NULL after the last. */
struct notifications__walk {
    size_t at;
    const struct notifications_kind *const *rows;
};
const struct notifications_kind *notifications__next_kind(struct notifications__walk *walk);
const struct notifications_kind *notifications__kind_named(const char *name); /* or NULL */
bool notifications__is_mandatory(const struct notifications_kind *kind);
bool notifications__is_wanted_by_default(const struct notifications_kind *kind, unsigned channel);
const char *notifications__category_word(enum notifications_category category);
/* The reason why a kind is invalid (all are logged), or emails cannot be sent; or NULL. */
const char *notifications__check(enum environment env);

/* --- notifications_member_notifications.c: kinds and texts about organisations --- */

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
/* Notify the owners of a suspended, or restored, organisation. In no organisation. */
CHECKED err notifications__notify_owners(
    struct ctx *c, const struct users_suspension_event *e, bool suspended);
extern const struct extension notifications__extensions[];

/* --- notifications_security_notifications.c: security of an account --- */

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

/* --- notifications_delivery_service.c: one copy for each person --- */

/* Whether c's organisation was deleted. */
CHECKED err notifications__is_org_gone(struct ctx *c, bool *out);

/* Payload of the job that lists the recipients, a page at a time; in their organisation. */
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
    const char *permission; /* required in c->org to receive it; NULL: it is about the recipient */
    const char *kind;
    const char *data;
};
JOB_OF(notifications__copy);
CHECKED err notifications__fan_out(struct ctx *c, const struct notifications__call *call);
CHECKED err notifications__deliver_copy(struct ctx *c, const struct notifications__copy *copy);
/* Act as the person, whose erasure waits until this transaction ends. `*out` false: already
 * erased. */
CHECKED err notifications__enter_if_there(struct ctx *c, struct uuid person, bool *out);

/* --- notifications_preference_service.c and its store --- */

#define NOTIFICATIONS__CHANNELS "inbox|mail"

/* A person's preference for a kind on a channel. */
struct notifications__channel_preference {
    const char *kind, *channel;
    bool wanted;
};
/* Of one person, for one kind; `kind` NULL: for all. */
CHECKED err notifications__list_channel_preferences(struct ctx *c, struct uuid person,
    const char *kind, const struct notifications__channel_preference **out, size_t *n);
CHECKED err notifications__delete_preferences(struct ctx *c, struct uuid person);
/* The acting person's preferences, except unsubscriptions by a link. Those end only by an explicit
 * choice of the email. */
CHECKED err notifications__delete_channel_preferences(struct ctx *c);

/* The channels on which the acting person receives a kind. */
struct notifications__wanted_channels {
    bool inbox, mail;
};
CHECKED err notifications__get_wanted_channels(struct ctx *c, const struct notifications_kind *kind,
    struct notifications__wanted_channels *out);

/* A kind in the preferences. */
struct notifications__preference_channel {
    const char *channel;
    bool wanted;
};
struct notifications__notification_preference {
    const char *kind, *title, *doc, *category;
    bool mandatory;
    const struct notifications__preference_channel *channels;
    size_t n_channels;
};
struct notifications__notification_preferences {
    const struct notifications__notification_preference *data;
    size_t n_data;
    int64_t version; /* of all preferences of the person */
};
extern const struct shape notifications__notification_preferences_shape;

/* The acting person's preferences, for every kind. */
CHECKED err notifications__get_preferences(
    struct ctx *c, struct notifications__notification_preferences *out);
/* Replace the acting person's preferences. An email unsubscribed by its link is enabled again only
 * for a client that has seen the unsubscription (If-Match). Errors: ERR_INVALID,
 * NOTIFICATIONS_MANDATORY, ERR_CHANGED, NOTIFICATIONS_LEFT_BY_LINK. */
CHECKED err notifications__put_preferences(
    struct ctx *c, const struct notifications__channel_preference *preferences, size_t n);
CHECKED err notifications__lock_preferences(struct ctx *c);
/* Of all preferences of the acting person. */
CHECKED err notifications__version_of_preferences(struct ctx *c, int64_t *out);
/* The acting person's unsubscriptions by a link. */
CHECKED err notifications__list_left(
    struct ctx *c, const struct notifications__channel_preference **out, size_t *n);
/* `said_by`: "preferences" or "unsubscribe". */
CHECKED err notifications__put_channel_preference(
    struct ctx *c, const struct notifications__channel_preference *preference, const char *said_by);
extern const struct shape notifications__channel_preference_shape;

/* --- notifications_unsubscribe_service.c: unsubscription by the link in an email, without sign-in
 * --- */

/* The unsubscribe link in emails of this kind to this person. */
const char *notifications__unsubscribe_url(
    struct ctx *c, struct uuid person, const struct notifications_kind *kind);
/* The kind of a link; changes nothing. Errors: ERR_NOT_FOUND. */
CHECKED err notifications__read_unsubscribe(
    struct ctx *c, const char *token, const struct notifications_kind **kind);
/* Unsubscribe; idempotent. Errors: ERR_NOT_FOUND. */
CHECKED err notifications__unsubscribe(
    struct ctx *c, const char *token, const struct notifications_kind **kind);

/* Whether this person gets emails of this kind. For the system. True for an unknown kind. */
CHECKED err notifications__is_mail_wanted(
    struct ctx *c, struct uuid person, const char *kind, bool *out);

/* --- notifications_inbox_service.c and its store: the acting person's inbox --- */

struct notifications__notification {
    struct uuid id;
    int64_t seq;
    struct uuid org_id;
    const char *kind, *title, *text;
    const char *action, *path; /* NULL: no action */
    const char *data;          /* JSON */
    struct instant created_at, read_at, archived_at;
};
extern const struct shape notifications__notification_shape;
LIST_OF(notifications__notification);
extern const struct shape notifications__notification_list_shape;

struct notifications__new_item {
    struct uuid id, about; /* nil: it names only its reader */
    const char *kind, *data;
    const struct notifications_content *content;
};
CHECKED err notifications__add_item(struct ctx *c, const struct notifications__new_item *item);

/* `*last` of so many consecutive numbers. Blocks other callers until this transaction ends. */
CHECKED err notifications__next_seq(struct ctx *c, int64_t how_many, int64_t *last);
CHECKED err notifications__insert_item(
    struct ctx *c, const struct notifications__new_item *item, int64_t seq);
CHECKED err notifications__get_item(
    struct ctx *c, struct uuid id, struct notifications__notification *out);
CHECKED err notifications__list_items(struct ctx *c, const struct page_in *page, const char *show,
    struct notifications__notification_list *out);
CHECKED err notifications__count_unread(struct ctx *c, int64_t *n); /* up to 1,000 */
/* The highest number assigned; 0: none. */
CHECKED err notifications__last_seq(struct ctx *c, int64_t *out);
/* At most 100 items with a higher number, lowest first. */
CHECKED err notifications__list_changes(
    struct ctx *c, int64_t after, const struct notifications__notification **out, size_t *n);

/* A client's marks of an item; omitted ones are unchanged. */
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
    const struct notifications__marks *marks, struct notifications__notification *out);
CHECKED err notifications__set_marks(
    struct ctx *c, const struct notifications__marked *m, struct notifications__notification *out);
/* Up to and including this item, nil: all. `*n`: number of unread ones. */
CHECKED err notifications__read_all(struct ctx *c, struct uuid up_to, int64_t *n);
CHECKED err notifications__set_all_read(struct ctx *c, struct uuid up_to, int64_t seq, int64_t *n);
/* At most `most`, as in all deletions by age: the size of a transaction does not depend on the
 * backlog (table.h). */
CHECKED err notifications__delete_old_items(
    struct ctx *c, int64_t days, int64_t most, int64_t *gone);
/* The acting person's items of c->org. */
CHECKED err notifications__delete_items_of_org(struct ctx *c);
CHECKED err notifications__delete_inbox(struct ctx *c, struct uuid person);

/* --- notifications_layout.c: an email as text and as HTML --- */

struct notifications__body {
    const char *text, *html;
    const char *unsubscribe_url; /* NULL: no link */
};
/* Reads `out->unsubscribe_url` and fills the other members. */
CHECKED err notifications__lay_out(struct ctx *c, const struct notifications_mail_text *mail_text,
    struct notifications__body *out);

/* --- notifications_mail_texts.c: texts of emails --- */

/* One mail that an event causes. {marks} in its words are facts of the event, and {product}. */
struct notifications__mail_kind {
    const char *template, *subject;
    const char *paragraphs[NOTIFICATIONS_PARAGRAPHS_MAX + 1]; /* ends with NULL */
    const char *action, *footer;
    const struct setting *path; /* of the front end's page; it has the token */
    bool resend_when_unknown;
};
extern const struct notifications__mail_kind NOTIFICATIONS__VERIFY_EMAIL,
    NOTIFICATIONS__ACCOUNT_EXISTS, NOTIFICATIONS__INVITATION, NOTIFICATIONS__RESET_PASSWORD,
    NOTIFICATIONS__CONFIRM_NEW_EMAIL, NOTIFICATIONS__NEW_EMAIL_TAKEN,
    NOTIFICATIONS__OLD_EMAIL_CHANGED;

/* What the event says; NULL, nil and none where it says nothing. */
struct notifications__facts {
    const char *to; /* recipient */
    const char *token, *code;
    struct uuid person, about; /* as in struct notifications_mail_text */
    const char *email, *role, *network;
    const char *org, *inviter; /* as people typed them */
    struct instant expires_at;
};
void notifications__mail_text_by(struct ctx *c, const struct notifications__mail_kind *kind,
    const struct notifications__facts *facts, struct notifications_mail_text *out);

struct notifications__mark {
    const char *name, *value; /* "{org}" */
};
/* The text with the marks' values in their places, in one pass: a value with a mark in it stays as
 * it is. `marks` ends with an empty row. */
const char *notifications__fill(
    struct ctx *c, const char *text, const struct notifications__mark *marks);

/* URL of a page of the front end; NULL token: none. */
const char *notifications__link_to(struct ctx *c, const char *path, const char *token);

/* False: there is no text for this warning. */
bool notifications__owner_warning(
    struct ctx *c, const struct users_owner_warning *e, struct notifications_mail_text *out);

void notifications__mail_text_of(struct ctx *c, const struct users_person *to,
    const struct notifications_content *content, struct notifications_mail_text *out);

/* --- notifications_mail_store.c --- */

/* The row of an email. */
struct notifications__row {
    struct uuid id;
    const char *to_address, *template, *subject;
    const char *sealed_body; /* NULL: wiped */
    const char *state;       /* see the migration */
    struct instant created_at;
    struct uuid person_id, item_id; /* nil: none */
    const char *kind;               /* NULL: a mail text */
    bool mandatory, resend;
    int64_t attempts; /* transmissions started */
    bool held;        /* its organisation is suspended */
};
/* A captured email, decrypted. */
struct notifications__mail {
    struct uuid id;
    const char *to, *subject, *text, *html;
    struct instant created_at;
};
LIST_OF(notifications__mail);
extern const struct shape notifications__mail_list_shape;

/* An email to be queued. A mail text alone has no kind and no person. */
struct notifications__new_mail {
    struct uuid id;
    const struct notifications_mail_text *mail_text;
    const struct notifications__body *body;
    struct uuid person, item, about;       /* nil: none */
    const struct notifications_kind *kind; /* NULL: a mail text, which cannot be switched off */
};
/* Number of emails of this template to the address in the last hour. As the system. */
CHECKED err notifications__count_recent_mails(
    struct ctx *c, const struct notifications_mail_text *mail_text, int64_t *n);
/* c->org is suspended or restored. While it is suspended its emails are not sent, also new ones,
 * and do not age. */
CHECKED err notifications__hold_org(struct ctx *c, bool held);
/* c->org is deleted: its waiting emails are never sent. */
CHECKED err notifications__purge_org(struct ctx *c);
/* Assign to the person earlier emails to an address that had no known owner then. As the system. */
CHECKED err notifications__adopt_mails(struct ctx *c, const char *address, struct uuid person);
CHECKED err notifications__insert_mail(struct ctx *c, const struct notifications__new_mail *mail);
CHECKED err notifications__lock_mail(
    struct ctx *c, struct uuid id, struct notifications__row *out, bool *found);
/* Increments `attempts`. `*begun` false: another process was faster. */
CHECKED err notifications__begin_transmission(
    struct ctx *c, struct uuid id, int64_t attempts, bool *begun);
/* `why` NULL: no reason. */
CHECKED err notifications__settle_mail(
    struct ctx *c, struct uuid id, const char *state, const char *why);
/* The same for the process that delivers `row`. Nothing if a response settled it, or another
 * process started a transmission, since. */
CHECKED err notifications__note_delivery(
    struct ctx *c, const struct notifications__row *row, const char *state, const char *why);
CHECKED err notifications__is_item_read(
    struct ctx *c, struct uuid person, struct uuid item, bool *out);
/* The server's response by which the address does not exist. NULL: not suppressed. */
CHECKED err notifications__find_suppression(
    struct ctx *c, const char *address, const char **answer);
CHECKED err notifications__suppress(
    struct ctx *c, const char *address, const char *answer, int days);
CHECKED err notifications__lift_suppression(struct ctx *c, const char *address);
struct notifications__open_mails {
    int64_t queued, transmitting, unknown, failed;
    int64_t oldest_s; /* of the unsettled ones */
};
CHECKED err notifications__count_open_mails(struct ctx *c, struct notifications__open_mails *out);
/* An email as shown to operators: no body. */
struct notifications__mail_trace {
    struct uuid id;
    const char *to_address, *template, *state, *why;
    int64_t attempts;
    struct instant created_at;
};
extern const struct shape notifications__mail_trace_shape;
/* The newest 50; NULL: any state, any address. */
CHECKED err notifications__list_mails(struct ctx *c, const char *state, const char *to,
    const struct notifications__mail_trace **out, size_t *n);
/* `*org`: its organisation; nil: none. Errors: ERR_NOT_FOUND unless the state is unknown or failed
 * and the body is still stored. */
CHECKED err notifications__requeue_mail(struct ctx *c, struct uuid id, struct uuid *org);
CHECKED err notifications__settle_abandoned_mails(struct ctx *c, int64_t *n);
CHECKED err notifications__delete_old_suppressions(struct ctx *c, int64_t most, int64_t *gone);
/* The newest 50; `to` NULL: of any address. */
CHECKED err notifications__list_caught(
    struct ctx *c, const char *to, const struct notifications__row **rows, size_t *n);
/* Delete all emails to the acting person and the suppression of the address. */
CHECKED err notifications__forget_person(struct ctx *c, const char *address);
CHECKED err notifications__delete_old_mails(struct ctx *c, int64_t most, int64_t *gone);

/* False when the body was wiped, or was sealed with a key that is no longer configured. */
CHECKED bool notifications__open_body(
    struct ctx *c, const struct notifications__row *row, struct notifications__body *out);

/* --- notifications_mail_service.c --- */

/* Queue a notification as an email to the acting person. `item`: its copy in the inbox, nil: none.
 * `about`: the named person. */
CHECKED err notifications__queue_notification(struct ctx *c, const struct notifications_kind *kind,
    struct uuid item, struct uuid about, const struct notifications_mail_text *mail_text);

/* Deliver, or capture, a queued email. Nothing when it was settled before. TX_MANUAL. */
CHECKED err notifications__deliver(struct ctx *c, struct uuid id);
/* Settle an email whose job is dead. */
CHECKED err notifications__mail_died(struct ctx *c, struct uuid id);

/* Captured emails, newest first. */
CHECKED err notifications__mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out);
/* The same for one address, and only for addresses of smoke tests. */
CHECKED err notifications__smoke_mailbox(
    struct ctx *c, const char *to, struct notifications__mail_list *out);

/* Send an unknown or failed email again, by an operator's decision. In a suspended organisation it
 * waits until that is restored. */
CHECKED err notifications__send_again(struct ctx *c, struct uuid id);

/* Hook: gauges of waiting emails. */
CHECKED err notifications__measure(struct ctx *c);

CHECKED err notifications__erase_person(struct ctx *c, struct uuid person);

/* Payload of the job that deletes notifications to others about an erased person. */
struct notifications__about {
    struct uuid person_id;
};
JOB_OF(notifications__about);
extern const JOB(notifications__about) notifications__forget_about_job;
/* As the system, delete notifications and emails that name the person: at most `most` of each.
 * `*seen` 0: none is left. */
CHECKED err notifications__forget_about(
    struct ctx *c, struct uuid person, int64_t most, int64_t *seen);

/* --- notifications_mail_page.c --- */

/* The captured emails as a page with links. */
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
