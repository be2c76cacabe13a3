/* Resource use of the process as Prometheus text. */
#pragma once
#include <ashlar/buf.h>

/* Records the start time. */
void process_start(void);
void process_render(struct buf *out);
