/* Deletion of expired responses of Idempotency-Keys. */
#pragma once
#include <ashlar/job.h>

extern const JOB(nothing) IDEMPOTENCY_SWEEP;
CHECKED err idempotency_sweep(struct ctx *c, int64_t most, int64_t *gone);
