/* Encoding of mail messages. */
#include "mime.h"
#include <sodium.h>

enum {
    MAILBOX_MAX = 254, /* RFC 5321 section 4.5.3.1.3, less the brackets */
    WORD_BYTES = 39,   /* of UTF-8 in one encoded word: with "Subject: " before it, a line of 73. At
                        * most 76 are allowed (RFC 2047 section 2) */
    LINE_MAX_QP = 76,  /* RFC 2045 section 6.7 (5), without CRLF */
    LINE_MAX_HEADER = 900,
};

static bool is_mailbox(const char *text, size_t size)
{
    const char *at = memchr(text, '@', size), *end = text + size;

    if (at == NULL || at == text || at + 1 == end || size > MAILBOX_MAX)
        return false;
    for (const char *p = text; p < end; p++) {
        if (*p <= ' ' || *p > '~' || strchr("<>()[]\\,;:\"", *p) != NULL)
            return false;
    }
    return memchr(at + 1, '@', (size_t)(end - at - 1)) == NULL && text[0] != '-';
}

bool mime_is_mailbox(const char *text)
{
    return is_mailbox(text, strlen(text));
}

bool mime_mailbox_of(const char *text, const char **at, size_t *size)
{
    const char *open = strrchr(text, '<'), *close = strrchr(text, '>');

    if (open == NULL) {
        *at = text;
        *size = strlen(text);
        return mime_is_mailbox(text);
    }
    if (close == NULL || close < open || close[1] != '\0')
        return false;
    *at = open + 1;
    *size = (size_t)(close - open - 1);
    return is_mailbox(*at, *size);
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* Whether a header may contain the value unencoded. "=?" could be parsed as an encoded word. */
static bool is_plain(const char *value)
{
    size_t size = strlen(value);

    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)value[i] >= 0x80)
            return false;
    }
    return size <= LINE_MAX_HEADER && strstr(value, "=?") == NULL;
}

static void add_clean(struct buf *b, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buf_char(b, is_control(text[i]) ? ' ' : text[i]);
}

/* Bytes of the next encoded word: whole characters only (RFC 2047 section 5). */
static size_t word_size(const char *text, size_t left)
{
    size_t n = left < WORD_BYTES ? left : WORD_BYTES;

    while (n < left && n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static void add_word(struct buf *b, const char *text, size_t size)
{
    char clean[WORD_BYTES], coded[sodium_base64_ENCODED_LEN(WORD_BYTES, 1)];

    for (size_t i = 0; i < size; i++)
        clean[i] = is_control(text[i]) ? ' ' : text[i];
    sodium_bin2base64(
        coded, sizeof coded, (const unsigned char *)clean, size, sodium_base64_VARIANT_ORIGINAL);
    buf_printf(b, "=?UTF-8?B?%s?=", coded);
}

/* Number of bytes of the value in encoded words: an address after a name stays outside of them (RFC
 * 2047 section 5 (3)). */
static size_t words_size(const char *value)
{
    const char *open = strrchr(value, '<');

    return open != NULL && is_plain(open) && strchr(open, '@') != NULL ? (size_t)(open - value)
                                                                       : strlen(value);
}

void mime_header(struct buf *b, const char *name, const char *value)
{
    size_t words = words_size(value), n;
    const char *address = value + words;

    buf_printf(b, "%s: ", name);
    if (is_plain(value)) {
        add_clean(b, value, strlen(value));
        buf_text(b, "\r\n");
        return;
    }
    while (words > 0 && value[words - 1] == ' ')
        words--;
    for (const char *at = value; at < value + words; at += n) {
        if (at > value)
            buf_text(b, "\r\n ");
        n = word_size(at, (size_t)(value + words - at));
        add_word(b, at, n);
    }
    if (address[0] != '\0') {
        buf_text(b, "\r\n ");
        add_clean(b, address, strlen(address));
    }
    buf_text(b, "\r\n");
}

void mime_sender(struct buf *b, const char *name, const char *value)
{
    static const char specials[] = "()<>[]:;@\\,.\""; /* RFC 5322 section 3.2.3 */
    const char *open = strrchr(value, '<'), *at;
    size_t words = open != NULL ? (size_t)(open - value) : 0;

    while (words > 0 && value[words - 1] == ' ')
        words--;
    if (!is_plain(value) || strcspn(value, specials) >= words || value[0] == '"') {
        mime_header(b, name, value);
        return;
    }
    buf_printf(b, "%s: \"", name);
    for (at = value; at < value + words; at++) {
        if (*at == '"' || *at == '\\')
            buf_char(b, '\\');
        add_clean(b, at, 1);
    }
    buf_text(b, "\" ");
    add_clean(b, open, strlen(open));
    buf_text(b, "\r\n");
}

/* Size of a line end in any of the three conventions. 0: none at p. */
static size_t break_size(const char *p)
{
    if (p[0] == '\r' && p[1] == '\n')
        return 2;
    return p[0] == '\n' || p[0] == '\r' ? 1 : 0;
}

/* White space at the end of a line may be removed in transport. */
static bool is_literal(const char *p)
{
    bool ends_line = p[1] == '\0' || p[1] == '\n' || p[1] == '\r';

    if (*p == ' ' || *p == '\t')
        return !ends_line;
    return *p > ' ' && *p <= '~' && *p != '=';
}

void mime_quoted_printable(struct buf *b, const char *text)
{
    size_t column = 0, width, end;

    for (const char *p = text; *p != '\0'; p += end > 0 ? end : 1) {
        end = break_size(p);
        if (end > 0) {
            buf_text(b, "\r\n");
            column = 0;
            continue;
        }
        width = is_literal(p) ? 1 : 3;
        if (column + width > LINE_MAX_QP - 1) { /* reserves room for the soft break's "=" */
            buf_text(b, "=\r\n");
            column = 0;
        }
        if (width == 1)
            buf_char(b, *p);
        else
            buf_printf(b, "=%02X", (unsigned char)*p);
        column += width;
    }
    if (column > 0)
        buf_text(b, "\r\n");
}
