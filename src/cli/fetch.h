/* Requests of the command line to URLs of the operator. */
#pragma once
#include <ashlar/buf.h>

/* Returns the status of the response and appends its body to `body`. 0 when there was none within
 * `timeout_ms`, with the reason in `*why` (static text). */
int fetch(const char *url, int timeout_ms, struct buf *body, const char **why);

/* Connects to `url` (smtp://, smtps://) up to greeting, TLS and sign-in. NULL when that succeeded,
 * otherwise the reason (static text). `user` and `password` may be NULL. */
struct mail_server {
    const char *url, *user, *password, *ca_file;
};
const char *fetch_greeting(const struct mail_server *server, int timeout_ms);
