/* `health`: what a container's health check runs. Knows no route but /readyz. */
#include "cli.h"
#include "config/platform_settings.h"
#include "fetch.h"
#include "start.h"
#include <stdio.h>

enum { HEALTH_TIMEOUT_MS = 3000, HEALTH_BODY_MAX = 16 * 1024, URL_MAX = 300 };

/* A server that listens on every address is asked on the loopback one. */
static void ready_url(char *url)
{
    const char *listen_on = setting_text(&ASHLAR_LISTEN), *colon = strrchr(listen_on, ':');
    bool any = strncmp(listen_on, "0.0.0.0:", 8) == 0 || strncmp(listen_on, "[::]:", 5) == 0;

    if (any)
        snprintf(url, URL_MAX, "http://127.0.0.1%s/readyz", colon);
    else
        snprintf(url, URL_MAX, "http://%s/readyz", listen_on);
}

int cli_health(int argc, char **argv)
{
    char url[URL_MAX];
    const char *why = NULL;
    struct buf body;
    int status, code = CLI_OK;

    if (argc > 2)
        return cli_usage("health");
    if (argc == 1)
        code = start_settings();
    if (code != CLI_OK)
        return code;
    if (argc == 1)
        ready_url(url);
    buf_init(&body, NULL, HEALTH_BODY_MAX);
    status = fetch(argc == 2 ? argv[1] : url, HEALTH_TIMEOUT_MS, &body, &why);
    if (status == 200)
        puts("ready");
    else if (status == 0)
        fprintf(stderr, "ashlar: no answer from %s: %s\n", argc == 2 ? argv[1] : url, why);
    else
        fprintf(stderr, "ashlar: not ready (%d): %s\n", status, body.data);
    buf_release(&body);
    return status == 200 ? CLI_OK : CLI_FAILED;
}
