/* The settings every libcurl handle of ours shares. Knows no protocol. */
#pragma once
#include <curl/curl.h>

/* A handle without proxy (the environment's would see the check in place of the target), signals,
 * redirects, stored passwords or old TLS; NULL when memory is short. Ends with curl_easy_cleanup.
 * The first call starts libcurl. Threads: any; a handle belongs to one. */
CURL *client_new(long timeout_ms);

/* curl_easy_perform where it may block: on a fiber a thread of the pool does it. */
CURLcode client_perform(CURL *h);
