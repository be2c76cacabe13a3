/*
 * notifications — what people are told, and how it reaches them: an inbox with a live stream, and
 * mail. Listens to what users and auth publish; modules above it call it. Decides no business rule.
 *
 * The only header of this module that others may include. A module above tells people something in
 * three steps: declare a kind, list it in the module's table, notify in the transaction in which
 * it happened:
 *
 *     NOTIFICATION_WORDS(say_started, started)
 *     {
 *         *out = (struct notifications_content){
 *             .title = arena_printf(c->arena, "%s is on the plan %s", in->org, in->plan),
 *             .text = "It can be used at once.",
 *             .action = "See the subscription",
 *             .path = "/billing",
 *         };
 *     }
 *     NOTIFICATION_OF(started);
 *     static NOTIFICATION_KIND(STARTED, started, say_started,
 *         .name = "payments.subscription_started",
 *         .title = "A subscription starts",
 *         .doc = "Those who may see bills hear when a paid plan begins",
 *         .category = NOTIFICATIONS_TRANSACTIONAL,
 *         .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL);
 *     … .extensions = (const struct extension[]){ NOTIFICATIONS_KINDS(&STARTED.kind), {} },
 *
 *     TRY(notifications_notify(c, &STARTED,
 *         &(struct notifications_audience){ .permission = "payments.manage" }, &started));
 */
#pragma once
#include <ashlar/ashlar.h>

/* --- Notifications: to the inbox and by mail, as each person prefers --- */

/* Where a notification may appear; bits. */
enum { NOTIFICATIONS_INBOX = 1, NOTIFICATIONS_MAIL = 2 };

enum notifications_category {
    NOTIFICATIONS_SECURITY = 1,  /* about the account's safety: mandatory on all its channels, goes
                                    even to addresses that bounced */
    NOTIFICATIONS_TRANSACTIONAL, /* follows from what somebody did or bought; may be switched off */
    NOTIFICATIONS_PRODUCT,       /* what goes on; may be switched off */
    NOTIFICATIONS_MARKETING,     /* off until asked for */
};

/* What one notification says, in the reader's language. Plain UTF-8, escaped where it has to be;
 * too long a text is cut at a whole character. */
struct notifications_content {
    const char *title;  /* one line of at most 200 characters; the mail's subject too */
    const char *text;   /* one paragraph of at most 2,000 characters */
    const char *action; /* label of the one thing to do; NULL: none */
    const char *path;   /* its page in the front end, "/billing"; the host comes from settings */
};

/* What a notification says, and the shape of what it is about: made by NOTIFICATION_WORDS, nothing
 * else. */
struct notifications_words {
    void (*say)(
        struct ctx *c, const char *locale, const void *in, struct notifications_content *out);
    const struct shape *data; /* stored with the notification and shown to its reader as JSON, so no
                                 secret field */
};

/* A constant. What is not a constant about it, the people decide in their preferences. */
struct notifications_kind {
    const char *name;  /* stable: "payments.subscription_started" */
    const char *title; /* as preferences list it: "A subscription starts" */
    const char *doc;
    enum notifications_category category;
    bool mandatory;    /* cannot be switched off; those of NOTIFICATIONS_SECURITY never can */
    unsigned channels; /* it may use: NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL */
    unsigned off;      /* of them, those that are off until somebody switches them on */
    int mail_after_s;  /* the mail waits so long, and stays away when the notification was read */
    bool resend_when_unknown; /* a mail that may or may not have arrived is sent once more: only
                                 where twice is better than never */
    const struct notifications_words *words;
};

/*
 * NOTIFICATION_WORDS(fn, S) { … } defines a function of `c`, `locale`, `const struct S *in` and
 * `struct notifications_content *out`, whose strings live in c's arena or are constants. `locale`
 * is BCP 47; English is always right. Pure: no database, no clock. NOTIFICATION_OF(S); beside the
 * struct makes NOTIFICATION(S): the type of the kinds that are about it.
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

/* A module's row in .extensions: its kinds, so that they can be found by name and listed. */
#define NOTIFICATIONS_KINDS(...)                                                                   \
    {                                                                                              \
        .to = "notifications",                                                                     \
        .rows = (const struct notifications_kind *const[]){ __VA_ARGS__, NULL },                   \
    }

/* One person, or the members of c->org who have a permission (their roles at the time of writing,
 * which is moments after the commit). */
struct notifications_audience {
    struct uuid person;
    const char *permission;
    struct uuid except; /* with `permission`: not this person, who knows already */
    struct uuid
        about; /* whom the words name to others: it goes when they are erased; nil: nobody */
};

/*
 * Tell them, in the open transaction, with the struct that the kind is about: it happens when, and
 * only when, that commits; each person's copy is written by a job of its own, in the order of the
 * commits as the stream sees them. What somebody switched off stays away. c->org, when there is
 * one, is noted on the notification. Errors: ERR_INTERNAL when no enabled module lists the kind.
 */
#define notifications_notify(c, notification, to, ...)                                             \
    notifications_notify_(c, &(notification)->kind, to, CARRIED_(notification, __VA_ARGS__))
PUBLIC CHECKED err notifications_notify_(struct ctx *c, const struct notifications_kind *kind,
    const struct notifications_audience *to, const void *data);

/* --- Mail texts: mail to an address that need not belong to anybody yet --- */

enum { NOTIFICATIONS_PARAGRAPHS_MAX = 4 };

/* One mail's content. The layout, text and HTML, is the same for all; every text is plain UTF-8 and
 * is escaped where it has to be. */
struct notifications_mail_text {
    const char *template; /* stable name for logs, e.g. "auth.verify_email" */
    const char *to;       /* one address, lower-cased */
    struct uuid person;   /* whose account it is about: it goes when they go; nil: nobody's */
    struct uuid about;    /* whom it names to others: it goes when they go, too; nil: nobody */
    const char *subject;
    const char *paragraphs[NOTIFICATIONS_PARAGRAPHS_MAX + 1]; /* ends with NULL */
    const char *action, *url; /* label and address of the one thing to do; NULL: none */
    const char *code;         /* to be typed instead; NULL: none */
    const char *footer;       /* why this came, what to do if it should not have */
    bool resend_when_unknown; /* as of a kind: links and codes somebody waits for */
};

/*
 * Queue a mail text in the open transaction: it is sent when, and only when, that commits.
 * The body is encrypted while it waits and wiped when it was handed over. Nobody can switch it off:
 * for what people asked for (a link, a code) or must know; for everything else there are
 * notifications. ERR_INTERNAL when it is longer than 32 KiB: a mail is never cut.
 */
PUBLIC CHECKED err notifications_mail(
    struct ctx *c, const struct notifications_mail_text *mail_text);

/* --- Failures --- */

/* Somebody tries to switch off what concerns the safety of the account. */
PUBLIC extern const struct error_kind NOTIFICATIONS_MANDATORY;
PUBLIC extern const struct error_kind NOTIFICATIONS_LEFT_BY_LINK;
