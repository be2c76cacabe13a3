/* The settings every libcurl handle of ours shares. Knows no protocol. */
#include "client.h"
#include "runtime/offload.h"
#include <ashlar/clock.h>
#include <pthread.h>

enum { CONNECT_MS = 5000, QUEUE_MS = 2000 };

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

CURL *client_new(long timeout_ms)
{
    CURL *h;

    pthread_once(&started, start_curl);
    h = curl_easy_init();
    if (h == NULL)
        return NULL;
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(
        h, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms < CONNECT_MS ? timeout_ms : (long)CONNECT_MS);
    return h;
}

struct performance {
    CURL *handle;
    CURLcode code;
};

static void perform(void *arg)
{
    struct performance *p = arg;
    p->code = curl_easy_perform(p->handle);
}

CURLcode client_perform(CURL *h)
{
    struct performance p = { .handle = h };

    if (!runtime_call(perform, &p, clock_monotonic_us() + QUEUE_MS * 1000))
        return CURLE_OPERATION_TIMEDOUT;
    return p.code;
}
