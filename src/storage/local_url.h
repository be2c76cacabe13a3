/* URLs of this server that give access to one object of the local directory for a limited time. */
#pragma once
#include <ashlar/storage.h>

#define LOCAL_OBJECT_PATH "/objects"

char *local_url(struct ctx *c, enum http_method method, const char *key, int seconds);

/* Whether local_url created the signature, and it has not expired. */
bool local_url_is_good(struct ctx *c, enum http_method method, const char *key, int64_t expires_s,
    const char *signature);
