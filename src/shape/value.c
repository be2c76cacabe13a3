/* Defects of one value, as texts for a front end, independent of JSON and SQL. */
#include "value.h"
#include <ashlar/text.h>

struct range field_range(const struct field *f)
{
    if (f->kind == KIND_LIST || f->kind == KIND_TEXTS)
        return (struct range){ f->min, f->max ? f->max : 100 };
    int64_t far = f->kind == KIND_INT ? JSON_INT_MAX : INT64_MAX;
    int64_t least = f->kind == KIND_INT ? -JSON_INT_MAX : INT64_MIN;
    if (!f->min && !f->max)
        return (struct range){ least, far };
    return (struct range){ f->min > least ? f->min : least,
        f->max >= f->min && f->max < far ? f->max : far };
}

struct range text_range(const struct field *f)
{
    int64_t usual = f->format == EMAIL ? 254 : 1000;
    if (f->kind == KIND_TEXTS)
        return (struct range){ 1, usual };
    return (struct range){ f->empty ? 0 : f->min ? f->min : 1, f->max ? f->max : usual };
}

static const char *kind_message(struct arena *a, const struct field *f)
{
    switch (f->kind) {
    case KIND_TEXT:
        return "Must be a text.";
    case KIND_INT:
        return "Must be a whole number.";
    case KIND_NUMBER:
        return "Must be a number.";
    case KIND_BOOL:
        return "Must be true or false.";
    case KIND_ID:
        return f->prefix && *f->prefix
                   ? arena_printf(a, "Must be an id that begins with \"%s_\".", f->prefix)
                   : "Must be an id.";
    case KIND_TIME:
        return "Must be a time such as \"2026-11-22T08:30:00Z\".";
    case KIND_JSON:
        return "Must be JSON.";
    case KIND_OBJECT:
        return "Must be an object.";
    case KIND_LIST:
        return "Must be a list.";
    case KIND_TEXTS:
        return "Must be a list of texts.";
    }
    return "Must be of another kind.";
}

struct flaw kind_flaw(struct arena *a, const struct field *f, const char *code)
{
    return (struct flaw){ code, kind_message(a, f) };
}

static const char *format_message(enum text_format format)
{
    switch (format) {
    case ANY_TEXT:
        return "Must not contain control characters.";
    case LINE:
        return "Must be one line of text and not blank.";
    case MAILED_NAME:
        return "Must be one line of visible text without a URL or email address. Write a space "
               "after each dot.";
    case TYPED_CODE:
        return "Must be letters and digits.";
    case EMAIL:
        return "Must be an email address such as name@example.com, with only ASCII letters, digits "
               "and signs before the @.";
    case URL:
        return "Must be a web address that begins with https:// or http://.";
    case SLUG:
        return "Must be lower-case letters, digits and inner hyphens only.";
    case LOCALE:
        return "Must be a language tag such as \"de\" or \"pt-BR\".";
    case TOKEN:
        return "Must be printable characters without spaces.";
    case PASSWORD:
    case VERBATIM:
        break;
    }
    return "Is not well formed.";
}

char *words_listed(struct arena *a, const char *words)
{
    struct buf list;
    buf_init(&list, a, 4096);
    for (const char *at = words; *at; at++) {
        if (*at == '|')
            buf_text(&list, ", ");
        else
            buf_char(&list, *at);
    }
    return list.data;
}

static struct flaw length_flaw(struct arena *a, struct range allowed, size_t length)
{
    if (length == 0 && allowed.min == 1)
        return (struct flaw){ "too_short", "Must not be empty." };
    if (length < (size_t)allowed.min)
        return (struct flaw){ "too_short",
            arena_printf(a, "Must have at least %d characters.", (int)allowed.min) };
    if (length > (size_t)allowed.max)
        return (struct flaw){ "too_long",
            arena_printf(a, "Must have at most %d characters.", (int)allowed.max) };
    return NO_FLAW;
}

struct flaw text_flaw(struct arena *a, const struct field *f, const char *text)
{
    if (!*text && f->empty)
        return NO_FLAW;
    if (f->one_of && !text_is_one_of(f->one_of, text, strlen(text)))
        return (struct flaw){ "one_of",
            arena_printf(a, "Must be one of: %s.", words_listed(a, f->one_of)) };
    struct flaw length = length_flaw(a, text_range(f), utf8_length(text));
    if (length.code)
        return length;
    if (!text_format_ok(f->format, text))
        return (struct flaw){ "format", format_message(f->format) };
    return NO_FLAW;
}

struct flaw number_flaw(struct arena *a, const struct field *f, double value)
{
    struct range allowed = field_range(f);
    if (allowed.min != INT64_MIN && value < (double)allowed.min)
        return (struct flaw){ "too_small",
            arena_printf(a, "Must be at least %lld.", (long long)allowed.min) };
    if (allowed.max != INT64_MAX && value > (double)allowed.max)
        return (struct flaw){ "too_large",
            arena_printf(a, "Must be at most %lld.", (long long)allowed.max) };
    return NO_FLAW;
}

struct flaw count_flaw(struct arena *a, const struct field *f, size_t n)
{
    struct range allowed = field_range(f);
    if (n < (size_t)allowed.min)
        return (struct flaw){ "too_few",
            arena_printf(a, "Must have at least %d items.", (int)allowed.min) };
    if (n > (size_t)allowed.max)
        return (struct flaw){ "too_many",
            arena_printf(a, "Must have at most %d items.", (int)allowed.max) };
    return NO_FLAW;
}

const char *text_kept(struct arena *a, const struct field *f, const char *text)
{
    if (f->format == TYPED_CODE)
        return text_typed_code(a, text);
    if (f->format == MAILED_NAME)
        return text_bare(a, text);
    return f->format == EMAIL ? text_email(a, text) : text;
}
