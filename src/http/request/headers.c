/* Headers of every response (OWASP secure headers, REST cheat sheet). */
#include "headers.h"
#include "config/platform_settings.h"
#include <ashlar/log.h>
#include <ashlar/text.h>

static const struct http_header always[] = {
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=()" },
};

#define CSP_DATA "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
/* Our own pages: no scripts, inline styles, forms to our own origin. */
#define CSP_PAGE                                                                                   \
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "    \
    "frame-ancestors 'none'; base-uri 'none'"

void header_add(struct http_response *r, const char *name, const char *value)
{
    if (r->n_headers == HTTP_RESPONSE_HEADERS_MAX) {
        log_error(NULL, "http.response_header_dropped", log_text("header", name));
        return;
    }
    r->headers[r->n_headers++] = (struct http_header){ name, value };
}

void header_replace(struct http_response *r, const char *name, const char *value)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        if (strcmp(r->headers[i].name, name) == 0)
            r->headers[i].value = value;
    }
}

bool headers_public_is_https(void)
{
    const char *url = setting_text(&ASHLAR_PUBLIC_URL);
    return url && text_starts_with(url, "https://");
}

bool headers_is_html(const char *content_type)
{
    return content_type && text_starts_with(content_type, "text/html");
}

void headers_constant(struct http_response *r, const char *content_type, bool etagged)
{
    if (content_type)
        header_add(r, "Content-Type", content_type);
    header_add(r, "Cache-Control", etagged ? "private, no-cache" : "no-store");
    for (size_t i = 0; i < COUNT(always); i++)
        header_add(r, always[i].name, always[i].value);
    header_add(r, "Content-Security-Policy", headers_is_html(content_type) ? CSP_PAGE : CSP_DATA);
    if (headers_public_is_https())
        header_add(r, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
}

/* Dates of rows were validated at start. */
static time_t date_seconds(const char *date)
{
    char text[32];
    struct instant at = INSTANT_NONE;

    snprintf(text, sizeof text, "%sT00:00:00Z", date);
    return instant_parse(text, strlen(text), &at) ? (time_t)(at.us / SECONDS(1)) : 0;
}

void headers_lifecycle(struct http_response *r, struct arena *a, const struct route *route)
{
    if (route->deprecated)
        header_add(
            r, "Deprecation", arena_printf(a, "@%lld", (long long)date_seconds(route->deprecated)));
    if (route->sunset) {
        time_t at = date_seconds(route->sunset);
        char text[40];
        struct tm parts;
        gmtime_r(&at, &parts);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        header_add(r, "Sunset", arena_strdup(a, text));
    }
}

void headers_rate(struct http_response *r, struct arena *a, const struct rate_report *rate)
{
    header_add(r, "RateLimit-Policy",
        arena_printf(a, "\"%s\";q=%lld;w=%lld", rate->policy, (long long)rate->burst,
            (long long)rate->window_s));
    header_add(r, "RateLimit",
        arena_printf(a, "\"%s\";r=%lld;t=%lld", rate->policy, (long long)rate->left,
            (long long)rate->reset_s));
}
