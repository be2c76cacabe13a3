/* Entry point of `ashlar-dev`: the server's verbs, those of development, and the routes of
 * tests/bench. */
#include "tools.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "modules.h"

enum { MODULES_MAX = 128 };

static const struct verb dev_verbs[] = {
    { "module", "new NAME [--noun NOUN]", "Create a module from the template",
        "Creates modules/NAME, migrations/NAME and its line in src/modules.c: a small tenant "
        "resource\nwith routes, service, store, SQL, event, audit and tests, ready to build.\nNOUN "
        "is the singular. Default: derived from NAME, \"invoice\" for `module new invoices`.\n",
        module_new },
    { .name = NULL },
};

int main(int argc, char **argv)
{
    static const struct module *linked[MODULES_MAX + 2];
    size_t n = 0;

    for (; modules_linked[n] != NULL; n++) {
        if (n == MODULES_MAX)
            memory_abort("tools.too_many_modules", n + 1, MODULES_MAX);
        linked[n] = modules_linked[n];
    }
    linked[n] = &bench_module;
    return cli_main(argc, argv,
        &(struct program){ .name = "ashlar-dev", .modules = linked, .verbs = dev_verbs });
}
