/* Conversion of one value from text into its struct member: SQL columns, query and path parameters,
 * fallbacks. SQL values are in PostgreSQL's text forms (ISO dates in UTC). */
#include "value.h"
#include <ashlar/text.h>
#include <math.h>

static bool int_from_text(const char *text, size_t size, int64_t *out)
{
    bool negative = size > 0 && text[0] == '-';
    int64_t value = 0;
    if (size == negative)
        return false;
    for (size_t i = negative; i < size; i++) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    /* Counted downwards, because the smallest integer has no positive counterpart. */
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

static bool number_from_text(const char *text, size_t size, bool in_sql, double *out)
{
    char copy[512];
    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    /* strtod also reads hexadecimal, blanks and words. Only SQL values may be NaN and Infinity. */
    if (strspn(copy, "0123456789+-.eE") != size &&
        !(in_sql && text_is_one_of("NaN|Infinity|-Infinity", copy, size)))
        return false;
    char *end;
    double value = strtod(copy, &end);
    if (*end || (!in_sql && !isfinite(value)))
        return false;
    *out = value;
    return true;
}

static bool bool_from_text(const char *text, size_t size, bool in_sql, bool *out)
{
    const char *yes = in_sql ? "t" : "true", *no = in_sql ? "f" : "false";
    bool is_yes = size == strlen(yes) && memcmp(text, yes, size) == 0;
    bool is_no = size == strlen(no) && memcmp(text, no, size) == 0;
    if (is_yes || is_no)
        *out = is_yes;
    return is_yes || is_no;
}

/* "2026-11-22 08:30:00.25+00" is RFC 3339 except for the blank and the short offset. */
static bool time_from_sql(const char *text, size_t size, struct instant *out)
{
    char copy[48];
    if (size < 22 || size > sizeof copy - 4 || text[10] != ' ')
        return false;
    memcpy(copy, text, size);
    copy[10] = 'T';
    if (copy[size - 3] == '+' || copy[size - 3] == '-') {
        memcpy(copy + size, ":00", 3);
        size += 3;
    }
    return instant_parse(copy, size, out);
}

static const char *quoted_end(const char *at, const char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : NULL;
}

/* An element without quotes is never empty, and NULL is not a text. */
static const char *bare_end(const char *from, const char *end)
{
    const char *at = from;
    for (; at < end && *at != ',' && *at != '}'; at += *at == '\\' ? 2 : 1)
        if (*at == '{' || *at == '"')
            return NULL;
    bool null = at - from == 4 && memcmp(from, "NULL", 4) == 0;
    return at < end && at > from && !null ? at : NULL;
}

/* One element of a text[] literal at *at, which advances past it. NULL when malformed or null. */
static char *array_element(struct arena *a, const char **at, const char *end)
{
    bool quoted = *at < end && **at == '"';
    const char *from = *at + quoted;
    const char *to = quoted ? quoted_end(from, end) : bare_end(from, end);
    if (!to)
        return NULL;
    char *element = arena_alloc(a, (size_t)(to - from) + 1), *out = element;
    for (; from < to; from++) {
        if (*from == '\\')
            from++;
        *out++ = *from;
    }
    *at = to + quoted;
    return element;
}

/* {one,"two words"} in one dimension, without nulls. */
static bool texts_from_sql(
    struct arena *a, const char *text, size_t size, const char *const **out, size_t *n)
{
    const char *at = text, *end = text + size;
    if (size < 2 || *at != '{' || end[-1] != '}')
        return false;
    if (size == 2) {
        *out = arena_alloc(a, 0);
        *n = 0;
        return true;
    }
    const char **list = arena_array(a, size / 2, sizeof *list);
    size_t count = 0;
    do {
        at++;
        if (!(list[count] = array_element(a, &at, end)))
            return false;
        count++;
    } while (at < end && *at == ',');
    if (at != end - 1)
        return false;
    *out = list;
    *n = count;
    return true;
}

/* one,two */
static bool texts_from_words(
    struct arena *a, const char *text, size_t size, const char *const **out, size_t *n)
{
    const char **list = arena_array(a, size + 1, sizeof *list);
    size_t count = 0;
    for (const char *at = text, *end = text + size; size && at <= end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *to = comma ? comma : end;
        list[count++] = arena_strndup(a, at, (size_t)(to - at));
        at = to + 1;
    }
    *out = list;
    *n = count;
    return true;
}

static void member_clear(const struct field *f, void *strct)
{
    static const size_t sizes[] = {
        [KIND_TEXT] = sizeof(char *),
        [KIND_INT] = sizeof(int64_t),
        [KIND_NUMBER] = sizeof(double),
        [KIND_BOOL] = sizeof(bool),
        [KIND_ID] = sizeof(struct uuid),
        [KIND_TIME] = sizeof(struct instant),
        [KIND_JSON] = sizeof(char *),
        [KIND_OBJECT] = sizeof(void *),
        [KIND_LIST] = sizeof(void *),
        [KIND_TEXTS] = sizeof(char **),
    };
    memset(member_of(f, strct), 0, sizes[f->kind]);
    if (f->kind == KIND_LIST || f->kind == KIND_TEXTS)
        *count_of(f, strct) = 0;
}

static const char *text_from_text(
    struct arena *a, const struct field *f, const char *text, size_t size, bool in_sql)
{
    const char *copy = arena_strndup(a, text, size);
    return in_sql ? copy : text_kept(a, f, copy);
}

bool field_from_text(
    struct arena *a, const struct field *f, void *strct, const char *text, size_t size, bool in_sql)
{
    if (!text) {
        member_clear(f, strct);
        return true;
    }
    void *out = member_of(f, strct);
    switch (f->kind) {
    case KIND_TEXT:
    case KIND_JSON:
        *(const char **)out = text_from_text(a, f, text, size, in_sql);
        return true;
    case KIND_INT:
        return int_from_text(text, size, out);
    case KIND_NUMBER:
        return number_from_text(text, size, in_sql, out);
    case KIND_BOOL:
        return bool_from_text(text, size, in_sql, out);
    case KIND_ID:
        return in_sql ? uuid_parse(text, size, out) : typeid_parse(f->prefix, text, size, out);
    case KIND_TIME:
        return in_sql ? time_from_sql(text, size, out) : instant_parse(text, size, out);
    case KIND_TEXTS:
        return (in_sql ? texts_from_sql : texts_from_words)(a, text, size, out, count_of(f, strct));
    case KIND_OBJECT:
    case KIND_LIST:
        return false;
    }
    return false;
}

/* An integer too long for any integer type. */
static bool is_huge_integer(const char *text)
{
    const char *digits = text + (*text == '-');
    return *digits && !digits[strspn(digits, "0123456789")];
}

static struct flaw conversion_flaw(struct arena *a, const struct field *f, const char *text)
{
    if (f->kind == KIND_INT && is_huge_integer(text))
        return number_flaw(a, f, *text == '-' ? -HUGE_VAL : HUGE_VAL);
    return kind_flaw(a, f, f->kind == KIND_ID || f->kind == KIND_TIME ? "format" : "type");
}

static struct flaw texts_flaw(
    struct arena *a, const struct field *f, const char *const *texts, size_t n)
{
    struct flaw flaw = count_flaw(a, f, n);
    for (size_t i = 0; i < n && !flaw.code; i++)
        flaw = text_flaw(a, f, texts[i]);
    return flaw;
}

struct flaw parameter_store(struct arena *a, const struct field *f, void *strct, const char *text)
{
    if (!field_from_text(a, f, strct, text, strlen(text), false))
        return conversion_flaw(a, f, text);
    const void *member = member_in(f, strct);
    switch (f->kind) {
    case KIND_TEXT:
        return text_flaw(a, f, *(const char *const *)member);
    case KIND_INT:
        return number_flaw(a, f, (double)*(const int64_t *)member);
    case KIND_NUMBER:
        return number_flaw(a, f, *(const double *)member);
    case KIND_TEXTS:
        return texts_flaw(a, f, *(const char *const *const *)member, *count_of(f, strct));
    default:
        return NO_FLAW;
    }
}
