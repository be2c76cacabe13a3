/* Text from outside: UTF-8, base64url, instants, JSON escapes and log lines made of it. */
#include "base/log_line.h"
#include <ashlar/buf.h>
#include <ashlar/clock.h>
#include <ashlar/text.h>
#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_base64url(struct arena *a, const char *text, size_t size)
{
    struct bytes out;
    if (!base64url_to_bytes(a, text, size, &out))
        return;
    const char *back = base64url_from_bytes(a, out.data, out.size);
    if (strlen(back) != size || memcmp(back, text, size) != 0)
        abort();
}

static void check_instant(const char *text, size_t size)
{
    struct instant at, again;
    char back[INSTANT_TEXT_SIZE];
    if (!instant_parse(text, size, &at))
        return;
    instant_format(at, back);
    /* A zone may carry it out of what four digits of a year can say. */
    bool writable = at.us >= -62135596800000000 && at.us <= 253402300799999999;
    if (!instant_parse(back, strlen(back), &again) || (writable && again.us != at.us))
        abort();
}

/* Whatever jansson reads back must be what went in. */
static void check_json(struct arena *a, const char *text)
{
    struct buf b;
    buf_init(&b, a, 1 << 20);
    buf_json_text(&b, text);
    json_t *value = json_loadb(b.data, b.size, JSON_DECODE_ANY, NULL);
    if (!value || strcmp(json_string_value(value), text) != 0)
        abort();
    json_decref(value);
}

static void check_log(const char *text)
{
    struct log_line line;
    const struct log_field fields[] = { log_text("value", text), { .kind = LOG_NONE } };
    log_line_build(&line, LOG_JSON, NULL, LOG_INFO, text, fields);
    json_t *value = json_loadb(line.data, line.size, 0, NULL);
    if (!value || memchr(line.data, '\n', line.size) != line.data + line.size - 1)
        abort();
    json_decref(value);
    log_line_build(&line, LOG_READABLE, NULL, LOG_INFO, text, fields);
    if (memchr(line.data, '\n', line.size) != line.data + line.size - 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *text = arena_strndup(a, (const char *)data, size);
    int64_t number;
    check_base64url(a, text, size);
    check_instant(text, size);
    if (text_to_int(text, &number) && !*text)
        abort();
    if (utf8_is_valid(text, strlen(text)))
        check_json(a, text);
    check_log(text);
    arena_free(a);
    return 0;
}
