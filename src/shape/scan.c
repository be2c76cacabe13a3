/* Number of values and depth of a JSON text, counted before a tree is built. It reads tokens, not
 * the grammar: the parser decides whether the text is JSON. */
#include "shape_json.h"

struct scan {
    const char *at, *end;
    int line, column; /* of the character at `at`, from 1; columns count code points */
    int depth, values;
};

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static void step(struct scan *s)
{
    if (*s->at == '\n') {
        s->line++;
        s->column = 1;
    } else if (!is_continuation(*s->at)) {
        s->column++;
    }
    s->at++;
}

/* From the opening quote past the closing one, or to the end. */
static void skip_string(struct scan *s)
{
    step(s);
    while (s->at < s->end && *s->at != '"') {
        if (*s->at == '\\' && s->at + 1 < s->end)
            step(s);
        step(s);
    }
    if (s->at < s->end)
        step(s);
}

static bool ends_scalar(char c)
{
    return c == '\0' || strchr(" \t\r\n,:[]{}\"", c) != NULL;
}

static void skip_token(struct scan *s)
{
    if (*s->at == '"') {
        skip_string(s);
        return;
    }
    bool scalar = !ends_scalar(*s->at);
    do
        step(s);
    while (scalar && s->at < s->end && !ends_scalar(*s->at));
}

/*
 * Each token that is not punctuation counts as a value, and a colon removes the key before it. In
 * text that is not JSON a stray colon could lower the count. But the parser stops there, so up to
 * that position, which is all it builds, the count is right.
 */
static void count(struct scan *s)
{
    switch (*s->at) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ',':
        break;
    case ':':
        s->values--;
        break;
    case ']':
    case '}':
        s->depth--;
        break;
    case '[':
    case '{':
        s->depth++;
        s->values++;
        break;
    default:
        s->values++;
    }
}

const char *json_scan(
    const char *json, size_t size, int max_depth, int max_values, int *line, int *column)
{
    struct scan s = { .at = json, .end = json + size, .line = 1, .column = 1 };
    while (s.at < s.end) {
        *line = s.line;
        *column = s.column;
        /* The parser ignores it after a number. */
        if (!*s.at)
            return "a NUL byte";
        count(&s);
        if (s.depth > max_depth)
            return "nested too deeply";
        /* One more than allowed may be the key of the last value. */
        if (s.values > max_values + 1 || (s.values > max_values && *s.at != '"'))
            return "too many values";
        skip_token(&s);
    }
    return s.values > max_values ? "too many values" : NULL;
}

/* --- Size in PostgreSQL --- */

enum { EXPONENT_MOST = 1000000 };

/* The exponent after the number's e. */
static size_t read_exponent(const char *at, const char *end)
{
    size_t exponent = 0;

    at += at < end && (*at == '-' || *at == '+');
    for (; at < end && *at >= '0' && *at <= '9' && exponent < EXPONENT_MOST; at++)
        exponent = exponent * 10 + (size_t)(*at - '0');
    return exponent;
}

/* Growth by the byte at `at`, outside texts. */
static size_t grows_by(const char *json, const char *at, const char *end)
{
    if (*at == ',' || *at == ':')
        return 1;
    if ((*at == 'e' || *at == 'E') && at > json && at[-1] >= '0' && at[-1] <= '9')
        return read_exponent(at + 1, end);
    return 0;
}

size_t json_stored_size(const char *json, size_t size)
{
    const char *end = json + size;
    size_t stored = size;
    bool quoted = false;

    for (const char *at = json; at < end; at++) {
        if (quoted && *at == '\\')
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted)
            stored += grows_by(json, at, end);
    }
    return stored;
}
