/* Cookie and Set-Cookie lines (RFC 6265). */
#include "cookies.h"
#include <ashlar/text.h>

#define HOST_PREFIX "__Host-"

/* RFC 6265 section 4.1.1 cookie-octet: no control, space, quote, comma, semicolon, backslash. */
static bool is_cookie_octet(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte > 0x20 && byte < 0x7f && !strchr("\",;\\", c);
}

static bool all_octets(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!is_cookie_octet(text[i]))
            return false;
    }
    return true;
}

static bool is_cookie_value(const char *text, size_t size)
{
    return size > 0 && size <= COOKIE_VALUE_MAX && all_octets(text, size);
}

/* The value when `pair` is "<prefix><name>=<value>". */
static const char *value_of(const char *pair, size_t size, const char *prefix, const char *name)
{
    size_t prefix_size = strlen(prefix), name_size = strlen(name);

    if (size <= prefix_size + name_size || memcmp(pair, prefix, prefix_size) != 0 ||
        memcmp(pair + prefix_size, name, name_size) != 0 || pair[prefix_size + name_size] != '=')
        return NULL;
    return pair + prefix_size + name_size + 1;
}

char *cookie_find(struct arena *a, const char *header, const char *name, bool host_prefix)
{
    const char *found = NULL;
    size_t found_size = 0;

    for (const char *at = header ? header : ""; *at;) {
        const char *end = strchrnul(at, ';'), *value;
        value = value_of(at, (size_t)(end - at), host_prefix ? HOST_PREFIX : "", name);
        if (value && found)
            return NULL;
        if (value) {
            found = value;
            found_size = (size_t)(end - value);
        }
        at = *end ? end + 1 : end;
        while (*at == ' ')
            at++;
    }
    if (!is_cookie_value(found, found_size))
        return NULL;
    return arena_strndup(a, found, found_size);
}

static bool is_cookie_name(const char *name)
{
    if (*name == '\0')
        return false;
    for (; *name; name++) {
        if (!is_cookie_octet(*name) || strchr("()<>@:/[]?={}", *name))
            return false;
    }
    return true;
}

char *cookie_line(struct arena *a, const struct cookie *cookie, bool host_prefix)
{
    struct buf line;
    bool gone = cookie->value == NULL || cookie->value[0] == '\0';

    if (!is_cookie_name(cookie->name) ||
        (!gone && !is_cookie_value(cookie->value, strlen(cookie->value))))
        return NULL;
    buf_init(&line, a, 4096);
    buf_printf(&line, "%s%s=%s; Path=/; HttpOnly; SameSite=%s", host_prefix ? HOST_PREFIX : "",
        cookie->name, gone ? "" : cookie->value, cookie->strict ? "Strict" : "Lax");
    if (host_prefix)
        buf_text(&line, "; Secure");
    if (gone)
        buf_text(&line, "; Max-Age=0");
    else if (cookie->max_age_s > 0)
        buf_printf(&line, "; Max-Age=%lld", (long long)cookie->max_age_s);
    return buf_is_full(&line) ? NULL : line.data;
}
