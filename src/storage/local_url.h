/* URLs of this server that give one object of the local folder away for a while. */
#pragma once
#include <ashlar/storage.h>

#define LOCAL_OBJECT_PATH "/objects"

char *local_url(struct ctx *c, enum http_method method, const char *key, int seconds);

/* Was this made by local_url, and is it not too late? */
bool local_url_is_good(struct ctx *c, enum http_method method, const char *key, int64_t expires_s,
    const char *signature);
