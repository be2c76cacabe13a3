/* Entry point. The commands are in cli/. */
#include "cli/cli.h"
#include "modules.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv, &(struct program){ .name = "ashlar", .modules = modules_linked });
}
