/* Web origins that may call with a browser's cookies. */
#pragma once
#include <ashlar/base.h>

struct origin_rules {
    const char *listed; /* comma-separated exact origins; NULL: none */
    const char *own;    /* this server's public URL */
    bool any_localhost; /* development: http(s)://localhost and 127.0.0.1 on any port */
};

/* Fixed by http_start from the settings. */
extern struct origin_rules origin_rules;

bool origin_is_own(const struct origin_rules *rules, const char *origin);
/* Listed, own or (in development) local. */
bool origin_is_allowed(const struct origin_rules *rules, const char *origin);

/*
 * Whether a mutating request without a bearer token is accepted. By Fetch Metadata if the browser
 * sends it, otherwise by Origin. `sec_fetch_site` and `origin` are NULL when absent. Without both
 * the client is not a browser, because browsers send Origin on POST, PUT, PATCH and DELETE. Then no
 * foreign page can use the cookie, so curl with a cookie jar is accepted.
 */
bool origin_may_mutate(
    const struct origin_rules *rules, const char *sec_fetch_site, const char *origin);
