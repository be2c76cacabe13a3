/*
 * storage — objects too large for a row: images, exports, attachments. They are in a local
 * directory or in an S3 bucket (ASHLAR_STORAGE_… settings), named by keys.
 *
 * A key is directories and a name, "avatar/org_01h…/Xk3…", of A-Z a-z 0-9 . _ - with / between.
 * Parts are not empty and do not begin with a dot, so no key leads outside the directory. It has at
 * most 300 bytes. The rows of a module list the keys in use. Storage has no listing.
 *
 * An object is complete or absent: a put replaces the previous one in one step and survives a
 * crash. Functions that access objects return ERR_INTERNAL while a transaction is open. Put first,
 * then commit the row with the key. Delete after the commit that removes the key (for example in a
 * job). Threads: any.
 *
 * Errors of all: ERR_UNAVAILABLE (logged) when directory or bucket is unreachable or denies access,
 * ERR_TIMEOUT at c's deadline, ERR_INTERNAL (logged) for an invalid key.
 */
#pragma once
#include "ctx.h"
#include "limits.h"
#include "route.h"

enum {
    STORAGE_KEY_MAX = 300,
    STORAGE_TYPE_MAX = 100,
    STORAGE_PRESIGN_MAX_S = 7 * 24 * 3600,
};

struct storage_object {
    const char *type; /* "image/png". NULL: application/octet-stream */
    struct bytes body;
};

struct storage_info {
    const char *type;
    int64_t size;
};

/* An unpredictable key for a replaceable object: folder + "/" + 160 random bits in hex. */
PUBLIC char *storage_random_key(struct arena *a, const char *folder);

/* The key derived from the content (SHA-256 in hex), so that equal objects are stored once. */
PUBLIC char *storage_content_key(struct arena *a, const char *folder, struct bytes body);

PUBLIC bool storage_key_is_good(const char *key);

/* ERR_TOO_LARGE above LIMIT_OBJECT. */
PUBLIC CHECKED err storage_put(struct ctx *c, const char *key, const struct storage_object *object);

/* Errors: ERR_NOT_FOUND, ERR_TOO_LARGE when it is longer than `most` bytes (0: LIMIT_OBJECT),
 * ERR_OUTGROWN when c lacks memory for it. */
PUBLIC CHECKED err storage_get(
    struct ctx *c, const char *key, size_t most, struct storage_object *out);

/* Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err storage_head(struct ctx *c, const char *key, struct storage_info *out);

/* Also succeeds if there is no such object. */
PUBLIC CHECKED err storage_delete(struct ctx *c, const char *key);

/*
 * A URL that allows its holder to GET or PUT this one object for `seconds` (at most
 * STORAGE_PRESIGN_MAX_S), so that large bodies bypass this process. A GET serves an attachment
 * unless the object is an image. With the local directory the URL is on this server, and a PUT is
 * at most LIMIT_UPLOAD. Does not wait, and is allowed in a transaction. Errors: ERR_INTERNAL
 * (logged) for other methods.
 */
PUBLIC CHECKED err storage_presign(
    struct ctx *c, enum http_method method, const char *key, int seconds, const char **url);
