/*
 * error_group — logged errors, grouped by event (of a log_error line) and place (route id, job kind
 * or command). Every log_error call counts. Processes write their counts every few seconds through
 * a queue of fixed size. Errors above its size are counted without details.
 *
 * Call in an open transaction as ashlar_system (a staff route, a command).
 */
#pragma once
#include "page.h"

struct error_group {
    struct uuid id; /* "error_…" */
    const char *event;
    const char *operation; /* NULL: outside requests and jobs */
    const char *state;     /* open|resolved */
    int64_t count;
    struct instant first_seen_at, last_seen_at;
    const char *request_id; /* of the last occurrence, for its log lines. NULL: none */
    const char *sample;     /* fields of the last log line */
    int64_t reopened;       /* number of occurrences after a resolution */
    struct instant resolved_at;
};
PUBLIC extern const struct shape error_group_shape;
LIST_OF(error_group);
PUBLIC extern const struct shape error_group_list_shape;

/* `state` NULL: all. Oldest group first. */
PUBLIC CHECKED err error_group_find(
    struct ctx *c, const char *state, const struct page_in *page, struct error_group_list *out);

/* Marks the group as resolved. The next occurrence reopens it. Writes an audit row. Errors:
 * ERR_NOT_FOUND. */
PUBLIC CHECKED err error_group_resolve(struct ctx *c, struct uuid id, struct error_group *out);
