/* Which web origins may call as a browser's user. Knows no route. */
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
 * May a mutating request without a bearer token come in? By Fetch Metadata when the browser sends
 * it, otherwise by Origin; `sec_fetch_site` and `origin` are NULL when absent. With neither header
 * it is no browser (each sends at least Origin on POST, PUT, PATCH and DELETE), and no browser
 * means that nobody's ambient cookie is being ridden, and none is given to anybody: curl with a
 * cookie jar may pass.
 */
bool origin_may_mutate(
    const struct origin_rules *rules, const char *sec_fetch_site, const char *origin);
