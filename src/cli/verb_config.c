/* `config check|show|docs`. */
#include "cli.h"
#include "config/load.h"
#include "module/registry.h"
#include "start.h"
#include <stdio.h>

enum { DOCUMENT_MAX = 1024 * 1024 };

static int print_rendered(void (*render)(const struct module *const *modules, struct buf *out))
{
    struct buf out;
    bool written;

    buf_init(&out, NULL, DOCUMENT_MAX);
    render(registry_modules(), &out);
    written = fwrite(out.data, 1, out.size, stdout) == out.size;
    buf_release(&out);
    return written ? CLI_OK : CLI_FAILED;
}

int cli_config(int argc, char **argv)
{
    int code;

    if (argc != 2)
        return cli_usage("config");
    if (strcmp(argv[1], "docs") == 0)
        return print_rendered(config_render_markdown);
    if (strcmp(argv[1], "check") != 0 && strcmp(argv[1], "show") != 0)
        return cli_usage("config");
    code = start_settings();
    if (code == CLI_OK && strcmp(argv[1], "show") == 0)
        return print_rendered(config_render_values);
    if (code == CLI_OK)
        puts("settings are valid");
    return code;
}
