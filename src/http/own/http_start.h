/* Start and stop of the HTTP side. */
#pragma once
#include <ashlar/buf.h>
#include <stdbool.h>

/* Check all route tables of registry_modules() and build the dispatch tables, the OpenAPI document
 * and the docs page. False when a table is invalid; `problems` then has one line per defect. Once,
 * before serving. */
bool http_start(struct buf *problems);
void http_stop(void);
