/* Parsing and rules of URLs to be called, by the parser that connects. */
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
 * NULL and `*out` (freed by curl_url_cleanup), or the reason why the URL must not be called, as
 * text for its author. Never allowed: other schemes, user:password@, a backslash, a space, a
 * control or non-ASCII character (a name in another script is written as xn--…). Nor another number
 * of slashes than two before the host, or a percent sign in it.
 */
const char *url_parse(const char *url, unsigned rules, CURLU **out);

/* Writes the URL of `path` on a server of this machine that listens on `address` (ASHLAR_LISTEN).
 * For a server on every address it has the loopback address. `out` has URL_MAX bytes. */
void url_of_self(const char *address, const char *path, char *out);
