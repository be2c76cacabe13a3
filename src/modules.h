/* The modules of this binary, the platform's own first, in start order. NULL-terminated. Only main
 * and tests use it. Other code receives the list (registry.h). */
#pragma once
#include <ashlar/module.h>

extern const struct module *const modules_linked[];

/* The platform as a module: its queries, settings, jobs, metrics, probes. */
extern const struct module platform_module;
