/* A listener with some routes, and clients that send bytes. */
#pragma once
#include "../unit/http_world.h"
#include "http/server/listener.h"
#include "sockets.h"
#include <poll.h>

enum { ANSWER_MAX = 256 * 1024, QUIET_MS = 300, PATIENCE_MS = 20000 };

struct text_in {
    const char *text;
};
static const struct field text_in_fields[] = {
    TEXT(text_in, text, .max = 60000, .empty = true, .doc = "Text"),
};
static SHAPE(text_in);

struct size_out {
    int64_t size;
};
static const struct field size_out_fields[] = {
    INT(size_out, size, .doc = "Bytes"),
};
static SHAPE(size_out);

static int posts;

HANDLER(post_text, text_in, size_out)
{
    (void)c;
    posts++;
    out->size = (int64_t)strlen(in->text);
    return NULL;
}

HANDLER(get_slow, nothing, size_out)
{
    (void)in;
    TRY(sleep_ms(c, 500));
    out->size = 1;
    return NULL;
}

HANDLER(get_brief, nothing, size_out)
{
    (void)in;
    TRY(sleep_ms(c, 1));
    out->size = 3;
    return NULL;
}

HANDLER(get_fast, nothing, size_out)
{
    (void)c, (void)in;
    out->size = 2;
    return NULL;
}

HANDLER(get_none, nothing, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

struct raw_in {
    struct raw raw;
};
static const struct field raw_in_fields[] = { { .name = NULL } };
static const struct shape raw_in_shape = {
    .name = "raw_in",
    .size = sizeof(struct raw_in),
    .fields = raw_in_fields,
    .raw_at = 1 + offsetof(struct raw_in, raw),
};

HANDLER(take_raw, raw_in, size_out)
{
    (void)c;
    posts++;
    out->size = (int64_t)in->raw.body.size;
    return NULL;
}

#define ROW(m, p, i, fn, st)                                                                       \
    .method = m, .path = p, .id = i, .summary = "s", .auth = AUTH_PUBLIC, .rate = RATE_NONE,       \
    .tx = TX_MANUAL, .status = st, .errors = NO_ERRORS, .idempotency = KEY_IGNORED,                \
    .handler = BY(fn)
static const struct route routes[] = {
    { ROW(POST, "/text", "postText", post_text, 200) },
    { ROW(POST, "/raw", "postRaw", take_raw, 200), .body_max = 1000, .lenient = true },
    { ROW(POST, "/strict", "postStrict", take_raw, 200), .body_max = 1000 },
    { ROW(GET, "/slow", "getSlow", get_slow, 200) },
    { ROW(GET, "/brief", "getBrief", get_brief, 200) },
    { ROW(GET, "/fast", "getFast", get_fast, 200) },
    { ROW(GET, "/none", "getNone", get_none, 204) },
    { .method = POST,
        .path = "/counted",
        .id = "postCounted",
        .summary = "s",
        .auth = AUTH_PUBLIC,
        .rate = RATE_WRITE,
        .tx = TX_MANUAL,
        .status = 200,
        .errors = NO_ERRORS,
        .idempotency = KEY_IGNORED,
        .handler = BY(post_text) },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};

static uint16_t port, ops_port;
static const char *world_setting; /* one more; NULL: none */

static inline int begin(void **state)
{
    char listen[64], ops[64];

    (void)state;
    port = free_port();
    do {
        ops_port = free_port();
    } while (ops_port == port);
    snprintf(listen, sizeof listen, "ASHLAR_LISTEN=127.0.0.1:%u", port);
    snprintf(ops, sizeof ops, "ASHLAR_OPS_LISTEN=127.0.0.1:%u", ops_port);
    world_start(&test_module, (const char *const[]){ listen, ops, "ASHLAR_THREADS=2",
                                  "ASHLAR_CONNECTIONS=200", world_setting, NULL });
    assert_true(listener_start());
    posts = 0;
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    listener_stop(2000);
    world_end();
    return 0;
}

static inline int dial(void)
{
    return dial_port(port);
}

static inline void send_bytes(int fd, const void *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        ssize_t n = send(fd, (const char *)data + sent, size - sent, MSG_NOSIGNAL);
        if (n <= 0) /* the server may have closed already: the answer tells */
            return;
        sent += (size_t)n;
    }
}

struct answer {
    char text[ANSWER_MAX];
    size_t size;
    bool closed;
};

/* Everything that comes until it is quiet for `quiet_ms` or the server closes. */
static inline void listen_to(int fd, int quiet_ms, struct answer *out)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    out->size = 0;
    out->closed = false;
    while (out->size < sizeof out->text - 1 && poll(&p, 1, quiet_ms) > 0) {
        ssize_t n = recv(fd, out->text + out->size, sizeof out->text - 1 - out->size, 0);
        if (n <= 0) {
            out->closed = true;
            break;
        }
        out->size += (size_t)n;
    }
    out->text[out->size] = '\0';
}

static struct answer answer;

static inline void exchange_bytes(const void *data, size_t size)
{
    int fd = dial();
    send_bytes(fd, data, size);
    listen_to(fd, QUIET_MS, &answer);
    close(fd);
}

static inline int count(const char *text, const char *needle)
{
    int n = 0;
    for (; (text = strstr(text, needle)); text++)
        n++;
    return n;
}

static inline int status_of(const struct answer *from)
{
    return strncmp(from->text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(from->text + 9, NULL, 10) : 0;
}

#define RAW(text) text, sizeof text - 1

static inline void assert_metric(const char *line)
{
    int fd = dial_port(ops_port);

    send_bytes(fd, RAW("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    listen_to(fd, PATIENCE_MS, &answer);
    close(fd);
    if (strstr(answer.text, line) == NULL) {
        const char *same = memmem(answer.text, answer.size, line, strcspn(line, " "));
        fail_msg("no \"%s\" but: %.200s", line, same ? same : "nothing of that name");
    }
}
