/*
 * mail — submission of one message to the SMTP server. The module notifications queues and retries.
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
    const char *list_id;         /* RFC 2919, "news.acme.example". NULL: no list */
    const char *unsubscribe_url; /* accepts an RFC 8058 one-click POST. NULL: none */
    /* NULL, or called once when the server is ready for the message, before the first byte: the
     * last moment at which delivery is certainly impossible. No transaction is open. An error ends
     * the SMTP session and is the result of mail_send. */
    err (*before)(struct ctx *c, void *arg);
    void *arg;
};

PUBLIC extern const struct error_kind MAIL_REFUSED;    /* 5xx: do not retry */
PUBLIC extern const struct error_kind MAIL_NO_MAILBOX; /* 5xx: the address does not exist */
PUBLIC extern const struct error_kind MAIL_LATER;      /* 4xx, connection, TLS, sign-in: retry */
/* The connection broke after the whole message was sent and before the response. The server may
 * have accepted it, so a retry may deliver it twice. Never before `before` was called. */
PUBLIC extern const struct error_kind MAIL_UNKNOWN;

/* Whether a mail server is set (ASHLAR_SMTP_URL). Without one mail_send returns MAIL_LATER. */
PUBLIC bool mail_has_server(void);

/*
 * Submits by the ASHLAR_SMTP_… settings (STARTTLS or TLS with a checked certificate). Not allowed
 * while a transaction is open. `answer` (NULL: not required) receives the server's last line in c's
 * arena, at most 200 printable ASCII characters. If that line has no reason, it receives the local
 * failure.
 */
PUBLIC CHECKED err mail_send(struct ctx *c, const struct mail *m, const char **answer);

/* The message as sent (RFC 5322), for the development mailbox. */
PUBLIC char *mail_render(struct ctx *c, const struct mail *m);
