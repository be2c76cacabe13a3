/* Header lines every response carries. Knows no route. */
#pragma once
#include "http.h"
#include "rate.h"

/* `value` must outlive the response; when the table is full the line is logged and dropped. */
void header_add(struct http_response *r, const char *name, const char *value);

/* Is ASHLAR_PUBLIC_URL https? Then cookies are Secure and __Host-, and HSTS is sent. */
bool headers_public_is_https(void);

/* Give a header that is there another value. */
void header_replace(struct http_response *r, const char *name, const char *value);

/* Content type, cache rule and the constant security lines. `etagged`: a private cache may keep it
 * and must ask again. */
void headers_constant(struct http_response *r, const char *content_type, bool etagged);

/* Deprecation (RFC 9745) and Sunset (RFC 8594) of the row. */
void headers_lifecycle(struct http_response *r, struct arena *a, const struct route *route);

/* RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10). */
void headers_rate(struct http_response *r, struct arena *a, const struct rate_report *rate);

/* The value of a form "text/html; charset=…" is HTML. */
bool headers_is_html(const char *content_type);
