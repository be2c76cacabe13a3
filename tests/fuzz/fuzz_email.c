/* Any text against every format; what passes as an e-mail address must be safe in a mail header. */
#include "shape/shape_json.h"
#include <ashlar/text.h>
#include <stdlib.h>

static void check_email(const char *text)
{
    const char *at = strchr(text, '@');
    if (!at || at != strrchr(text, '@') || strlen(text) > 254 || at - text > 64)
        abort();
    if (!strchr(at, '.') || text[strcspn(text, " \t\r\n<>()[]\\,;:\"")])
        abort();
    for (const char *byte = text; *byte; byte++)
        if (*byte <= ' ' || *byte > '~')
            abort();
}

static void check_line(const char *text)
{
    if (text[strcspn(text, "\r\n\t\a")])
        abort();
}

static void check_url(const char *text)
{
    if (!text_starts_with(text, "http://") && !text_starts_with(text, "https://"))
        abort();
    if (text[strcspn(text, " \r\n<>\"\\")])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *text = arena_strndup(a, (const char *)data, size);
    if (text_format_ok(EMAIL, text))
        check_email(text);
    if (text_format_ok(LINE, text))
        check_line(text);
    if (text_format_ok(URL, text))
        check_url(text);
    if (text_format_ok(SLUG, text) && !text_format_ok(TOKEN, text))
        abort();
    if (text_format_ok(LOCALE, text) && !text_format_ok(TOKEN, text))
        abort();
    (void)text_format_ok(ANY_TEXT, text);
    arena_free(a);
    return 0;
}
