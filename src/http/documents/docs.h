/* The page at /docs: the route tables for people. Knows no request. */
#pragma once
#include <ashlar/buf.h>

/* Written once, of the installed rows that are not hidden; there until stop. */
void docs_start(void);
void docs_stop(void);
struct bytes docs_page(void);
