/* Declarations shared by the files of src/http. */
#pragma once
#include "http.h"
#include "http/table/routes.h"
#include "http/stream/streams.h"

/* Reads the modules' hooks and the settings that every request needs. Before serving. */
void dispatch_start(void);
void dispatch_stop(void);
/* Sets METRIC_BOUND_USED of requests, for metrics_ask. */
void http_report(void);

/*
 * Pull new events of a stream. One read transaction checks the identity, as in a request with the
 * seed's credential and organisation, and runs the kind's pull. On failure `batch` may be partly
 * filled. Errors: pull's; ERR_UNAUTHENTICATED, ERR_NOT_FOUND, ERR_FORBIDDEN: no longer allowed.
 */
CHECKED err dispatch_pull(
    struct arena *a, const struct stream_subscription *seed, struct stream_batch *batch);
