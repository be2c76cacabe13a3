/* metrics — counters and gauges with a fixed set of series, allocated at start. Threads: any. */
#pragma once
#include "base.h"

struct metric {
    const char *name; /* "ashlar_mails_sent_total" */
    const char *help;
    enum { METRIC_COUNTER, METRIC_GAUGE } kind;
    const char *label;  /* name of the one label. NULL: none */
    const char *values; /* closed list of the label's values: "sent|refused|later" */
};

/* `value` is one of m->values (or NULL without label). Any other value counts as "other". */
PUBLIC void metric_add(const struct metric *m, const char *value, int64_t n);
PUBLIC void metric_set(const struct metric *m, const char *value, int64_t n);
