/* What the process itself costs, as Prometheus text. */
#pragma once
#include <ashlar/buf.h>

/* Remember when it began. */
void process_start(void);
void process_render(struct buf *out);
