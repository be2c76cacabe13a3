/*
 * The head of a request while libmicrohttpd lends it: its fields, whether it reads one way only.
 * Knows no route.
 */
#pragma once
#include "http/connection/head_check.h"
#include <microhttpd.h>

/* Must die with the call that lent it. */
struct lent_head {
    const char *method, *version;
    struct head_field fields[HEAD_FIELDS_MAX + 1]; /* one more: to notice too many */
    size_t n_fields, size;
};

/* In the library's call with the raw target (MHD_OPTION_URI_LOG_CALLBACK), once it is copied: its
 * query ends at once. The library would make an entry of each parameter, which nobody reads, and
 * past its memory loses the connection (0.9.75). */
void head_drop_query(const char *target);

/* In the access handler's first call for a request. */
void head_lend(struct lent_head *lent, struct MHD_Connection *connection, const char *method,
    const char *version);

/* NULL, or why it is refused: what libmicrohttpd passed over in silence too. `target_at` is where
 * the library's text of the target began, `target` a copy of it from before it was decoded. */
const char *head_fault(const struct lent_head *lent, uintptr_t target_at, const char *target);
