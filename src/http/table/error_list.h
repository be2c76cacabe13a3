/* Errors that a row may return, and the list of all errors. */
#pragma once
#include <ashlar/route.h>

/* The errors of a row other than the platform's, by index; NULL: no more. Its own errors, and those
 * of the authentication hooks. */
const struct error_kind *route_error(const struct route *r, size_t index);

/* All error kinds visible to clients, once each: the platform's first, then by code. Between start,
 * which requires the installed router, and stop. */
size_t error_list(const struct error_kind *const **out);
void error_list_start(void);
void error_list_stop(void);
