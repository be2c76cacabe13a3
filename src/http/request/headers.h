/* Headers of every response. */
#pragma once
#include "http.h"
#include "rate.h"

/* `value` must outlive the response. When the table is full, the header is logged and dropped. */
void header_add(struct http_response *r, const char *name, const char *value);

/* Whether ASHLAR_PUBLIC_URL is https: then cookies are Secure and __Host-, and HSTS is sent. */
bool headers_public_is_https(void);

/* Replace the value of an existing header. */
void header_replace(struct http_response *r, const char *name, const char *value);

/* Content type, cache rule and the constant security headers. `etagged`: a private cache may store
 * the response and must revalidate. */
void headers_constant(struct http_response *r, const char *content_type, bool etagged);

/* Deprecation (RFC 9745) and Sunset (RFC 8594) of the row. */
void headers_lifecycle(struct http_response *r, struct arena *a, const struct route *route);

/* RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10). */
void headers_rate(struct http_response *r, struct arena *a, const struct rate_report *rate);

/* Whether it is HTML, also with parameters: "text/html; charset=…". */
bool headers_is_html(const char *content_type);
