/* The OpenAPI 3.1 document, from the route tables. Knows no request. */
#pragma once
#include "http/table/routes.h"

enum { DOCUMENT_MAX = 16 * 1024 * 1024 };

/* Written once, of the installed rows that are not hidden; there until stop. */
void openapi_start(void);
void openapi_stop(void);
struct bytes openapi_document(void);

/* Shared with /docs: can this kind come from this row? Its own errors, and of the platform's those
 * its auth, method, input and limits make possible. */
bool route_may_answer(const struct route *r, const struct error_kind *kind);

const char *rate_class_text(enum rate_class class); /* "sensitive" */

/* The parts the document's file is made of: openapi_parts.c. */
void openapi_write_components(struct buf *b);
