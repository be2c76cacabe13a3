/* Validation of a request head before it is used (RFC 9112). */
#include "head_check.h"
#include <ashlar/text.h>

/* RFC 9110 section 5.6.2. */
bool head_is_token_char(char c)
{
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return alnum || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!head_is_token_char(text[i]))
            return false;
    }
    return size > 0;
}

static bool is_field_value(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_digits(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return size > 0 && size <= 18;
}

/* "example.org:8080", "[::1]": characters of an authority without user information. */
static bool is_host(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '\0' || (!alnum && !strchr("-._:[]~%", c)))
            return false;
    }
    return size > 0 && size <= 300;
}

static bool is_method(const char *method)
{
    static const char *const known[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
        "OPTIONS" };

    for (size_t i = 0; i < COUNT(known); i++) {
        if (strcmp(method, known[i]) == 0)
            return true;
    }
    return false;
}

static bool is_named(const struct head_field *f, const char *name)
{
    return f->name_size == strlen(name) && strncasecmp(f->name, name, f->name_size) == 0;
}

/* With two of these, two readers may each use a different one. */
static bool comes_once(const struct head_field *f)
{
    static const char *const names[] = { "Host", "Content-Length", "Content-Type",
        "Transfer-Encoding", "Authorization", "Origin", "Sec-Fetch-Site", "Idempotency-Key" };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (is_named(f, names[i]))
            return true;
    }
    return false;
}

static bool is_repeated(const struct head_field *fields, size_t at)
{
    for (size_t i = 0; comes_once(&fields[at]) && i < at; i++) {
        if (fields[i].name_size == fields[at].name_size &&
            strncasecmp(fields[i].name, fields[at].name, fields[at].name_size) == 0)
            return true;
    }
    return false;
}

static bool is_chunked(const struct head_field *f)
{
    return f->value_size == strlen("chunked") && strncasecmp(f->value, "chunked", 7) == 0;
}

struct framing {
    int hosts, lengths, encodings;
};

static const char *check_field(const struct head_field *f, struct framing *seen)
{
    if (!is_token(f->name, f->name_size))
        return "A header name has an invalid character.";
    if (!is_field_value(f->value, f->value_size))
        return "A header value has a control character.";
    if (is_named(f, "Host")) {
        seen->hosts++;
        return is_host(f->value, f->value_size) ? NULL : "Host is malformed.";
    }
    if (is_named(f, "Content-Length")) {
        seen->lengths++;
        return is_digits(f->value, f->value_size) ? NULL : "Content-Length is not a number.";
    }
    if (is_named(f, "Transfer-Encoding")) {
        seen->encodings++;
        return is_chunked(f) ? NULL : "Transfer-Encoding may only be chunked.";
    }
    return NULL;
}

static const char *check_framing(const char *version, const struct framing *seen)
{
    if (seen->hosts != 1)
        return "There must be a Host.";
    if (seen->lengths && seen->encodings)
        return "Content-Length and Transfer-Encoding exclude each other.";
    if (seen->encodings && strcmp(version, "HTTP/1.1") != 0)
        return "Transfer-Encoding is of HTTP/1.1.";
    return NULL;
}

const char *head_check(
    const char *method, const char *version, const struct head_field *fields, size_t n)
{
    struct framing seen = { 0 };

    if (!is_method(method))
        return "The method is unknown.";
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return "The version is neither HTTP/1.1 nor HTTP/1.0.";
    if (n > HEAD_FIELDS_MAX)
        return "The request has more than 64 header fields.";
    for (size_t i = 0; i < n; i++) {
        const char *why = check_field(&fields[i], &seen);
        if (why)
            return why;
        if (is_repeated(fields, i))
            return "A header that may come once came twice.";
    }
    return check_framing(version, &seen);
}

/* Whether `text` begins `gap` bytes after `end`. As numbers: they may be in different objects. */
static bool follows(const char *text, const char *end, size_t gap)
{
    return (uintptr_t)text == (uintptr_t)end + gap;
}

const char *head_where(const struct head_where *head, const struct head_field *fields, size_t n)
{
    enum { SPACE = 1, LINE_END = 2 };
    static const char why[] = "The head has a NUL, or a line that is folded, has no name, or does "
                              "not end in CR and LF.";
    const char *end = head->method + strlen(head->method);

    if (head->target_at != (uintptr_t)end + SPACE)
        return why;
    if ((uintptr_t)head->version != head->target_at + head->target_size + SPACE)
        return why;
    end = head->version + strlen(head->version);
    for (size_t i = 0; i < n; i++) {
        if (!follows(fields[i].name, end, LINE_END))
            return why;
        end = fields[i].value + fields[i].value_size;
    }
    return follows(head->method + head->size, end, 2 * LINE_END) ? NULL : why;
}
