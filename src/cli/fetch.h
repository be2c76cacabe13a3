/* One GET from the command line to an address the operator named. */
#pragma once
#include <ashlar/buf.h>

/* Status of the answer, its body appended to `body`; 0 when there was none within `timeout_ms`,
 * then
 * `*why` says so (static text). */
int fetch(const char *url, int timeout_ms, struct buf *body, const char **why);

/* Connect to `url` (smtp://, smtps://) as far as greeting, TLS and sign-in; NULL when that worked,
 * otherwise why not (static text). `user` and `password` may be NULL. */
struct mail_server {
    const char *url, *user, *password, *ca_file;
};
const char *fetch_greeting(const struct mail_server *server, int timeout_ms);
