/* Message boundaries of a client connection, and detection of unreadable messages. */
#include "framing.h"
#include <ashlar/limits.h>
#include <ashlar/text.h>
#include <stdlib.h>

enum {
    ENTRY_SIZE = 64,              /* the library's entry for a field, cookie or parameter */
    RESPONSE_HEAD_MAX = 8 * 1024, /* with cookies and a Location */
    HEAD_MEMORY = CONNECTION_MEMORY - RESPONSE_HEAD_MAX,
    LENGTH_DIGITS_MAX = 18,
    CHUNK_DIGITS_MAX = 15,
};
_Static_assert(LIMIT_HEAD + HEAD_FIELDS_MAX * ENTRY_SIZE <= HEAD_MEMORY,
    "the largest head without cookies leaves room for its response");

enum state {
    BEGIN,
    BLANK_LF,
    METHOD,
    TARGET,
    VERSION,
    LINE_LF,
    FIELD,
    NAME,
    BEFORE_VALUE,
    VALUE,
    END_LF,
    IN_BODY,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    IN_CHUNK,
    CHUNK_CR,
    CHUNK_LF,
    LAST_CR,
    LAST_LF,
    CLOSES, /* its response closes the connection: nothing after it is read */
    N_STATES
};

enum about { ANY, LENGTH, ENCODING, COOKIE };

static bool refuse(struct framing *f, err kind, const char *why)
{
    f->kind = kind;
    f->why = why;
    return false;
}

static bool refuse_line(struct framing *f)
{
    return refuse(f, &ERR_BAD_REQUEST,
        "The head has a NUL, or a line that is folded, has no name, or does not end in CR and LF.");
}

static bool refuse_request_line(struct framing *f)
{
    return refuse(f, &ERR_BAD_REQUEST,
        "The first line must be a method, a target and a version, one space between two of them.");
}

static bool refuse_chunks(struct framing *f)
{
    return refuse(f, &ERR_BAD_REQUEST, "The chunks of the body are malformed.");
}

static bool go(struct framing *f, enum state next)
{
    f->state = (uint8_t)next;
    f->word_size = 0;
    return true;
}

/* A longer word is none of the searched ones. */
static void add_to_word(struct framing *f, char c)
{
    if (f->word_size < FRAMING_WORD_MAX)
        f->word[f->word_size++] = c;
    f->word[f->word_size] = '\0';
}

static bool is_word(const struct framing *f, const char *word)
{
    return strcasecmp(f->word, word) == 0;
}

/* --- The request line --- */

static bool at_method(struct framing *f, char c)
{
    if (c == ' ' && f->method_size > 0)
        return go(f, TARGET);
    if (!head_is_token_char(c) || f->method_size == FRAMING_METHOD_MAX)
        return refuse_request_line(f);
    f->method[f->method_size++] = c;
    f->method[f->method_size] = '\0';
    return true;
}

/* Empty lines before a head are skipped (RFC 9112 section 2.2). */
static bool at_begin(struct framing *f, char c)
{
    if (c == '\r')
        return go(f, BLANK_LF);
    return go(f, METHOD) && at_method(f, c);
}

static bool at_blank_lf(struct framing *f, char c)
{
    return c == '\n' ? go(f, BEGIN) : refuse_line(f);
}

static bool at_target(struct framing *f, char c)
{
    if (c == ' ' && f->target_size > 0)
        return go(f, VERSION);
    if ((unsigned char)c <= ' ' || c == 0x7f)
        return refuse_request_line(f);
    f->target_size++;
    return true;
}

static bool check_version(struct framing *f)
{
    const char *v = f->word;

    if (f->word_size != 8 || strncmp(v, "HTTP/", 5) != 0 || v[5] < '0' || v[5] > '9' ||
        v[6] != '.' || v[7] < '0' || v[7] > '9')
        return refuse_request_line(f);
    if (strcmp(v, "HTTP/1.1") != 0 && strcmp(v, "HTTP/1.0") != 0)
        return refuse(f, &ERR_VERSION, "The version is neither HTTP/1.1 nor HTTP/1.0.");
    return go(f, LINE_LF);
}

static bool at_version(struct framing *f, char c)
{
    if (c == '\r')
        return check_version(f);
    if (f->word_size == 8)
        return refuse_request_line(f);
    add_to_word(f, c);
    return true;
}

static bool at_line_lf(struct framing *f, char c)
{
    return c == '\n' ? go(f, FIELD) : refuse_line(f);
}

/* --- Fields --- */

static bool at_name(struct framing *f, char c)
{
    if (c == ':') {
        f->field = is_word(f, "Content-Length")      ? LENGTH
                   : is_word(f, "Transfer-Encoding") ? ENCODING
                   : is_word(f, "Cookie")            ? COOKIE
                                                     : ANY;
        f->entries += f->field == COOKIE; /* its first */
        f->digits = 0;
        f->digits_only = true;
        f->word[0] = '\0';
        return go(f, BEFORE_VALUE);
    }
    if (!head_is_token_char(c))
        return refuse_line(f);
    add_to_word(f, c);
    return true;
}

static bool at_field(struct framing *f, char c)
{
    if (c == '\r')
        return go(f, END_LF);
    if (c == ':')
        return refuse_line(f);
    f->entries++;
    return go(f, NAME) && at_name(f, c);
}

static bool end_length(struct framing *f)
{
    if (f->digits == 0 || !f->digits_only)
        return refuse(f, &ERR_BAD_REQUEST, "Content-Length is not a number.");
    if (f->digits > LENGTH_DIGITS_MAX)
        return refuse(f, &ERR_TOO_LARGE, "Content-Length is larger than any body may be.");
    f->unsettled = f->unsettled || f->has_length || f->chunked;
    f->has_length = true;
    f->left = strtoull(f->word, NULL, 10);
    return go(f, LINE_LF);
}

static bool end_value(struct framing *f)
{
    if (f->field == LENGTH)
        return end_length(f);
    if (f->field == ENCODING) {
        f->unsettled = f->unsettled || f->has_length || f->chunked || !is_word(f, "chunked");
        f->chunked = true;
    }
    return go(f, LINE_LF);
}

/* The library splits cookies in a copy of their field. */
static void note_value(struct framing *f, char c)
{
    bool digit = c >= '0' && c <= '9';

    f->copied += f->field == COOKIE;
    f->entries += f->field == COOKIE && (c == ';' || c == ',');
    f->digits_only = f->digits_only && digit;
    if (digit && f->digits < UINT8_MAX)
        f->digits++;
    if (f->field == LENGTH || f->field == ENCODING)
        add_to_word(f, c);
}

static bool at_value(struct framing *f, char c)
{
    if (c == '\r')
        return end_value(f);
    if (c == '\n' || c == '\0')
        return refuse_line(f);
    note_value(f, c);
    return true;
}

static bool at_before_value(struct framing *f, char c)
{
    return c == ' ' || c == '\t' || (go(f, VALUE) && at_value(f, c));
}

/* --- The end of a head and of a message --- */

static void forget_head(struct framing *f)
{
    *f = (struct framing){ .state = f->state, .left = f->left };
}

/* When head_check rejects the framing, the response closes the connection. */
static bool at_end_lf(struct framing *f, char c)
{
    bool chunked = f->chunked;

    if (c != '\n')
        return refuse_line(f);
    if (f->unsettled)
        return go(f, CLOSES);
    if (chunked)
        f->left = 0;
    if (!chunked && f->left == 0)
        forget_head(f);
    f->digits = 0;
    return go(f, chunked ? CHUNK_SIZE : f->left > 0 ? IN_BODY : BEGIN);
}

/* --- Chunks --- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool at_chunk_size(struct framing *f, char c)
{
    int digit = hex(c);

    if (digit < 0 && f->digits == 0)
        return refuse_chunks(f);
    if (c == '\r')
        return go(f, CHUNK_SIZE_LF);
    if (c == ';') {
        f->target_size = 0;
        return go(f, CHUNK_EXTENSION);
    }
    if (digit < 0)
        return refuse_chunks(f);
    if (f->digits == CHUNK_DIGITS_MAX)
        return refuse(f, &ERR_TOO_LARGE, "A chunk is larger than any body may be.");
    f->digits++;
    f->left = f->left * 16 + (unsigned)digit;
    return true;
}

static bool at_chunk_extension(struct framing *f, char c)
{
    if (c == '\r')
        return go(f, CHUNK_SIZE_LF);
    if (c == '\n' || c == '\0' || ++f->target_size > FRAMING_CHUNK_LINE_MAX)
        return refuse_chunks(f);
    return true;
}

static bool at_chunk_size_lf(struct framing *f, char c)
{
    if (c != '\n')
        return refuse_chunks(f);
    return go(f, f->left > 0 ? IN_CHUNK : LAST_CR);
}

static bool at_chunk_cr(struct framing *f, char c)
{
    return c == '\r' ? go(f, CHUNK_LF) : refuse_chunks(f);
}

static bool at_chunk_lf(struct framing *f, char c)
{
    f->digits = 0;
    return c == '\n' ? go(f, CHUNK_SIZE) : refuse_chunks(f);
}

/* The library would write trailers over the body. */
static bool at_last_cr(struct framing *f, char c)
{
    return c == '\r' ? go(f, LAST_LF)
                     : refuse(f, &ERR_BAD_REQUEST, "Trailer fields are not accepted.");
}

static bool at_last_lf(struct framing *f, char c)
{
    return c == '\n' ? go(f, CLOSES) : refuse_chunks(f);
}

/* --- Bytes --- */

static bool (*const steps[N_STATES])(struct framing *f, char c) = {
    [BEGIN] = at_begin,
    [BLANK_LF] = at_blank_lf,
    [METHOD] = at_method,
    [TARGET] = at_target,
    [VERSION] = at_version,
    [LINE_LF] = at_line_lf,
    [FIELD] = at_field,
    [NAME] = at_name,
    [BEFORE_VALUE] = at_before_value,
    [VALUE] = at_value,
    [END_LF] = at_end_lf,
    [CHUNK_SIZE] = at_chunk_size,
    [CHUNK_EXTENSION] = at_chunk_extension,
    [CHUNK_SIZE_LF] = at_chunk_size_lf,
    [CHUNK_CR] = at_chunk_cr,
    [CHUNK_LF] = at_chunk_lf,
    [LAST_CR] = at_last_cr,
    [LAST_LF] = at_last_lf,
};

static bool head_fits(struct framing *f)
{
    f->size++;
    if (f->size <= LIMIT_HEAD && f->size + f->copied + f->entries * ENTRY_SIZE <= HEAD_MEMORY)
        return true;
    if (f->state == TARGET)
        return refuse(f, &ERR_TARGET_TOO_LONG,
            "Method, target and header fields together may "
            "have 16 KiB.");
    return refuse(f, &ERR_HEAD_TOO_LARGE,
        "Method, target and header fields together may have 16 KiB; many cookies count for more "
        "than their length.");
}

static bool step(struct framing *f, char c)
{
    if (f->state <= END_LF && !head_fits(f))
        return false;
    return steps[f->state](f, c);
}

/* Number of the `size` bytes that belong to the current body or chunk. */
static size_t skip(struct framing *f, size_t size)
{
    size_t n = f->left < size ? (size_t)f->left : size;

    f->left -= n;
    if (f->left == 0 && f->state == IN_CHUNK) {
        go(f, CHUNK_CR);
    } else if (f->left == 0) {
        forget_head(f);
        go(f, BEGIN);
    }
    return n;
}

size_t framing_read(struct framing *f, const char *data, size_t size)
{
    size_t whole = 0;

    for (size_t i = 0; i < size;) {
        if (f->state == CLOSES)
            return size;
        if (f->state == IN_BODY || f->state == IN_CHUNK)
            i += skip(f, size - i);
        else if (!step(f, data[i++]))
            return whole;
        if (f->state == BEGIN)
            whole = i;
    }
    return size;
}
