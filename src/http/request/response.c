/* Access of handlers to the request, and to the response other than its body. */
#include "cookies.h"
#include "etag.h"
#include "exchange.h"
#include "headers.h"
#include <ashlar/log.h>
#include <ashlar/text.h>

enum { USER_AGENT_MAX = 200 };

const char *request_header(const struct http_request *q, const char *name)
{
    for (size_t i = 0; i < q->n_headers; i++) {
        if (text_equal_nocase(q->headers[i].name, name))
            return q->headers[i].value;
    }
    return NULL;
}

const char *request_header_list(struct arena *a, const struct http_request *q, const char *name)
{
    const char *list = NULL;

    for (size_t i = 0; i < q->n_headers; i++) {
        const char *value = q->headers[i].value;
        if (text_equal_nocase(q->headers[i].name, name))
            list = list ? arena_printf(a, "%s, %s", list, value) : value;
    }
    return list;
}

const char *request_header_value(const struct ctx *c, const char *name)
{
    return c->response ? request_header(c->response->request, name) : NULL;
}

static const char *only_cookie_header(const struct http_request *q)
{
    const char *found = NULL;

    for (size_t i = 0; i < q->n_headers; i++) {
        if (!text_equal_nocase(q->headers[i].name, "Cookie"))
            continue;
        if (found) /* RFC 6265 section 5.4: a client sends a single Cookie header */
            return NULL;
        found = q->headers[i].value;
    }
    return found;
}

const char *request_cookie(const struct ctx *c, const char *name)
{
    if (c->response == NULL)
        return NULL;
    return cookie_find(
        c->arena, only_cookie_header(c->response->request), name, headers_public_is_https());
}

const char *request_user_agent(const struct ctx *c)
{
    const char *text = c->response ? request_header(c->response->request, "User-Agent") : NULL;
    size_t size;

    if (text == NULL || text[0] == '\0')
        return NULL;
    size = strnlen(text, USER_AGENT_MAX);
    while (size > 0 && !utf8_is_valid(text, size)) /* cut within a character, or not text */
        size--;
    return size ? arena_strndup(c->arena, text, size) : NULL;
}

void response_cookie(struct ctx *c, const struct cookie *cookie)
{
    struct response *response = c->response;

    if (response == NULL)
        return;
    if (response->n_cookies == RESPONSE_COOKIES_MAX) {
        log_error(c, "http.cookie_dropped", log_text("cookie", cookie->name));
        return;
    }
    response->cookies[response->n_cookies++] = (struct cookie){
        .name = arena_strdup(c->arena, cookie->name),
        .value = secret_strdup(c->arena, cookie->value ? cookie->value : ""),
        .max_age_s = cookie->max_age_s,
        .strict = cookie->strict,
    };
}

void response_as_file(struct ctx *c)
{
    if (c->response)
        c->response->as_file = true;
}

void response_embeddable(struct ctx *c)
{
    if (c->response)
        c->response->embeddable = true;
}

void response_forget_site(struct ctx *c)
{
    if (c->response)
        c->response->forget_site = true;
}

void response_retry_after(struct ctx *c, int64_t seconds)
{
    if (c->response)
        c->response->retry_after_s = seconds > 1 ? seconds : 1;
}

void response_forget_effects(struct ctx *c)
{
    c->response->n_cookies = 0;
    c->response->forget_site = c->response->as_file = c->response->embeddable = false;
}

static void write_cookie(struct exchange *x, const struct cookie *cookie)
{
    const char *line = cookie_line(x->c.arena, cookie, headers_public_is_https());

    if (line == NULL)
        log_error(&x->c, "http.cookie_invalid", log_text("cookie", cookie->name));
    else
        header_add(x->r, "Set-Cookie", line);
}

static bool sets_cookie(const struct response *response, const char *name)
{
    for (size_t i = 0; i < response->n_cookies; i++) {
        if (strcmp(response->cookies[i].name, name) == 0)
            return true;
    }
    return false;
}

void response_write_effects(struct exchange *x)
{
    static const struct cookie gone = { .name = SESSION_COOKIE, .value = "" };

    for (size_t i = 0; i < x->response.n_cookies; i++)
        write_cookie(x, &x->response.cookies[i]);
    if (x->cookie_is_bad && !sets_cookie(&x->response, SESSION_COOKIE))
        write_cookie(x, &gone);
    if (x->response.forget_site)
        header_add(x->r, "Clear-Site-Data", "\"cookies\", \"storage\"");
    if (x->response.as_file)
        header_add(x->r, "Content-Disposition", "attachment");
    if (x->response.embeddable)
        header_replace(x->r, "Cross-Origin-Resource-Policy", "cross-origin");
}

static const char *version_wanted(const struct ctx *c)
{
    return c->response ? request_header(c->response->request, "If-Match") : NULL;
}

bool ctx_names_version(const struct ctx *c, int64_t version)
{
    const char *wanted = version_wanted(c);

    return wanted != NULL && strchr(wanted, '*') == NULL && etag_names_version(wanted, version);
}

err ctx_match_version(struct ctx *c, int64_t version)
{
    const char *wanted = version_wanted(c);

    if (wanted == NULL || etag_names_version(wanted, version))
        return NULL;
    return problem(c, &ERR_CHANGED, "header:If-Match",
        "It was changed since you read it; read it again and repeat your change.");
}
