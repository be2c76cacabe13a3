/* Settings shared by all libcurl handles of this process. */
#include "client.h"
#include "runtime/offload.h"
#include <ashlar/clock.h>
#include <pthread.h>

enum { CONNECT_MS = 5000, QUEUE_MS = 2000, POLL_MS = 1000 };

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

/* libcurl calls it at every step of a transfer, paused or not. */
static int must_stop(void *arg, curl_off_t in, curl_off_t got, curl_off_t out, curl_off_t sent)
{
    const struct client_transfer *t = arg;

    (void)in, (void)got, (void)out, (void)sent;
    return t->cut;
}

bool client_open(struct client_transfer *t, CURL *h, const bool *paused)
{
    *t = (struct client_transfer){ .handle = h, .paused = paused, .multi = curl_multi_init() };
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, must_stop);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, t);
    return t->multi != NULL && curl_multi_add_handle(t->multi, h) == CURLM_OK;
}

static void note_end(struct client_transfer *t)
{
    int left;
    CURLMsg *m = curl_multi_info_read(t->multi, &left);

    t->over = true;
    t->code = m != NULL ? m->data.result : CURLE_FAILED_INIT;
}

static void go_on(void *arg)
{
    struct client_transfer *t = arg;
    int running = 1;

    while (!*t->paused && !t->over) {
        if (curl_multi_perform(t->multi, &running) != CURLM_OK)
            return;
        if (running == 0)
            note_end(t);
        else if (!*t->paused && curl_multi_poll(t->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            return;
    }
}

CURLcode client_go_on(struct client_transfer *t)
{
    if (!runtime_call(go_on, t, clock_monotonic_us() + QUEUE_MS * 1000))
        return CURLE_OPERATION_TIMEDOUT;
    if (t->over)
        return t->code;
    return *t->paused ? CURLE_AGAIN : CURLE_OUT_OF_MEMORY;
}

/* Removing the handle would count as the end of an upload: SMTP's final dot would follow and
 * complete a partial message. A failed transfer only closes its connection. */
static void cut(struct client_transfer *t)
{
    int running;

    t->cut = true;
    if (curl_multi_perform(t->multi, &running) == CURLM_OK && running == 0)
        note_end(t);
}

void client_close(struct client_transfer *t)
{
    if (t->multi == NULL)
        return;
    if (!t->over)
        cut(t);
    curl_multi_remove_handle(t->multi, t->handle);
    curl_multi_cleanup(t->multi);
    t->multi = NULL;
}
