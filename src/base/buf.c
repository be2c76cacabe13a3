/* Growing text with a limit. */
#include <ashlar/buf.h>
#include "memory.h"

/* Target of `data` in an unused buffer, so that it is never NULL. Never written. */
static char nothing_yet[1];

void buf_init(struct buf *b, struct arena *a, size_t ceiling)
{
    *b = (struct buf){ .data = nothing_yet, .arena = a, .ceiling = ceiling };
}

void buf_release(struct buf *b)
{
    if (!b->arena && b->data != nothing_yet)
        free(b->data);
    buf_init(b, b->arena, b->ceiling);
}

void buf_clear(struct buf *b)
{
    b->size = 0;
    b->full = false;
    if (b->room)
        b->data[0] = '\0';
}

/* Doubles the room, within the limit. */
static size_t next_room(const struct buf *b, size_t wanted)
{
    size_t room = b->room ? b->room : 64;
    while (room < wanted && room <= b->ceiling)
        room *= 2;
    return room < wanted || room > b->ceiling ? b->ceiling + 1 : room;
}

static bool make_room(struct buf *b, size_t size)
{
    if (b->full || size > b->ceiling - b->size || b->ceiling == SIZE_MAX) {
        b->full = true;
        return false;
    }
    size_t wanted = b->size + size + 1;
    if (wanted <= b->room)
        return true;
    size_t room = next_room(b, wanted);
    char *data = b->data == nothing_yet ? NULL : b->data;
    b->data = b->arena ? arena_grow(b->arena, data, b->room, room) : memory_grow(data, room);
    b->room = room;
    b->data[b->size] = '\0';
    return true;
}

/* Whether the room suffices. The common case, without a call. */
static inline bool has_room(const struct buf *b, size_t size)
{
    return !b->full && size < b->room - b->size;
}

char *buf_reserve(struct buf *b, size_t size)
{
    return has_room(b, size) || make_room(b, size) ? b->data + b->size : NULL;
}

void buf_extend(struct buf *b, size_t used)
{
    if (!b->room)
        return;
    size_t left = b->room - 1 - b->size;
    b->size += used < left ? used : left;
    b->data[b->size] = '\0';
}

void buf_add(struct buf *b, const void *data, size_t size)
{
    if (!has_room(b, size) && !make_room(b, size))
        return;
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
    b->data[b->size] = '\0';
}

void buf_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_int(struct buf *b, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    buf_add(b, at, (size_t)(digits + sizeof digits - at));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size >= 0 && make_room(b, (size_t)size)) {
        vsnprintf(b->data + b->size, (size_t)size + 1, format, args);
        buf_extend(b, (size_t)size);
    }
    va_end(args);
}

/* The two-character escape of RFC 8259 section 7, or 0. */
static char short_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void json_escape(struct buf *b, char c)
{
    char code = short_escape(c);
    if (code)
        buf_add(b, (char[]){ '\\', code }, 2);
    else
        buf_printf(b, "\\u%04x", (unsigned char)c);
}

/* Whether any of eight bytes needs an escape. Each term sets the high bit of a byte below 0x20, a
 * quote or a backslash. Source: "Determine if a word has a byte less than n", Bit Twiddling Hacks.
 * `& ~word` excludes bytes of UTF-8 sequences. */
static bool has_escape(const char *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t word;
    memcpy(&word, text, sizeof word);
    uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
    return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
               ((slash - ones) & ~slash)) &
           high;
}

/* Number of leading bytes that need no escape. */
static size_t clean_run(const char *text, size_t size)
{
    size_t i = 0;
    while (size - i >= 8 && !has_escape(text + i))
        i += 8;
    while (i < size && (unsigned char)text[i] >= 0x20 && text[i] != '"' && text[i] != '\\')
        i++;
    return i;
}

void buf_json_text_n(struct buf *b, const char *text, size_t size)
{
    if (!text) {
        buf_text(b, "null");
        return;
    }
    buf_char(b, '"');
    for (size_t at = 0; at < size; at++) {
        size_t clean = clean_run(text + at, size - at);
        buf_add(b, text + at, clean);
        at += clean;
        if (at < size)
            json_escape(b, text[at]);
    }
    buf_char(b, '"');
}

void buf_json_text(struct buf *b, const char *text)
{
    buf_json_text_n(b, text, text ? strlen(text) : 0);
}

static const char *html_escape(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void buf_html(struct buf *b, const char *text)
{
    const char *clean = text;
    for (; *text; text++) {
        const char *escape = html_escape(*text);
        if (!escape)
            continue;
        buf_add(b, clean, (size_t)(text - clean));
        buf_text(b, escape);
        clean = text + 1;
    }
    buf_add(b, clean, (size_t)(text - clean));
}

bool buf_is_full(const struct buf *b)
{
    return b->full;
}
