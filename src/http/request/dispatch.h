/* What the files of src/http share of the started server. Knows no request. */
#pragma once
#include "http.h"
#include "http/table/routes.h"
#include "http/stream/streams.h"

/* Reads the settings that every request asks for. Before serving. */
void dispatch_start(void);
void dispatch_stop(void);
/* Sets what METRIC_BOUND_USED says of requests, for metrics_ask. */
void http_report(void);

/*
 * Look for what is new on a stream: the identity's checks as for a request of the seed's credential
 * and organisation, and the kind's pull, in one read. On failure `batch` may hold half of it.
 * Errors: pull's, ERR_UNAUTHENTICATED, ERR_NOT_FOUND, ERR_FORBIDDEN: it may follow no longer.
 */
CHECKED err dispatch_pull(
    struct arena *a, const struct stream_subscription *seed, struct stream_batch *batch);
