/* Formatting of one log line: JSON, or readable for development. */
#include "log_line.h"
#include "utf8.h"
#include <ashlar/ctx.h>

/* Reserved for the end of a cut line: `","truncated":true}` and a newline. */
enum { TAIL = 32, BODY_SIZE = LOG_LINE_SIZE - TAIL };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static void put(struct log_line *l, const char *data, size_t size)
{
    if (l->cut || l->size + size > BODY_SIZE) {
        l->cut = true;
        return;
    }
    memcpy(l->data + l->size, data, size);
    l->size += size;
}

static void put_text(struct log_line *l, const char *text)
{
    put(l, text, strlen(text));
}

/* Writes into the reserved room, to close open strings and objects. */
static void put_tail(struct log_line *l, const char *text)
{
    size_t size = strlen(text);
    if (size > LOG_LINE_SIZE - l->size)
        return;
    memcpy(l->data + l->size, text, size);
    l->size += size;
}

/* The code point of a well-formed sequence of two or three bytes. Four-byte sequences never need an
 * escape. */
static unsigned code_point(const char *text, size_t size)
{
    const unsigned char *s = (const unsigned char *)text;
    if (size == 2)
        return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
    return size == 3 ? (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu) : s[0];
}

/* C0, DEL and C1 controls drive terminals, U+2028 and U+2029 end lines, U+202A-E and U+2066-9
 * reorder them. */
static bool must_be_escaped(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

static void put_escaped(struct log_line *l, const char *text)
{
    size_t left = strlen(text);
    while (left && !l->cut) {
        size_t size = utf8_sequence(text, left);
        unsigned code = size < 4 ? code_point(text, size) : 0xffff;
        char escape[8];
        if (!size)
            put(l, "\xef\xbf\xbd", 3);
        else if (*text == '"' || *text == '\\')
            put(l, (char[]){ '\\', *text }, 2);
        else if (must_be_escaped(code))
            put(l, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", code & 0xffff));
        else
            put(l, text, size);
        text += size ? size : 1;
        left -= size ? size : 1;
    }
}

static void put_quoted(struct log_line *l, const char *text)
{
    put(l, "\"", 1);
    put_escaped(l, text);
    put_tail(l, "\"");
}

static void put_int(struct log_line *l, int64_t value)
{
    char digits[24];
    put(l, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)value));
}

/* A name is written with room for the smallest value after it, or omitted. */
static bool put_name(struct log_line *l, enum log_format format, const char *name)
{
    size_t size = strlen(name);
    if (l->cut || l->size + size + 32 > BODY_SIZE) {
        l->cut = true;
        return false;
    }
    put_text(l, format == LOG_JSON ? ",\"" : "  ");
    put_text(l, name);
    put_text(l, format == LOG_JSON ? "\":" : "=");
    return true;
}

static bool needs_quotes(const char *text)
{
    return !*text || text[strcspn(text, " =\"\\\t\r\n")];
}

static void put_value(struct log_line *l, enum log_format format, const struct log_field *f)
{
    if (f->kind == LOG_INT)
        put_int(l, f->number);
    else if (f->kind == LOG_BOOL)
        put_text(l, f->number ? "true" : "false");
    else if (!f->text)
        put_text(l, "null");
    else if (format == LOG_JSON || needs_quotes(f->text))
        put_quoted(l, f->text);
    else
        put_escaped(l, f->text);
}

static void put_field(struct log_line *l, enum log_format format, const struct log_field *f)
{
    if (put_name(l, format, f->name))
        put_value(l, format, f);
}

static void put_known_text(struct log_line *l, enum log_format format, const char *n, const char *v)
{
    if (v)
        put_field(l, format, &log_text(n, v));
}

static void put_known_id(struct log_line *l, enum log_format format, const char *n, struct uuid id)
{
    char text[UUID_TEXT_SIZE + 1];
    if (uuid_is_nil(id))
        return;
    uuid_format(id, text);
    put_field(l, format, &log_text(n, text));
}

/* Ids have the form of the database, for use in psql. */
static void put_context(struct log_line *l, enum log_format format, const struct ctx *c)
{
    put_known_text(l, format, "operation", c->operation);
    put_known_text(l, format, "request_id", c->request_id);
    put_known_text(l, format, "job", c->job);
    if (format == LOG_JSON) {
        put_known_text(l, format, "trace_id", c->trace_id);
        put_known_text(l, format, "span_id", c->span_id);
    }
    put_known_id(l, format, "person", c->actor.person);
    put_known_id(l, format, "key", c->actor.key);
    put_known_id(l, format, "org", c->org);
}

static void put_head(
    struct log_line *l, enum log_format format, enum log_level level, const char *event)
{
    struct timespec now;
    struct tm t;
    char head[80];
    clock_gettime(CLOCK_REALTIME, &now); /* never the fake clock: operators compare machines */
    gmtime_r(&now.tv_sec, &t);
    if (format == LOG_JSON) {
        strftime(head, sizeof head, "{\"ts\":\"%Y-%m-%dT%H:%M:%S", &t);
        put_text(l, head);
        snprintf(head, sizeof head, ".%06ldZ\",\"level\":\"%s\",\"event\":", now.tv_nsec / 1000,
            level_names[level]);
        put_text(l, head);
        put_quoted(l, event);
        return;
    }
    strftime(head, sizeof head, "%H:%M:%S", &t);
    put_text(l, head);
    snprintf(head, sizeof head, ".%03ld %-5s ", now.tv_nsec / 1000000, level_names[level]);
    put_text(l, head);
    put_escaped(l, event);
}

void log_line_build(struct log_line *l, enum log_format format, const struct ctx *c,
    enum log_level level, const char *event, const struct log_field *fields)
{
    l->size = 0;
    l->cut = false;
    put_head(l, format, level, event);
    /* In JSON the ids come first, so that they survive a cut. In readable lines they come last. */
    if (c && format == LOG_JSON)
        put_context(l, format, c);
    for (; fields->kind != LOG_NONE; fields++)
        put_field(l, format, fields);
    if (c && format == LOG_READABLE)
        put_context(l, format, c);
    if (l->cut)
        put_tail(l, format == LOG_JSON ? ",\"truncated\":true" : "  truncated=true");
    put_tail(l, format == LOG_JSON ? "}\n" : "\n");
}
