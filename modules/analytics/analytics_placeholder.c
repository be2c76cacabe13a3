/* Placeholder ids: values that broken callers send instead of an id, and so equal for many
 * visitors. docs/analytics.md lists the words, too. */
#include "analytics_internal.h"

const char *const analytics__placeholders[] = {
    /* Unset values, as printed by programming languages. */
    "null", "nil", "none", "undefined", "nan", "infinity", "-1", "true", "false", "object object",
    /* Words for visitors who are unknown or not signed in. */
    "anonymous", "anon", "guest", "nobody", "unknown", "n/a", "not set", "no user",
    "not_authenticated", "unauthenticated",
    /* The name of the field instead of its value. */
    "id", "userid", "user_id", "anonymousid", "anonymous_id", "distinctid", "distinct_id", "email",
    /* Equal on many devices: RFC 9562's Max UUID; Android's id in emulators and by a bug; Android's
     * substitute for a hardware address. */
    "ffffffff-ffff-ffff-ffff-ffffffffffff", "9774d56d682e549c", "02:00:00:00:00:00", NULL
};

/* Prefixes of template placeholders without a value. */
static const char *const templates[] = { "[object ", "{{", "${", "<%" };

/* Bytes of the white space at `at`, also Unicode's; 0: none. */
static size_t space_at(const char *at)
{
    static const char *const wide[] = { "\u00a0", "\u200b", "\u2028", "\u2029", "\u202f", "\u2060",
        "\u3000", "\ufeff" };

    if ((unsigned char)*at <= ' ' || *at == 0x7f)
        return *at != '\0';
    for (size_t i = 0; i < COUNT(wide); i++) {
        if (text_starts_with(at, wide[i]))
            return strlen(wide[i]);
    }
    return 0;
}

static size_t wrapping_at(const char *at)
{
    return *at && strchr("\"'`()[]{}<>", *at) ? 1 : space_at(at);
}

/* The id without characters that `skips` matches at both ends. */
static const char *trim(struct arena *a, const char *id, size_t (*skips)(const char *at))
{
    const char *end = id, *from = id;
    size_t n;

    while ((n = skips(from)) > 0)
        from += n;
    for (const char *at = end = from; *at; at += n ? n : 1) {
        n = skips(at);
        end = n ? end : at + 1;
    }
    return arena_strndup(a, from, (size_t)(end - from));
}

/* Zeros and separators of numbers and UUIDs distinguish no visitors. */
static bool says_something(const char *id)
{
    for (; *id; id++) {
        unsigned char c = (unsigned char)*id;
        if (c >= 0x80 || (c >= '1' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
            return true;
    }
    return false;
}

bool analytics__is_blank(const char *id)
{
    size_t n;

    while ((n = space_at(id)) > 0)
        id += n;
    return *id == '\0';
}

bool analytics__is_placeholder(struct arena *a, const char *id)
{
    const char *bare = trim(a, id, space_at);

    for (size_t i = 0; i < COUNT(templates); i++) {
        if (text_starts_with(bare, templates[i]))
            return true;
    }
    bare = trim(a, bare, wrapping_at);
    for (size_t i = 0; analytics__placeholders[i]; i++) {
        if (text_equal_nocase(bare, analytics__placeholders[i]))
            return true;
    }
    return !says_something(bare);
}
