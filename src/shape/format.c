/* Checks of text formats: email address, URL, slug and others. All texts are valid UTF-8 without
 * NUL. The field checks lengths in code points. */
#include "shape_json.h"
#include <ashlar/text.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_letter(c);
}

/* Returns the code point at *text and advances past it (never past a NUL). */
static uint32_t next_code_point(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    int size = at[0] < 0x80 ? 1 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    uint32_t point = size == 1 ? at[0] : at[0] & (0x7FU >> size);
    int i = 1;
    for (; i < size && (at[i] & 0xC0) == 0x80; i++)
        point = point << 6 | (at[i] & 0x3F);
    *text += i;
    return point;
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

/* Line separators, marks that reorder the text around them, and non-characters. A name must not be
 * able to reorder the email or the log line that contains it. */
static bool breaks_line(uint32_t point)
{
    return (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
           (point & 0xFFFE) == 0xFFFE || (point >= 0xFDD0 && point <= 0xFDEF);
}

static bool is_any_text(const char *text)
{
    while (*text) {
        uint32_t point = next_code_point(&text);
        if (is_control(point) && point != '\t' && point != '\n')
            return false;
    }
    return true;
}

static bool is_line(const char *text)
{
    for (const char *at = text; *at;) {
        uint32_t point = next_code_point(&at);
        if (is_control(point) || breaks_line(point))
            return false;
    }
    return text_is_visible(text);
}

static bool is_mailed_name(const char *text)
{
    struct arena *a = arena_new(0);
    bool is = is_line(text) && !text_has_address(a, text);

    arena_free(a);
    return is;
}

static bool is_token(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return *text;
}

static bool is_slug(const char *text)
{
    for (const char *at = text; *at; at++) {
        bool inner_hyphen = *at == '-' && at > text && at[1];
        if (!inner_hyphen && !is_digit(*at) && !(*at >= 'a' && *at <= 'z'))
            return false;
    }
    return *text;
}

/* Language of two or three letters, then subtags of two to eight (RFC 5646 without extensions). */
static bool is_locale(const char *text)
{
    size_t language = 0;
    while (is_letter(text[language]))
        language++;
    if (language < 2 || language > 3)
        return false;
    const char *at = text + language;
    while (*at == '-') {
        size_t subtag = 0;
        while (is_alnum(at[1 + subtag]))
            subtag++;
        if (subtag < 2 || subtag > 8)
            return false;
        at += 1 + subtag;
    }
    return !*at;
}

/* Labels of letters, digits and inner hyphens, 1 to 63 each (RFC 1123 section 2.1). */
static bool is_host(const char *host, size_t size)
{
    size_t label = 0;
    for (size_t i = 0; i < size; i++) {
        bool first = label == 0, last = i + 1 == size || host[i + 1] == '.';
        if (host[i] == '.' && !first) {
            label = 0;
            continue;
        }
        bool hyphen = host[i] == '-' && !first && !last;
        if ((!is_alnum(host[i]) && !hyphen) || ++label > 63)
            return false;
    }
    return label > 0 && size <= 253;
}

static bool is_atom_char(char c)
{
    return is_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Atoms with single dots between them: no quotes, comments or routes (RFC 5321 section 4.1.2). */
static bool is_mailbox_local(const char *local, size_t size)
{
    if (size == 0 || size > 64 || local[0] == '.' || local[size - 1] == '.')
        return false;
    for (size_t i = 0; i < size; i++) {
        bool single_dot = local[i] == '.' && local[i + 1] != '.';
        if (!single_dot && !is_atom_char(local[i]))
            return false;
    }
    return true;
}

/* A dot, and a last label that is not a number, which excludes `localhost` and IP addresses. */
static bool is_mail_domain(const char *domain)
{
    const char *dot = strrchr(domain, '.');
    return dot && !is_digit(dot[1]) && strlen(dot + 1) >= 2 && is_host(domain, strlen(domain));
}

static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');
    return at && strlen(text) <= 254 && is_mailbox_local(text, (size_t)(at - text)) &&
           is_mail_domain(at + 1);
}

static bool is_url_char(const char *at)
{
    if (*at == '%')
        return at[1] && at[2] && strspn(at + 1, "0123456789abcdefABCDEF") >= 2;
    return *at > ' ' && *at <= '~' && !strchr("\"<>\\^`{|}", *at);
}

/* ":8080" or empty. */
static bool is_port(const char *port, size_t size)
{
    if (size == 0)
        return true;
    uint32_t number = 0;
    for (size_t i = 1; i < size && i <= 5; i++) {
        if (!is_digit(port[i]))
            return false;
        number = number * 10 + (uint32_t)(port[i] - '0');
    }
    return port[0] == ':' && size >= 2 && size <= 6 && number > 0 && number <= 65535;
}

/* Name or address, and port. User information is rejected, because it only serves phishing. */
static bool is_authority(const char *text, size_t size)
{
    size_t host = size;
    if (text[0] == '[') {
        const char *close = memchr(text, ']', size);
        host = close ? (size_t)(close - text) + 1 : 0;
        size_t inner = strspn(text + 1, "0123456789abcdefABCDEF:.");
        return host >= 4 && inner == host - 2 && is_port(text + host, size - host);
    }
    const char *colon = memchr(text, ':', size);
    if (colon)
        host = (size_t)(colon - text);
    return is_host(text, host) && is_port(text + host, size - host);
}

static bool is_url(const char *text)
{
    static const char *const schemes[] = { "https://", "http://" };
    for (size_t i = 0; i < COUNT(schemes); i++) {
        if (!text_starts_with(text, schemes[i]))
            continue;
        const char *authority = text + strlen(schemes[i]);
        const char *at = authority + strcspn(authority, "/?#");
        if (!is_authority(authority, (size_t)(at - authority)))
            return false;
        while (*at && is_url_char(at))
            at++;
        return !*at;
    }
    return false;
}

bool text_format_ok(enum text_format f, const char *text)
{
    switch (f) {
    case ANY_TEXT:
        return is_any_text(text);
    case LINE:
        return is_line(text);
    case MAILED_NAME:
        return is_mailed_name(text);
    case TYPED_CODE:
        return is_token(text);
    case EMAIL:
        return is_email(text);
    case URL:
        return is_url(text);
    case SLUG:
        return is_slug(text);
    case LOCALE:
        return is_locale(text);
    case TOKEN:
        return is_token(text);
    case PASSWORD:
    case VERBATIM:
        return true;
    }
    return false;
}
