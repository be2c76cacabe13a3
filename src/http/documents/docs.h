/* The page at /docs, from the route tables. */
#pragma once
#include <ashlar/buf.h>

/* Written once, from the installed rows that are not hidden; valid until stop. */
void docs_start(void);
void docs_stop(void);
struct bytes docs_page(void);
