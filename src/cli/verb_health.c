/* `health`: the health check of a container. */
#include "cli.h"
#include "config/platform_settings.h"
#include "fetch.h"
#include "net/url.h"
#include "start.h"
#include <stdio.h>

enum { HEALTH_TIMEOUT_MS = 3000, HEALTH_BODY_MAX = 16 * 1024 };

/* A worker has only the operations listener. A response of another process there is rejected. */
static int ask_worker(const char **url, char own[URL_MAX], struct buf *body, const char **why)
{
    char at[URL_MAX];
    const char *before = *why;
    int status;

    url_of_self(setting_text(&ASHLAR_OPS_LISTEN), "/readyz", at);
    status = fetch(at, HEALTH_TIMEOUT_MS, body, why);
    if (status == 0 || (status == 200 && strstr(body->data, "\"process\":\"worker\"") == NULL)) {
        *why = before;
        return 0;
    }
    memcpy(own, at, sizeof at);
    *url = own;
    return status;
}

int cli_health(int argc, char **argv)
{
    char own[URL_MAX];
    const char *url = own;
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
        url_of_self(setting_text(&ASHLAR_LISTEN), "/readyz", own);
    else
        url = argv[1];
    buf_init(&body, NULL, HEALTH_BODY_MAX);
    status = fetch(url, HEALTH_TIMEOUT_MS, &body, &why);
    if (status == 0 && url == own && setting_text(&ASHLAR_OPS_LISTEN) != NULL)
        status = ask_worker(&url, own, &body, &why);
    if (status == 200)
        puts("ready");
    else if (status == 0)
        fprintf(stderr, "ashlar: no response from %s: %s\n", url, why);
    else
        fprintf(stderr, "ashlar: not ready (%d): %s\n", status, body.data);
    buf_release(&body);
    return status == 200 ? CLI_OK : CLI_FAILED;
}
