/* The one pool of PostgreSQL connections of this process. Knows no query and no route. */
#pragma once
#include <ashlar/ctx.h>

/* Connections assume one of these roles: by logging in with it, or by SET ROLE right after. */
enum db_role { DB_APP, DB_SYSTEM, DB_OWNER };

/* Read settings; connections are opened on demand, so the process starts without a database. */
void pool_start(void);
void pool_stop(void);

/* Round trip: is the database there, and is its schema one this binary can serve? NULL, or why not
 * (static or in `a`). */
const char *pool_check(struct arena *a, int timeout_ms);
/* The same; `*unfit` is true when the database answered and its schema is what is wrong: `serve`
 * then refuses to start, while an absent database may still come. */
const char *pool_check_schema(struct arena *a, int timeout_ms, bool *unfit);

struct pool_stats {
    int open, in_use, waiting, cap;
    int64_t waits_refused, connects, connect_failures;
};
void pool_stats(struct pool_stats *out);
