/* http_handle without socket or database: settings, a module of the test's own, requests. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "base/log_start.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "crypto/keys.h"
#include "http/own/http_start.h"
#include "http/request/http.h"
#include "module/registry.h"
#include <ashlar/ashlar.h>

static struct arena *world_arena;
static struct http_response response;

/* `environment` ends with NULL; ASHLAR_ENV=test comes first. */
static inline void world_start(const struct module *m, const char *const *environment)
{
    static const struct module *list[2];
    char *copy[16] = { (char[]){ "ASHLAR_ENV=test" } };
    struct buf problems;

    world_arena = arena_new(0);
    for (size_t i = 0; environment && environment[i]; i++)
        copy[i + 1] = arena_strdup(world_arena, environment[i]);
    buf_init(&problems, world_arena, 64 * 1024);
    list[0] = m;
    registry_set(list);
    if (!config_load(registry_modules(), copy, &problems))
        fail_msg("%s", problems.data);
    log_start_by_name("error", "json");
    assert_true(crypto_start());
    if (!http_start(&problems))
        fail_msg("%s", problems.data);
}

static inline void world_end(void)
{
    http_stop();
    arena_free(world_arena);
    world_arena = NULL;
}

struct question {
    const char *method, *target, *body;
    struct http_header headers[8];
    const char *peer;
};

static inline void ask_with(const struct question *q)
{
    struct http_request request = {
        .method = q->method,
        .target = q->target,
        .headers = q->headers,
        .body = q->body,
        .body_size = q->body ? strlen(q->body) : 0,
        .peer = q->peer ? q->peer : "192.0.2.7",
    };
    while (request.n_headers < COUNT(q->headers) && q->headers[request.n_headers].name)
        request.n_headers++;
    http_handle(world_arena, &request, &response);
}
#define ask(...) ask_with(&(const struct question){ __VA_ARGS__ })

static inline const char *response_header(const char *name)
{
    for (size_t i = 0; i < response.n_headers; i++) {
        if (strcasecmp(response.headers[i].name, name) == 0)
            return response.headers[i].value;
    }
    return NULL;
}

static inline const char *response_text(void)
{
    return arena_strndup(
        world_arena, response.body.data ? response.body.data : "", response.body.size);
}

static inline bool told(const char *text)
{
    return strstr(response_text(), text) != NULL;
}

#define assert_told(text)                                                                          \
    do {                                                                                           \
        if (!told(text))                                                                           \
            fail_msg("not told \"%s\" but: %s", (text), response_text());                          \
    } while (0)

#define assert_header(name, wanted)                                                                \
    do {                                                                                           \
        assert_non_null(response_header(name));                                                    \
        assert_string_equal(response_header(name), wanted);                                        \
    } while (0)
