/* Presigned URLs of the local directory, as an S3 server has them for a bucket. */
#include "platform_routes.h"
#include "storage/local_url.h"
#include "storage/storage_start.h"
#include <ashlar/limits.h>
#include <ashlar/text.h>

/* Types that a browser may display. Any other could be a page that runs with our origin. */
#define PICTURES "image/png|image/jpeg|image/gif|image/webp|image/avif"

struct object_in {
    const char *key, *signature;
    int64_t expires;
};
static const struct field object_in_fields[] = {
    TEXT(object_in, key, .in = QUERY, .format = TOKEN, .max = STORAGE_KEY_MAX,
        .doc = "Key of the object"),
    INT(object_in, expires, .in = QUERY, .min = 0, .max = 1LL << 40,
        .doc = "Time at which the URL expires, in Unix seconds"),
    TEXT(object_in, signature, .in = QUERY, .format = TOKEN, .max = 100,
        .doc = "Signature of key and expiry"),
};
static SHAPE(object_in);

struct object_put {
    const char *key, *signature;
    int64_t expires;
    struct raw raw;
};
static const struct field object_put_fields[] = {
    TEXT(object_put, key, .in = QUERY, .format = TOKEN, .max = STORAGE_KEY_MAX,
        .doc = "Key of the object"),
    INT(object_put, expires, .in = QUERY, .min = 0, .max = 1LL << 40,
        .doc = "Time at which the URL expires, in Unix seconds"),
    TEXT(object_put, signature, .in = QUERY, .format = TOKEN, .max = 100,
        .doc = "Signature of key and expiry"),
};
static RAW_SHAPE(object_put);

/* With a bucket these URLs do not exist; the response is the same as for an invalid URL. */
static err check(struct ctx *c, enum http_method method, const struct object_in *in)
{
    if (storage_is_local() && storage_key_is_good(in->key) &&
        local_url_is_good(c, method, in->key, in->expires, in->signature))
        return NULL;
    return problem(c, &ERR_NOT_FOUND, NULL, "This address is not, or no longer, good.");
}

HANDLER(get_object, object_in, content)
{
    struct storage_object o;

    TRY(check(c, GET, in));
    TRY(storage_get(c, in->key, 0, &o));
    if (text_is_one_of(PICTURES, o.type, strlen(o.type)))
        response_embeddable(c);
    else
        response_as_file(c);
    *out = (struct content){ o.type, o.body.data, o.body.size };
    return NULL;
}

HANDLER(put_object, object_put, nothing)
{
    const struct object_in asked = { in->key, in->signature, in->expires };

    (void)out;
    TRY(check(c, PUT, &asked));
    return storage_put(
        c, in->key, &(struct storage_object){ .type = in->raw.type, .body = in->raw.body });
}

const struct route object_routes[] = {
    {
        .method = GET,
        .path = LOCAL_OBJECT_PATH,
        .id = "getObject",
        .summary = "Get an object of the local directory",
        .doc = "Requires a presigned URL.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_READ,
        .tx = TX_MANUAL,
        .status = 200,
        .errors = NO_ERRORS,
        .hidden = true,
        .handler = BY(get_object),
    },
    {
        .method = PUT,
        .path = LOCAL_OBJECT_PATH,
        .id = "putObject",
        .summary = "Put an object into the local directory",
        .doc = "Requires a presigned URL.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_WRITE,
        .tx = TX_MANUAL,
        .body_max = LIMIT_UPLOAD,
        .idempotency = KEY_IGNORED,
        .status = 204,
        .errors = NO_ERRORS,
        .hidden = true,
        .handler = BY(put_object),
    },
    { .id = NULL },
};
