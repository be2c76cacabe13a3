/* Entry point. The commands are in cli/. */
#include "cli/cli.h"
#include "modules.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv, modules_linked);
}
