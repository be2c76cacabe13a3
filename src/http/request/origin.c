/* Web origins that may call with a browser's cookies. */
#include "origin.h"
#include <ashlar/text.h>

struct origin_rules origin_rules;

/* Size of "scheme://host:port" at the start of a URL. */
static size_t origin_size(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(strchrnul(host + 3, '/') - url) : 0;
}

bool origin_is_own(const struct origin_rules *rules, const char *origin)
{
    size_t size = rules->own ? origin_size(rules->own) : 0;
    return size && strlen(origin) == size && strncasecmp(origin, rules->own, size) == 0;
}

/* Entries are separated by commas and blanks; the settings were validated at start. */
static bool is_listed(const char *list, const char *origin)
{
    size_t size;

    for (const char *at = list ? list : ""; *at; at += size) {
        at += strspn(at, ", ");
        size = strcspn(at, ", ");
        if (size > 0 && strlen(origin) == size && strncasecmp(at, origin, size) == 0)
            return true;
    }
    return false;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits >= 1 && digits <= 5 && text[digits] == '\0';
}

static bool is_localhost(const char *origin)
{
    static const char *const hosts[] = { "http://localhost", "https://localhost",
        "http://127.0.0.1", "https://127.0.0.1" };

    for (size_t i = 0; i < COUNT(hosts); i++) {
        const char *rest = origin + strlen(hosts[i]);
        if (text_starts_with(origin, hosts[i]) &&
            (*rest == '\0' || (*rest == ':' && is_port(rest + 1))))
            return true;
    }
    return false;
}

bool origin_is_allowed(const struct origin_rules *rules, const char *origin)
{
    return origin_is_own(rules, origin) || is_listed(rules->listed, origin) ||
           (rules->any_localhost && is_localhost(origin));
}

bool origin_may_mutate(
    const struct origin_rules *rules, const char *sec_fetch_site, const char *origin)
{
    if (sec_fetch_site && strcmp(sec_fetch_site, "same-origin") == 0)
        return true;
    if (origin)
        return origin_is_allowed(rules, origin);
    return sec_fetch_site == NULL || strcmp(sec_fetch_site, "none") == 0;
}
