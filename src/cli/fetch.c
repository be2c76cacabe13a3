/* Requests of the command line by libcurl. Modules use net.h. */
#include "fetch.h"
#include <curl/curl.h>
#include <stdio.h>

static size_t append(char *data, size_t one, size_t size, void *arg)
{
    struct buf *body = arg;

    (void)one;
    buf_add(body, data, size);
    return buf_is_full(body) ? 0 : size;
}

int fetch(const char *url, int timeout_ms, struct buf *body, const char **why)
{
    CURL *curl = curl_easy_init();
    long status = 0;
    CURLcode code;

    if (curl == NULL) {
        *why = "libcurl cannot start";
        return 0;
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    else
        *why = curl_easy_strerror(code);
    curl_easy_cleanup(curl);
    return (int)status;
}

const char *fetch_greeting(const struct mail_server *server, int timeout_ms)
{
    CURL *curl = curl_easy_init();
    CURLcode code;

    if (curl == NULL)
        return "libcurl cannot start";
    curl_easy_setopt(curl, CURLOPT_URL, server->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    if (server->user != NULL) {
        curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
        curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
    }
    if (server->ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
    code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code == CURLE_OK ? NULL : curl_easy_strerror(code);
}
