/*
 * notifications — notifications of people: an inbox with a live stream, and email. Subscribes to
 * the events of users and auth; modules above call it. Decides no business rule.
 *
 * The only header of this module that others may include. A module above notifies people in three
 * steps: declare a kind, list it in the module's table, and notify in the transaction of the
 * change:
 *
 *     NOTIFICATION_WORDS(say_started, started)
 *     {
 *         *out = (struct notifications_content){
 *             .title = arena_printf(c->arena, "%s is on the plan %s", in->org, in->plan),
 *             .text = "It is active.",
 *             .action = "View the subscription",
 *             .path = "/billing",
 *         };
 *     }
 *
 *     NOTIFICATION_OF(started);
 *     static NOTIFICATION_KIND(STARTED, started, say_started,
 *         .name = "payments.subscription_started",
 *         .title = "Subscription started",
 *         .doc = "Sent when a paid plan begins",
 *         .category = NOTIFICATIONS_TRANSACTIONAL,
 *         .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL);
 *
 *     … .extensions = (const struct extension[]){ NOTIFICATIONS_KINDS(&STARTED.kind), {} },
 *
 *     TRY(notifications_notify(c, &STARTED,
 *         &(struct notifications_audience){ .permission = "payments.manage" }, &started));
 */
#pragma once
#include <ashlar/ashlar.h>

/* --- Notifications: to the inbox and by email, by each person's preferences --- */

/* Channels of a notification; bits. */
enum { NOTIFICATIONS_INBOX = 1, NOTIFICATIONS_MAIL = 2 };

enum notifications_category {
    NOTIFICATIONS_SECURITY = 1,  /* security of the account: mandatory on all its channels, sent
                                  * even to addresses that bounced */
    NOTIFICATIONS_TRANSACTIONAL, /* result of an action or a purchase; may be switched off */
    NOTIFICATIONS_PRODUCT,       /* news of the product; may be switched off */
    NOTIFICATIONS_MARKETING,     /* off by default */
};

/* The content of one notification, in the reader's language. Plain UTF-8, escaped where necessary.
 * Text above a limit is cut at a whole character. */
struct notifications_content {
    const char *title;  /* one line of at most 200 characters; also the email's subject */
    const char *text;   /* one paragraph of at most 2,000 characters */
    const char *action; /* label of the recommended action; NULL: none */
    const char *path;   /* its page in the front end, "/billing"; the host comes from settings */
};

/* The text of a notification and the shape of its data. Defined by NOTIFICATION_WORDS only. */
struct notifications_words {
    void (*say)(
        struct ctx *c, const char *locale, const void *in, struct notifications_content *out);
    const struct shape *data; /* stored with the notification and returned to its reader as JSON,
                               * so no secret field */
};

/* A constant. The variable part is in each person's preferences. */
struct notifications_kind {
    const char *name;  /* stable: "payments.subscription_started" */
    const char *title; /* title in the preferences: "Subscription started" */
    const char *doc;
    enum notifications_category category;
    bool mandatory;           /* cannot be switched off; always true for NOTIFICATIONS_SECURITY */
    unsigned channels;        /* allowed channels: NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL */
    unsigned off;             /* of them, the channels that are off by default */
    int mail_after_s;         /* delay of the email, which is not sent if the notification is read
                               * before */
    bool resend_when_unknown; /* send an email again whose arrival is unknown: only where twice
                               * is better than never */
    const struct notifications_words *words;
};

/*
 * NOTIFICATION_WORDS(fn, S) { … } defines a function of `c`, `locale`, `const struct S *in` and
 * `struct notifications_content *out`. Strings of `out` are in c's arena or constants. `locale` is
 * BCP 47; English is always valid. Pure: no database, no clock. NOTIFICATION_OF(S); next to the
 * struct defines NOTIFICATION(S), the type of the kinds with this data.
 */
#define NOTIFICATION_WORDS(fn, S)                                                                  \
    static void fn(                                                                                \
        struct ctx *c, const char *locale, const struct S *in, struct notifications_content *out); \
    static void fn##_words(                                                                        \
        struct ctx *c, const char *locale, const void *in, struct notifications_content *out)      \
    {                                                                                              \
        fn(c, locale, in, out);                                                                    \
    }                                                                                              \
    typedef struct S fn##_takes_;                                                                  \
    static const struct notifications_words fn##_notification_words = { fn##_words, &S##_shape };  \
    static void fn(                                                                                \
        struct ctx *c, const char *locale, const struct S *in, struct notifications_content *out)
#define NOTIFICATION_OF(S) union S##_notification_kind CARRIER_(notifications_kind, S)
#define NOTIFICATION(S)    union S##_notification_kind
#define NOTIFICATION_KIND(name_, S, fn, ...)                                                       \
    const NOTIFICATION(S)                                                                          \
        name_ = { .kind = { .words = CARRIES_((NOTIFICATION(S) *)0, fn, fn##_notification_words),  \
                      __VA_ARGS__ } }

/* A module's row in .extensions: its kinds, for lookup by name and for the preferences. */
#define NOTIFICATIONS_KINDS(...)                                                                   \
    {                                                                                              \
        .to = "notifications",                                                                     \
        .rows = (const struct notifications_kind *const[]){ __VA_ARGS__, NULL },                   \
    }

/* One person, or the members of c->org with a permission (by their roles when the copies are
 * written, moments after the commit). */
struct notifications_audience {
    struct uuid person;
    const char *permission;
    struct uuid except; /* with `permission`: except this person */
    struct uuid
        about; /* the person named in the text to others: deleted with their account; nil: none */
};

/*
 * Notify, in the open transaction, with the struct of the kind: sent if and only if the transaction
 * commits. A separate job writes each person's copy, and the stream shows copies in the order of
 * the commits. Switched off channels are omitted. c->org, if any, is stored with the notification.
 * Errors: ERR_INTERNAL when no enabled module lists the kind.
 */
#define notifications_notify(c, notification, to, ...)                                             \
    notifications_notify_(c, &(notification)->kind, to, CARRIED_(notification, __VA_ARGS__))
PUBLIC CHECKED err notifications_notify_(struct ctx *c, const struct notifications_kind *kind,
    const struct notifications_audience *to, const void *data);

/* --- Mail texts: email to an address that may belong to no person yet --- */

enum { NOTIFICATIONS_PARAGRAPHS_MAX = 4 };

/* The content of one email. The layout, text and HTML, is the same for all. Every text is plain
 * UTF-8 and is escaped where necessary. */
struct notifications_mail_text {
    const char *template; /* stable name for logs, e.g. "auth.verify_email" */
    const char *to;       /* one address, lower-cased */
    struct uuid person;   /* the person with the account: the email is deleted with it; nil: none */
    struct uuid about;    /* a person named to others: the email is deleted with their account;
                           * nil: none */
    const char *subject;
    const char *paragraphs[NOTIFICATIONS_PARAGRAPHS_MAX + 1]; /* ends with NULL */
    const char *action, *url; /* label and URL of the recommended action; NULL: none */
    const char *code;         /* for typing instead of the link; NULL: none */
    const char *footer;       /* the reason of the email, and the action to take if it was not
                               * expected */
    bool resend_when_unknown; /* as of a kind: for links and codes */
};

/*
 * Queue an email in the open transaction: sent if and only if the transaction commits. The body is
 * encrypted while it waits and wiped after it was sent. It cannot be switched off: for requested
 * emails (a link, a code) and mandatory information; otherwise use a notification. ERR_INTERNAL
 * above 32 KiB: an email is never cut.
 */
PUBLIC CHECKED err notifications_mail(
    struct ctx *c, const struct notifications_mail_text *mail_text);

/* --- Failures --- */

/* An attempt to switch off a security notification. */
PUBLIC extern const struct error_kind NOTIFICATIONS_MANDATORY;
PUBLIC extern const struct error_kind NOTIFICATIONS_LEFT_BY_LINK;
