/* The modules of this binary, in start order, one line each. A product adds its modules at the
 * end. */
#include "modules.h"

#define MODULES(X)                                                                                 \
    X(users)                                                                                       \
    X(auth)                                                                                        \
    X(notifications)                                                                               \
    X(payments)                                                                                    \
    X(payments_simulator)                                                                          \
    X(integrations)                                                                                \
    X(analytics)                                                                                   \
    X(admin)

#define DECLARE(name)  extern const struct module name##_module;
#define LIST_ONE(name) &name##_module,

MODULES(DECLARE)
const struct module *const modules_linked[] = { &platform_module, MODULES(LIST_ONE) NULL };
