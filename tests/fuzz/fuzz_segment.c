/* Messages of Segment's protocol: first byte which path, second how long the Authorization header
 * is, then header and body. What is let in is within every limit the tables have. */
#include "../../modules/analytics/analytics_internal.h"
#include "base/ctx_open.h"
#include "base/log_start.h"
#include "config/load.h"
#include "crypto/keys.h"
#include "module/registry.h"

static void start(void)
{
    char *settings[] = { (char[]){ "ASHLAR_ENV=test" }, (char[]){ "DATABASE_URL=postgres:///none" },
        NULL };
    struct buf problems;

    buf_init(&problems, NULL, 4096);
    if (!config_load(registry_modules(), settings, &problems) || !crypto_start())
        abort();
    buf_release(&problems);
    log_start_by_name("error", "json");
}

static void must(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static size_t text_size(const struct tree *list, size_t i)
{
    const char *text = tree_text(tree_item(list, i));

    return text ? utf8_length(text) : 0;
}

static bool is_instant_until(const struct tree *text, struct instant last)
{
    const char *at = tree_text(text);
    struct instant value;

    return at && instant_parse(at, strlen(at), &value) && value.us <= last.us && value.us > 0;
}

/* What goes to the database is JSON of the form its statements take apart. */
static void check(struct ctx *c, const struct analytics__intake *in)
{
    const struct tree *messages = NULL, *links = NULL;

    if (in->n_messages) {
        must(tree_parse(c, in->messages.data, in->messages.size, 1000000, &messages) == NULL);
        must(tree_count(messages) == in->n_messages);
    }
    for (size_t i = 0; i < in->n_messages; i++) {
        const struct tree *m = tree_item(messages, i);
        must(tree_count(m) == 5 && text_size(m, 0) == UUID_TEXT_SIZE);
        must(is_instant_until(tree_item(m, 1), in->received_at));
        must(text_size(m, 2) >= 1 && text_size(m, 2) <= 200);
        must(text_size(m, 3) >= 1 && text_size(m, 3) <= 200);
        must(tree_kind(tree_item(m, 4)) == TREE_OBJECT);
    }
    if (in->n_links) {
        must(tree_parse(c, in->links.data, in->links.size, 1000000, &links) == NULL);
        must(tree_count(links) == in->n_links);
    }
    for (size_t i = 0; i < in->n_links; i++) {
        const struct tree *pair = tree_item(links, i);
        must(tree_count(pair) == 2 && text_size(pair, 0) >= 1 && text_size(pair, 0) <= 200);
        must(text_size(pair, 1) >= 1 && text_size(pair, 1) <= 200);
    }
}

static void add_batch(struct ctx *c, struct analytics__intake *in, struct bytes body)
{
    struct analytics__place place = { .at = NULL };
    struct analytics__envelope e;
    const struct tree *message;
    struct bytes json;
    const char *why;

    if (!analytics__open_envelope(body, &e))
        return;
    while (analytics__next_message(&e, &place, &json)) {
        must((const char *)json.data > e.batch && (const char *)json.data + json.size <= e.end);
        if (json.size && tree_try(c, json.data, json.size, 10000, &message, &why) == NULL &&
            message)
            (void)analytics__intake_add(in, message, NULL);
    }
}

static void take(struct ctx *c, const char *type, const char *body, size_t size)
{
    static const char *const traits[] = { "plan", "a\"b" };
    const struct analytics__write_key key = { .key = "wk", .traits = traits, .n_traits = 2 };
    const struct tree *request;
    struct analytics__intake in;

    analytics__intake_open(&in, c, &key, NULL);
    if (type == NULL)
        add_batch(c, &in, (struct bytes){ body, size });
    else if (tree_parse(c, body, size, 100000, &request) == NULL)
        (void)analytics__intake_add(&in, request, type);
    buf_char(&in.messages, ']');
    buf_char(&in.links, ']');
    must(!buf_is_full(&in.messages) && !buf_is_full(&in.links));
    check(c, &in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = { NULL, "track", "identify", "page", "screen", "group",
        "alias" };
    static bool started;
    struct arena *a;
    struct ctx c;
    size_t header_size;

    if (!started)
        start();
    started = true;
    if (size < 2)
        return 0;
    a = arena_new(0);
    ctx_open(&c, a, "fuzz");
    header_size = data[1] < size - 2 ? data[1] : size - 2;
    const char *key =
        analytics__basic_key(a, arena_strndup(a, (const char *)data + 2, header_size));
    must(key == NULL || (*key && utf8_is_valid(key, strlen(key))));
    size -= 2 + header_size;
    take(&c, types[data[0] % COUNT(types)],
        arena_strndup(a, (const char *)data + 2 + header_size, size), size);
    arena_free(a);
    return 0;
}
