/* The OpenAPI 3.1 document, from the route tables. */
#pragma once
#include "http/table/routes.h"

enum { DOCUMENT_MAX = 16 * 1024 * 1024 };

/* Written once, from the installed rows that are not hidden; valid until stop. */
void openapi_start(void);
void openapi_stop(void);
struct bytes openapi_document(void);

/* Whether the row can return this kind: its own errors, and the platform's that its auth, method,
 * input and limits allow. Also for /docs. */
bool route_may_answer(const struct route *r, const struct error_kind *kind);

const char *rate_class_text(enum rate_class class); /* "sensitive" */

/* Parts of the document that are written by openapi_parts.c. */
void openapi_write_components(struct buf *b);
