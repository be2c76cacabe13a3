/* Any text as the URL of a customer's endpoint: what is let in is https to a host at its own port,
 * and whoever reads it again reads the same. */
#include "net/url.h"
#include <ashlar/arena.h>
#include <ashlar/text.h>
#include <stdlib.h>

static void check_part(CURLU *u, CURLUPart part, const char *wanted)
{
    char *text = NULL;

    if (curl_url_get(u, part, &text, 0) == CURLUE_OK && !(wanted && strcmp(text, wanted) == 0))
        abort();
    curl_free(text);
}

static void check_again(CURLU *u)
{
    char *text = NULL, *host = NULL, *same = NULL;
    CURLU *again = NULL;

    if (curl_url_get(u, CURLUPART_URL, &text, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        abort();
    if (url_parse(text, URL_CUSTOMER, &again) == NULL) { /* longer than it was: may be refused */
        if (curl_url_get(again, CURLUPART_HOST, &same, 0) != CURLUE_OK || strcmp(host, same) != 0)
            abort();
        curl_free(same);
        curl_url_cleanup(again);
    }
    curl_free(host);
    curl_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *text = arena_strndup(a, (const char *)data, size);
    CURLU *u = NULL;

    if (url_parse(text, URL_CUSTOMER, &u) == NULL) {
        check_part(u, CURLUPART_SCHEME, "https");
        check_part(u, CURLUPART_PORT, "443");
        check_part(u, CURLUPART_USER, NULL);
        check_part(u, CURLUPART_PASSWORD, NULL);
        check_again(u);
        curl_url_cleanup(u);
    }
    u = NULL;
    if (url_parse(text, URL_PLAIN_TOO | URL_ANY_PORT, &u) == NULL)
        curl_url_cleanup(u);
    arena_free(a);
    return 0;
}
