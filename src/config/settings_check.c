/* Check of a text against a setting's type, range and rule. */
#include "settings_check.h"
#include <ashlar/text.h>

enum { TEXT_MAX = 4096 };

static const struct {
    const char *name;
    enum environment env;
} environments[] = {
    { "development", ENV_DEVELOPMENT },
    { "test", ENV_TEST },
    { "staging", ENV_STAGING },
    { "production", ENV_PRODUCTION },
};

const char *environment_name(enum environment env)
{
    for (size_t i = 0; i < COUNT(environments); i++)
        if (environments[i].env == env)
            return environments[i].name;
    return "unknown";
}

bool environment_parse(const char *text, enum environment *out)
{
    for (size_t i = 0; i < COUNT(environments); i++) {
        if (text_equal(environments[i].name, text)) {
            *out = environments[i].env;
            return true;
        }
    }
    return false;
}

static bool parse_bool(const char *text, int64_t *out)
{
    bool yes = text_equal_nocase(text, "true") || text_equal_nocase(text, "on") ||
               text_equal_nocase(text, "yes") || text_equal(text, "1");
    bool no = text_equal_nocase(text, "false") || text_equal_nocase(text, "off") ||
              text_equal_nocase(text, "no") || text_equal(text, "0");
    if (yes || no)
        *out = yes;
    return yes || no;
}

static bool is_printable(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return utf8_is_valid(text, strlen(text));
}

static bool is_text(const struct setting *s, const char *text)
{
    size_t size = strlen(text);
    int64_t max = s->max ? s->max : TEXT_MAX;
    return is_printable(text) && (int64_t)size >= s->min && (int64_t)size <= max;
}

/* scheme "://" and more, without spaces (RFC 3986 section 3.1 for the scheme). The setting's rule
 * checks the scheme. */
static bool is_url(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
    if (!scheme || strncmp(text + scheme, "://", 3) != 0 || !text[scheme + 3])
        return false;
    return is_printable(text) && !strchr(text, ' ') && strlen(text) <= TEXT_MAX;
}

static bool has_type(const struct setting *s, const char *text, int64_t *number)
{
    switch (s->type) {
    case SETTING_INT:
        return text_to_int(text, number) && *number >= s->min && *number <= s->max;
    case SETTING_BOOL:
        return parse_bool(text, number);
    case SETTING_WORD:
        return text_is_one_of(s->one_of, text, strlen(text));
    case SETTING_URL:
        return is_url(text);
    case SETTING_TEXT:
        return is_text(s, text);
    }
    return false;
}

static void put_words(const char *list, struct buf *out)
{
    for (const char *at = list; *at; at++) {
        if (*at != '|')
            buf_char(out, *at);
        else
            buf_text(out, strchr(at + 1, '|') ? ", " : " or ");
    }
}

void setting_type_text(const struct setting *s, struct buf *out)
{
    switch (s->type) {
    case SETTING_INT:
        buf_printf(out, "integer from %lld to %lld", (long long)s->min, (long long)s->max);
        break;
    case SETTING_BOOL:
        buf_text(out, "true or false");
        break;
    case SETTING_WORD:
        put_words(s->one_of, out);
        break;
    case SETTING_URL:
        buf_text(out, "URL");
        break;
    case SETTING_TEXT:
        buf_text(out, "text");
        if (s->min || s->max)
            buf_printf(out, " of %lld to %lld bytes", (long long)s->min,
                (long long)(s->max ? s->max : TEXT_MAX));
        break;
    }
}

bool setting_check(const struct setting *s, enum environment env, const char *text, int64_t *number,
    struct buf *why)
{
    int64_t parsed = 0;
    if (!has_type(s, text, &parsed)) {
        if (!s->secret)
            buf_printf(why, "\"%.60s\" is invalid: ", text);
        buf_text(why, "must be ");
        setting_type_text(s, why);
        return false;
    }
    const char *refusal = s->refuse ? s->refuse(env, text) : NULL;
    if (refusal) {
        buf_printf(why, "refused in %s: %s", environment_name(env), refusal);
        return false;
    }
    *number = parsed;
    return true;
}
