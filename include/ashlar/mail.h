/*
 * mail — hand one message to the SMTP server. Knows no template; notifications queues and retries.
 *
 * Home: smtp.c.
 */
#pragma once
#include "ctx.h"

struct mail {
    const char *to;      /* one mailbox */
    const char *subject; /* any UTF-8, one line */
    const char *text;
    const char *html;            /* NULL: text only */
    const char *message_id;      /* stable over retries, without <> */
    const char *list_id;         /* RFC 2919, "news.acme.example"; NULL: no list */
    const char *unsubscribe_url; /* takes an RFC 8058 one-click POST; NULL: none */
    /* NULL, or called once when the server asks for the message and has not a byte of it: the last
     * moment at which it is certain that nobody has it. No transaction is open. An error ends the
     * conversation and is mail_send's answer. */
    err (*before)(struct ctx *c, void *arg);
    void *arg;
};

PUBLIC extern const struct error_kind MAIL_REFUSED; /* 5xx: do not try again */
PUBLIC extern const struct error_kind
    MAIL_NO_MAILBOX;                              /* 5xx that says the address does not exist */
PUBLIC extern const struct error_kind MAIL_LATER; /* 4xx, connection, TLS, sign-in: try again */
/* The connection broke after the whole message was handed over and before the answer: it may have
 * been taken or not, and sending it again may send it twice. Never before `before` was called. */
PUBLIC extern const struct error_kind MAIL_UNKNOWN;

/* Is a mail server set (ASHLAR_SMTP_URL)? Without one mail_send is MAIL_LATER. */
PUBLIC bool mail_has_server(void);

/*
 * Submit by the ASHLAR_SMTP_… settings (STARTTLS or TLS with a checked certificate). Refused while
 * a transaction is open. `answer` (NULL: not wanted) gets the server's last line in c's arena, of
 * at most 200 printable ASCII characters; where that says nothing of why, what went wrong.
 */
PUBLIC CHECKED err mail_send(struct ctx *c, const struct mail *m, const char **answer);

/* The message as it would be sent (RFC 5322), for the development mailbox. */
PUBLIC char *mail_render(struct ctx *c, const struct mail *m);
