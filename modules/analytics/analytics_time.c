/* Parser of times from client libraries and customers' code. Sources: ISO 8601, RFC 3339, RFC 5322
 * (3.3), ECMA-262 (21.4.4.41); Segment's libraries in docs/analytics.md. */
#include "analytics_internal.h"

enum { TEXT_MAX = 100 };

struct reader {
    const char *at;
    bool failed;
};

struct parts {
    int64_t year, month, day, hour, minute, second, us, east_s;
    bool has_zone;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool take(struct reader *r, char c)
{
    bool is = *r->at == c;

    r->at += is;
    return is;
}

static void blanks(struct reader *r)
{
    r->at += strspn(r->at, " \t");
}

/* `least` to `most` digits. */
static int64_t number(struct reader *r, int least, int most)
{
    int64_t value = 0;
    int n = 0;

    for (; n < most && is_digit(*r->at); n++) {
        if (value > INT64_MAX / 10 - 1) {
            r->failed = true;
            break;
        }
        value = value * 10 + (*r->at++ - '0');
    }
    r->failed = r->failed || n < least;
    return value;
}

/* After the decimal point: microseconds; finer digits are dropped. */
static int64_t fraction(struct reader *r)
{
    int64_t us = 0, unit = 100000;

    r->failed = r->failed || !is_digit(*r->at);
    for (; is_digit(*r->at); r->at++, unit /= 10)
        us += (*r->at - '0') * unit;
    return us;
}

/* "+02:00", "+0200", "+02". A leap second counts as the second before it. */
static void offset(struct reader *r, struct parts *p)
{
    int64_t sign = *r->at == '-' ? -1 : 1, hours, minutes = 0;

    r->at++;
    hours = number(r, 2, 2);
    if (take(r, ':') || is_digit(*r->at))
        minutes = number(r, 2, 2);
    r->failed = r->failed || hours > 23 || minutes > 59;
    p->east_s = sign * (hours * 3600 + minutes * 60);
    p->has_zone = true;
}

/* "Z", "UTC", "GMT+0200 (Central European Summer Time)", "+02:00[Europe/Berlin]", or nothing. */
static void zone(struct reader *r, struct parts *p)
{
    static const char *const names[] = { "UTC", "GMT", "UT", "Z" };

    blanks(r);
    for (size_t i = 0; i < COUNT(names) && !p->has_zone; i++) {
        size_t size = strlen(names[i]);
        p->has_zone = strncasecmp(r->at, names[i], size) == 0;
        r->at += p->has_zone ? size : 0;
    }
    if (*r->at == '+' || *r->at == '-')
        offset(r, p);
    blanks(r);
    if (p->has_zone && (*r->at == '(' || *r->at == '['))
        r->at += strlen(r->at);
}

/* "12:00", "12:00:00.123", "120000,5" */
static void time_of_day(struct reader *r, struct parts *p)
{
    p->hour = number(r, 2, 2);
    take(r, ':');
    p->minute = number(r, 2, 2);
    if (take(r, ':') || is_digit(*r->at)) {
        p->second = number(r, 2, 2);
        if (take(r, '.') || take(r, ','))
            p->us = fraction(r);
    }
    p->second -= p->second == 60;
}

/* "2026-11-20T12:00:00+0200", "20261120T100000Z", "2026-11-20 12:00", "2026-11-20" */
static void iso_8601(struct reader *r, struct parts *p)
{
    p->year = number(r, 4, 4);
    take(r, '-');
    p->month = number(r, 2, 2);
    take(r, '-');
    p->day = number(r, 2, 2);
    if (*r->at == '\0')
        return;
    r->failed = r->failed || !strchr("Tt ", *r->at);
    r->at += !r->failed;
    time_of_day(r, p);
    zone(r, p);
}

static int64_t month(struct reader *r)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    char name[4] = "";

    for (size_t i = 0; i < 3 && is_letter(r->at[i]); i++)
        name[i] = (char)(r->at[i] | 0x20);
    const char *at = strlen(name) == 3 ? strstr(names, name) : NULL;
    r->failed = r->failed || at == NULL || (at - names) % 3 != 0;
    while (is_letter(*r->at))
        r->at++;
    return at ? (at - names) / 3 + 1 : 0;
}

static void weekday(struct reader *r)
{
    while (is_letter(*r->at))
        r->at++;
    take(r, ',');
    blanks(r);
}

/* "Fri, 20 Nov 2026 10:00:00 GMT", "Fri Nov 20 2026 12:00:00 GMT+0200 (…)", "20 Nov 2026 …" */
static void in_words(struct reader *r, struct parts *p)
{
    bool has_weekday = is_letter(*r->at);

    if (has_weekday)
        weekday(r);
    if (is_letter(*r->at)) {
        p->month = month(r);
        blanks(r);
        p->day = number(r, 1, 2);
    } else {
        p->day = number(r, 1, 2);
        take(r, '-');
        blanks(r);
        p->month = month(r);
        take(r, '-');
    }
    blanks(r);
    p->year = number(r, 4, 4);
    blanks(r);
    time_of_day(r, p);
    zone(r, p);
}

/* By the platform's parser, which checks that the date exists. */
static bool instant_of(const struct parts *p, struct instant *out)
{
    char text[INSTANT_TEXT_SIZE];
    int n = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", (int)p->year,
        (int)p->month, (int)p->day, (int)p->hour, (int)p->minute, (int)p->second, (int)p->us);

    if (n < 0 || (size_t)n >= sizeof text || !instant_parse(text, (size_t)n, out))
        return false;
    *out = instant_add(*out, -SECONDS(p->east_s));
    return true;
}

/* The unit follows from the magnitude: seconds until the year 5138, then milli-, micro- and
 * nanoseconds. Eight digits are a date. */
static bool since_1970(const char *text, struct instant *out)
{
    struct reader r = { .at = text };
    int64_t n = number(&r, 1, 19), us = 0;

    if (r.at - text == 8 || r.at - text > 19)
        return false;
    if (take(&r, '.'))
        us = fraction(&r);
    if (r.failed || *r.at)
        return false;
    if (n < INT64_C(100000000000))
        out->us = n * 1000000 + us;
    else if (n < INT64_C(100000000000000))
        out->us = n * 1000 + us / 1000;
    else
        out->us = n < INT64_C(100000000000000000) ? n : n / 1000;
    return true;
}

static bool read_text(const char *text, struct analytics__time *out)
{
    struct reader r = { .at = text };
    struct parts p = { .year = 0 };

    out->has_zone = true;
    if (since_1970(text, &out->at))
        return true;
    if (is_digit(text[0]) && is_digit(text[1]) && is_digit(text[2]) && is_digit(text[3]))
        iso_8601(&r, &p);
    else
        in_words(&r, &p);
    out->has_zone = p.has_zone;
    return !r.failed && *r.at == '\0' && instant_of(&p, &out->at);
}

bool analytics__read_time(struct arena *a, const struct tree *value, struct analytics__time *out)
{
    static const struct instant earliest = { INT64_C(631152000) * 1000000 }; /* 1990 */
    const char *text = tree_text(value);
    struct analytics__time read = { .at = INSTANT_NONE };
    struct buf b;

    if (tree_kind(value) == TREE_NUMBER) {
        buf_init(&b, a, TEXT_MAX);
        tree_render(&b, value);
        text = b.data;
    }
    if (text == NULL || strlen(text) > TEXT_MAX || !read_text(text_trim(a, text), &read))
        return false;
    if (read.at.us < earliest.us)
        return false;
    *out = read;
    return true;
}
