/* Headers of received responses. */
#include <ashlar/clock.h>
#include <ashlar/net.h>
#include <ashlar/text.h>
#include <curl/curl.h>

enum { SECOND_MS = 1000, DAY_S = 24 * 3600 };

const char *net_response_header(const struct net_response *response, const char *name)
{
    for (size_t i = 0; i < response->n_headers; i++) {
        if (text_equal(response->headers[i].name, name))
            return response->headers[i].value;
    }
    return NULL;
}

/* Seconds since 1970 of an HTTP date in any of its three forms (RFC 9110 section 5.6.7). The result
 * of libcurl does not depend on the locale. -1: not a date. */
static int64_t date_of(const char *value)
{
    return value != NULL ? (int64_t)curl_getdate(value, NULL) : -1;
}

/* Relative to the server's Date header if present, because the clocks may differ. */
static int64_t seconds_until(const struct net_response *response, const char *value)
{
    int64_t at = date_of(value), now = date_of(net_response_header(response, "date"));

    if (at < 0)
        return 0;
    return at - (now >= 0 ? now : clock_now().us / SECONDS(1));
}

int64_t net_retry_after_ms(const struct net_response *response)
{
    const char *value = net_response_header(response, "retry-after");
    int64_t seconds;

    if (value == NULL)
        return 0;
    if (!text_to_int(value, &seconds))
        seconds = seconds_until(response, value);
    if (seconds < 1)
        return 0;
    return (seconds < DAY_S ? seconds : DAY_S) * SECOND_MS;
}
