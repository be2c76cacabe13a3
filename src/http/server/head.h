/* The head of a request in libmicrohttpd's memory: its fields, and whether it is unambiguous. */
#pragma once
#include "http/connection/head_check.h"
#include <microhttpd.h>

/* Valid during one callback of the library only. */
struct lent_head {
    const char *method, *version;
    struct head_field fields[HEAD_FIELDS_MAX + 1]; /* one more, to detect too many */
    size_t n_fields, size;
};

/* In the library's callback with the raw target (MHD_OPTION_URI_LOG_CALLBACK), after it was copied:
 * cuts off the query. Otherwise the library would allocate an unused entry for each parameter, and
 * above its memory limit lose the connection (0.9.75). */
void head_drop_query(const char *target);

/* In the first call of the access handler for a request. */
void head_lend(struct lent_head *lent, struct MHD_Connection *connection, const char *method,
    const char *version);

/* NULL, or the reason of the rejection, also for bytes that libmicrohttpd skipped silently.
 * `target_at`: start of the library's text of the target. `target`: a copy of it from before it was
 * decoded. */
const char *head_fault(const struct lent_head *lent, uintptr_t target_at, const char *target);
