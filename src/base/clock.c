/* The one source of time. */
#include <ashlar/clock.h>
#include <stdatomic.h>

static _Atomic int64_t fake_offset_us;
static _Atomic bool fake;

static int64_t read_clock(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct instant clock_now(void)
{
    return (struct instant){ read_clock(CLOCK_REALTIME) + atomic_load(&fake_offset_us) };
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void clock_fake(struct instant at)
{
    atomic_store(&fake_offset_us, at.us ? at.us - read_clock(CLOCK_REALTIME) : 0);
    atomic_store(&fake, at.us != 0);
}

bool clock_is_fake(void)
{
    return atomic_load(&fake);
}

struct instant instant_add(struct instant at, int64_t us)
{
    struct instant sum;
    if (__builtin_add_overflow(at.us, us, &sum.us))
        sum.us = us < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

/* Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, chrono-compatible
 * low-level date algorithms). */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* Gregorian date of a day counted from 1970-01-01, within the years 1 to 9999. The year begins in
 * March, so that the leap day is the last of its year (H. Hinnant, "chrono-compatible low-level
 * date algorithms"). */
static void date_of_day(int64_t since_1970, int *year, int *month, int *day)
{
    int64_t days = since_1970 + 719468; /* from 0000-03-01 */
    int64_t era = days / 146097;        /* 400 years */
    int in_era = (int)(days % 146097);
    int year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int from_march = (5 * in_year + 2) / 153;
    *day = in_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int)(era * 400) + year_of_era + (*month <= 2);
}

static char *write_digits(char *at, int value, int count, char after)
{
    for (int i = count; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    at[count] = after;
    return at + count + 1;
}

void instant_format(struct instant at, char *out)
{
    /* RFC 3339 can express the years 0001 to 9999. */
    const int64_t first = -62135596800000000, last = 253402300799999999, per_day = DAYS(1);
    int64_t us = at.us < first ? first : at.us > last ? last : at.us;
    int64_t days = us / per_day - (us % per_day < 0);
    int64_t in_day = us - days * per_day;
    int seconds = (int)(in_day / 1000000), fraction = (int)(in_day % 1000000);
    int year, month, day;
    date_of_day(days, &year, &month, &day);
    out = write_digits(out, year, 4, '-');
    out = write_digits(out, month, 2, '-');
    out = write_digits(out, day, 2, 'T');
    out = write_digits(out, seconds / 3600, 2, ':');
    out = write_digits(out, seconds / 60 % 60, 2, ':');
    out = write_digits(out, seconds % 60, 2, fraction ? '.' : 'Z');
    if (fraction)
        out = write_digits(out, fraction, 6, 'Z');
    *out = '\0';
}

/* `count` digits, then `after` (0: nothing). Returns the number, or -1, and advances `at`. */
static int digits_then(const char **at, const char *end, int count, char after)
{
    int value = 0;
    if (end - *at < count + (after != 0))
        return -1;
    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    if (after && *(*at)++ != after)
        return -1;
    return value;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool date_parse(const char **at, const char *end, int64_t *days)
{
    int year = digits_then(at, end, 4, '-');
    int month = year < 1 ? -1 : digits_then(at, end, 2, '-');
    if (month < 1 || month > 12)
        return false;
    int day = digits_then(at, end, 2, 0);
    if (day < 1 || day > days_in_month(year, month))
        return false;
    *days = days_from_civil(year, month, day);
    return *at < end && (*(*at)++ | 0x20) == 't';
}

/* ".123" in microseconds, without digits after the sixth. No fraction: 0. "." alone: -1. */
static int64_t fraction_parse(const char **at, const char *end)
{
    int64_t us = 0, unit = 100000;
    if (*at == end || **at != '.')
        return 0;
    const char *first = ++*at;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
        us += (**at - '0') * unit;
    return *at > first ? us : -1;
}

/* "Z" or "+02:00" up to the end: seconds east of UTC. */
static bool zone_parse(const char *at, const char *end, int64_t *east)
{
    if (end - at == 1 && (*at | 0x20) == 'z') {
        *east = 0;
        return true;
    }
    if (end - at != 6 || (*at != '+' && *at != '-'))
        return false;
    int sign = *at++ == '-' ? -1 : 1;
    int hours = digits_then(&at, end, 2, ':');
    int minutes = hours < 0 ? -1 : digits_then(&at, end, 2, 0);
    if (hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *east = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool instant_parse(const char *text, size_t size, struct instant *out)
{
    const char *at = text, *end = text + size;
    int64_t days, east;
    if (!date_parse(&at, end, &days))
        return false;
    int hour = digits_then(&at, end, 2, ':');
    int minute = hour < 0 ? -1 : digits_then(&at, end, 2, ':');
    int second = minute < 0 ? -1 : digits_then(&at, end, 2, 0);
    if (second < 0 || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t us = fraction_parse(&at, end);
    if (us < 0 || !zone_parse(at, end, &east))
        return false;
    out->us = (((days * 24 + hour) * 60 + minute) * 60 + second - east) * 1000000 + us;
    return true;
}
