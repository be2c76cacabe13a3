/* Route tables of platform_module (src/platform.c). */
#pragma once
#include <ashlar/route.h>

extern const struct route platform_routes[]; /* probes, /openapi.json, /docs, /errors, /dev */
extern const struct route object_routes[];   /* /objects: presigned URLs of the local directory */
