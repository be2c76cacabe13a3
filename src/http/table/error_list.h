/* Which errors a row may answer, and the list of all. Knows no request. */
#pragma once
#include <ashlar/route.h>

/* What a row may answer beside the platform's kinds, the first, the second …; NULL: no more. Its
 * own, and those of the hooks that let somebody in. */
const struct error_kind *route_error(const struct route *r, size_t index);

/* Every error kind a client can meet, once each: the platform's first, then by code. Between start,
 * which wants the installed router, and stop. */
size_t error_list(const struct error_kind *const **out);
void error_list_start(void);
void error_list_stop(void);
