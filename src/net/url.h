/* URLs we are asked to call: parsed once, by the parser that connects. */
#pragma once
#include <ashlar/base.h>
#include <curl/curl.h>

enum { URL_MAX = 2048 };

enum url_rules {
    URL_CUSTOMER = 0,  /* https, port 443 */
    URL_PLAIN_TOO = 1, /* http as well */
    URL_ANY_PORT = 2,
};

/*
 * NULL and `*out` (ends with curl_url_cleanup), or why the URL must not be called: text for the one
 * who entered it. Never allowed: other schemes, user:password@, a backslash, a space, a control or
 * non-ASCII character (a name in another script is written as xn--…), another number of slashes
 * than two before the host, a percent sign in it.
 */
const char *url_parse(const char *url, unsigned rules, CURLU **out);

/* Where a server listening on `address` (ASHLAR_LISTEN) answers `path` on this machine: one that
 * listens on every address is asked on the loopback one. `out` holds URL_MAX bytes. */
void url_of_self(const char *address, const char *path, char *out);
