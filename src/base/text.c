/* UTF-8, words, numbers, base64url, independent of the locale. */
#include <ashlar/text.h>
#include "utf8.h"

static size_t length_by_lead(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* The range of the second byte excludes overlong forms, surrogates and > U+10FFFF (RFC 3629 section
 * 4). */
static bool second_fits(unsigned char lead, unsigned char second)
{
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

size_t utf8_sequence(const char *text, size_t size)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t length = length_by_lead(s[0]);
    if (length > size || (length > 1 && !second_fits(s[0], s[1])))
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

bool utf8_is_valid(const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = utf8_sequence(text + i, size - i);
        if (!length || !text[i])
            return false;
        i += length;
    }
    return true;
}

size_t utf8_length(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Not strcasecmp, which depends on the locale. */
bool text_equal_nocase(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return *a == *b;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_is_one_of(const char *list, const char *word, size_t word_size)
{
    if (!list || !word_size)
        return false;
    for (const char *at = list;; at++) {
        size_t size = strcspn(at, "|");
        if (size == word_size && memcmp(at, word, size) == 0)
            return true;
        at += size;
        if (!*at)
            return false;
    }
}

char *text_lower(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    for (char *at = copy; at && *at; at++)
        *at = lower(*at);
    return copy;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char *text_trim(struct arena *a, const char *text)
{
    while (is_space(*text))
        text++;
    size_t size = strlen(text);
    while (size && is_space(text[size - 1]))
        size--;
    return arena_strndup(a, text, size);
}

char *text_cut(struct arena *a, const char *text, size_t size, size_t max)
{
    if (size <= max)
        return arena_strndup(a, text, size);
    while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return arena_printf(a, "%.*s…", (int)max, text);
}

bool text_to_int(const char *text, int64_t *out)
{
    if (!text)
        return false;
    bool negative = *text == '-';
    const char *at = text + negative;
    int64_t value = 0;
    if (!*at)
        return false;
    for (; *at; at++) {
        int digit = *at - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *out = value;
    return true;
}

static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *base64url_from_bytes(struct arena *a, const void *data, size_t size)
{
    const unsigned char *in = data;
    char *text = arena_alloc(a, size / 3 * 4 + 5);
    char *out = text;
    uint32_t pending = 0;
    int bits = 0;
    for (size_t i = 0; i < size; i++) {
        pending = pending << 8 | in[i];
        for (bits += 8; bits >= 6; bits -= 6)
            *out++ = base64url_digits[pending >> (bits - 6) & 63];
    }
    if (bits)
        *out++ = base64url_digits[pending << (6 - bits) & 63];
    return text;
}

char *base64_from_bytes(struct arena *a, const void *data, size_t size)
{
    char *text = base64url_from_bytes(a, data, size); /* has room for the padding */
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++)
        text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    while (n % 4 != 0)
        text[n++] = '=';
    return text;
}

static int base64url_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_to_bytes(struct arena *a, const char *text, size_t size, struct bytes *out)
{
    if (size % 4 == 1)
        return false;
    unsigned char *data = arena_alloc(a, size / 4 * 3 + 3);
    size_t used = 0;
    uint32_t pending = 0;
    int bits = 0;
    for (size_t i = 0; i < size; i++) {
        int value = base64url_value(text[i]);
        if (value < 0)
            return false;
        pending = pending << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            data[used++] = (unsigned char)(pending >> bits);
        }
    }
    if (pending & ((1u << bits) - 1))
        return false;
    *out = (struct bytes){ data, used };
    return true;
}

char *hex_from_bytes(struct arena *a, const void *data, size_t size)
{
    const unsigned char *in = data;
    char *text = arena_array(a, size + 1, 2);
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = "0123456789abcdef"[in[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[in[i] & 15];
    }
    return text;
}
