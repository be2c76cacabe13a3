/* The settings every libcurl handle of ours shares. */
#pragma once
#include <curl/curl.h>
#include <stdbool.h>

/* A handle without proxy (the environment's would see the check in place of the target), signals,
 * redirects, stored passwords or old TLS; NULL when memory is short. Ends with curl_easy_cleanup.
 * The first call starts libcurl. Threads: any; a handle belongs to one. */
CURL *client_new(long timeout_ms);

/* curl_easy_perform where it may block: on a fiber a thread of the pool does it. */
CURLcode client_perform(CURL *h);

/* A transfer that stops in its middle: a callback pauses it and says so in `*paused`; from then on
 * it holds a connection and no thread, until it is unpaused and goes on. */
struct client_transfer {
    CURL *handle; /* the caller's, who cleans it up after client_close */
    CURLM *multi;
    const bool *paused;
    CURLcode code;
    bool over, cut;
};

/* False when memory is short. */
bool client_open(struct client_transfer *t, CURL *h, const bool *paused);

/* Until it ends, or is paused: CURLE_AGAIN. As client_perform, where it may block. */
CURLcode client_go_on(struct client_transfer *t);

/* Whatever was opened. One that is not over is cut off; not a byte follows. */
void client_close(struct client_transfer *t);
