/* Parsing of the raw request target: validation, splitting, decoding, in this order. */
#include "target.h"
#include <ashlar/text.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte of a "%XX" at `text`, or -1. */
static int percent_byte(const char *text, size_t left)
{
    if (left < 3 || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
        return -1;
    return hex_digit(text[1]) * 16 + hex_digit(text[2]);
}

static bool is_target_byte(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte > 0x20 && byte < 0x7f && c != '\\' && c != '#';
}

/* Whether the segment is "." or "..", with plain and encoded dots. */
static bool is_dot_segment(struct span s)
{
    size_t dots = 0;

    for (size_t i = 0; i < s.size; dots++) {
        if (s.at[i] == '.')
            i++;
        else if (percent_byte(s.at + i, s.size - i) == '.')
            i += 3;
        else
            return false;
    }
    return dots == 1 || dots == 2;
}

static const char *check_segment(struct span s)
{
    for (size_t i = 0; i < s.size; i++) {
        int byte;
        if (s.at[i] != '%')
            continue;
        byte = percent_byte(s.at + i, s.size - i);
        if (byte < 0)
            return "The path has a malformed percent-encoding.";
        if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\')
            return "The path has an encoded control character, slash or backslash.";
    }
    return is_dot_segment(s) ? "The path has a dot segment." : NULL;
}

static const char *check_bytes(const char *raw)
{
    if (raw[0] != '/')
        return "The request target must start with a slash.";
    if (strnlen(raw, TARGET_MAX + 1) > TARGET_MAX)
        return "The request target is too long.";
    for (const char *at = raw; *at; at++) {
        if (!is_target_byte(*at))
            return "The request target has a character that must be percent-encoded.";
    }
    return NULL;
}

const char *target_split(const char *raw, struct target *out)
{
    const char *why = check_bytes(raw), *at = raw, *end;

    *out = (struct target){ .query = NULL };
    if (why)
        return why;
    end = strchrnul(raw, '?');
    if (*end == '?')
        out->query = end + 1;
    while (at < end && at + 1 < end) {
        struct span s = { .at = at + 1 };
        const char *slash = memchr(s.at, '/', (size_t)(end - s.at));
        s.size = (size_t)((slash ? slash : end) - s.at);
        if (s.size == 0)
            return "The path has an empty segment.";
        if (out->n_segments == TARGET_SEGMENTS_MAX)
            return "The path has too many segments.";
        why = check_segment(s);
        if (why)
            return why;
        out->segments[out->n_segments++] = s;
        at = s.at + s.size;
    }
    /* A path with a trailing slash is a different resource: it gets an empty last segment. */
    if (at < end && at > raw) {
        if (out->n_segments == TARGET_SEGMENTS_MAX)
            return "The path has too many segments.";
        out->segments[out->n_segments++] = (struct span){ end, 0 };
    }
    return NULL;
}

char *target_decode(struct arena *a, struct span text, bool plus_is_space)
{
    char *out = arena_alloc(a, text.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] == '%') {
            int byte = percent_byte(text.at + i, text.size - i);
            if (byte <= 0)
                return NULL;
            out[size++] = (char)byte;
            i += 2;
        } else {
            out[size++] = plus_is_space && text.at[i] == '+' ? ' ' : text.at[i];
        }
    }
    out[size] = '\0';
    return utf8_is_valid(out, size) ? out : NULL;
}

static bool decode_pair(struct arena *a, struct span text, struct pair *out)
{
    const char *equals = memchr(text.at, '=', text.size);
    size_t name_size = equals ? (size_t)(equals - text.at) : text.size;
    struct span value = { equals ? equals + 1 : "", equals ? text.size - name_size - 1 : 0 };

    out->name = target_decode(a, (struct span){ text.at, name_size }, true);
    out->value = target_decode(a, value, true);
    return out->name && out->value;
}

const char *target_pairs(struct arena *a, const char *query, struct pair **out, size_t *n)
{
    *n = 0;
    *out = NULL;
    if (query == NULL || *query == '\0')
        return NULL;
    *out = arena_array(a, TARGET_PAIRS_MAX, sizeof **out);
    for (const char *at = query;; at++) {
        const char *end = strchrnul(at, '&');
        if (end > at) { /* "a=1&&b=2" and a trailing "&" are harmless and common */
            if (*n == TARGET_PAIRS_MAX)
                return "The query has too many parameters.";
            if (!decode_pair(a, (struct span){ at, (size_t)(end - at) }, &(*out)[*n]))
                return "The query has a malformed percent-encoding.";
            (*n)++;
        }
        if (*end == '\0')
            return NULL;
        at = end;
    }
}
