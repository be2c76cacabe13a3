/* The OpenAPI 3.1 document, from the route tables. Knows no request. */
#pragma once
#include "routes.h"

/* Of the rows http_routes lists; hidden ones are left out. Once, at start. */
void openapi_write(struct buf *out);

/* Shared with /docs: can this kind come from this row? Its own errors, and of the platform's those
 * its auth, method, input and limits make possible. */
bool route_may_answer(const struct route *r, const struct error_kind *kind);

/* Does the resource at its path have versions, so that If-Match can guard the change? */
bool route_has_versions(const struct route *r);
const char *rate_class_text(enum rate_class class); /* "sensitive" */
bool shape_has_etag(const struct shape *s);

/* The parts the document's file is made of: openapi_parts.c. */
void openapi_write_components(struct buf *b);
