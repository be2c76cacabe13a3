/* Sweeping the stored responses of Idempotency-Keys. Knows no request. */
#pragma once
#include <ashlar/job.h>

extern const JOB(nothing) IDEMPOTENCY_SWEEP;
CHECKED err idempotency_sweep(struct ctx *c, int64_t most, int64_t *gone);
