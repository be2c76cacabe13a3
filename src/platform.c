/* The platform itself as a module. Each part adds its own lines; nothing is decided here. */
#include "config/load.h"
#include "registry.h"

const struct module platform_module = {
    .name = "platform",
    .summary = "What every module stands on: HTTP, database, jobs, events, configuration",
    .settings = platform_settings,
};
