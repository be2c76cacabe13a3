/* Every test program has the modules of the binary: what main hands down there. */
#include "modules.h"
#include "module/registry.h"

__attribute__((constructor)) static void link_modules(void)
{
    registry_link(modules_linked);
}
