/* Parsing and rules of URLs to be called, by the parser that connects. */
#include "url.h"
#include <ashlar/text.h>

/* Characters that parsers read differently are rejected before any parser runs. */
static const char *refuse_bytes(const char *url)
{
    size_t size = strnlen(url, URL_MAX + 1);

    if (size > URL_MAX)
        return "The URL is longer than 2048 characters.";
    for (size_t i = 0; i < size; i++) {
        if (url[i] <= ' ' || url[i] > '~' || url[i] == '\\')
            return "The URL holds a space, a backslash, a control or a non-ASCII character.";
    }
    return NULL;
}

/* Some parsers accept one slash or four as two, and decode a host. Others find no host there. */
static const char *refuse_shape(const char *url)
{
    const char *colon = strchr(url, ':'), *host;

    if (colon == NULL || strncmp(colon, "://", 3) != 0 || colon[3] == '/')
        return "The URL must begin with https:// and a host.";
    host = colon + 3;
    if (memchr(host, '%', strcspn(host, "/?#")))
        return "The URL has a percent sign in its host.";
    return NULL;
}

static const char *refuse_scheme(CURLU *u, unsigned rules)
{
    char *scheme = NULL;
    bool good;

    if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return "The URL has no scheme.";
    good = text_equal(scheme, "https") || (text_equal(scheme, "http") && (rules & URL_PLAIN_TOO));
    curl_free(scheme);
    return good ? NULL : "The URL must begin with https://.";
}

static const char *refuse_port(CURLU *u, unsigned rules)
{
    char *port = NULL;
    bool good;

    if ((rules & URL_ANY_PORT) || curl_url_get(u, CURLUPART_PORT, &port, 0) == CURLUE_NO_PORT)
        return NULL;
    good = port != NULL && text_equal(port, "443");
    curl_free(port);
    return good ? NULL : "The URL must use port 443.";
}

static const char *refuse_parts(CURLU *u, const char *url, unsigned rules)
{
    char *host = NULL;
    const char *why;

    /* Strict: "example.org" alone is not a URL, and ftp, file, gopher are not supported. */
    if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK)
        return "This is not an absolute https URL without user name.";
    if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return "The URL has no host.";
    curl_free(host);
    why = refuse_scheme(u, rules);
    return why != NULL ? why : refuse_port(u, rules);
}

const char *url_parse(const char *url, unsigned rules, CURLU **out)
{
    const char *why = refuse_bytes(url);
    CURLU *u;

    if (why == NULL)
        why = refuse_shape(url);
    if (why != NULL)
        return why;
    u = curl_url();
    if (u == NULL)
        return "Out of memory.";
    why = refuse_parts(u, url, rules);
    if (why != NULL) {
        curl_url_cleanup(u);
        return why;
    }
    *out = u;
    return NULL;
}

void url_of_self(const char *address, const char *path, char *out)
{
    const char *colon = strrchr(address, ':');
    bool any = colon == address || strncmp(address, "0.0.0.0:", 8) == 0 ||
               strncmp(address, "[::]:", 5) == 0;

    snprintf(out, URL_MAX, "http://%s%s%s", any ? "127.0.0.1" : "", any ? colon : address, path);
}
