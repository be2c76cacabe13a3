/* Settings shared by all libcurl handles of this process. */
#pragma once
#include <curl/curl.h>
#include <stdbool.h>

/* A handle without proxy (with one, the address check would see the proxy instead of the target),
 * signals, redirects, stored passwords or old TLS. NULL when memory is short. The caller frees it
 * by curl_easy_cleanup. The first call starts libcurl. Threads: any, but a handle belongs to
 * one. */
CURL *client_new(long timeout_ms);

/* curl_easy_perform for fibers and threads: for a fiber it runs on a thread of the pool. */
CURLcode client_perform(CURL *h);

/* A transfer that can pause: a callback pauses it and sets `*paused`. Until it is resumed it holds
 * a connection and no thread. */
struct client_transfer {
    CURL *handle; /* the caller's, to be freed after client_close */
    CURLM *multi;
    const bool *paused;
    CURLcode code;
    bool over, cut;
};

/* False when memory is short. */
bool client_open(struct client_transfer *t, CURL *h, const bool *paused);

/* Runs until it ends, or is paused: CURLE_AGAIN. Blocks like client_perform. */
CURLcode client_go_on(struct client_transfer *t);

/* Closes an open transfer. An unfinished one is aborted, and no further byte is sent. */
void client_close(struct client_transfer *t);
