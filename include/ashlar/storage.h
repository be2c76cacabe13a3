/*
 * storage — bytes too large for a row: pictures, exports, attachments. One place, in a local folder
 * or in any S3 (ASHLAR_STORAGE_… settings), named by keys.
 *
 * A key is folders and a name, "avatar/org_01h…/Xk3…", of A-Z a-z 0-9 . _ - with / between, no part
 * empty or beginning with a dot, at most 300 bytes: so no key leads out of the folder. The rows of
 * a module are what says which keys are in use; storage has no listing.
 *
 * An object is whole or not there: a put replaces the former one in one step, and what was put
 * survives a crash. All functions but those that only make text are refused while a transaction is
 * open (ERR_INTERNAL). Put first, then commit the row that names the key; delete after the commit
 * that forgets it (a job is good at this). Threads: any.
 *
 * Errors of all: ERR_UNAVAILABLE (logged) when folder or bucket cannot be reached or refuses;
 * ERR_TIMEOUT at c's deadline; ERR_INTERNAL (logged) for a bad key.
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
    const char *type; /* "image/png"; NULL: application/octet-stream */
    struct bytes body;
};

struct storage_info {
    const char *type;
    int64_t size;
};

/* A key nobody can guess, for what can change: folder + "/" + 160 random bits in hex. */
PUBLIC char *storage_random_key(struct arena *a, const char *folder);

/* The key these bytes always have (their SHA-256 in hex), so that the same ones are kept once. */
PUBLIC char *storage_content_key(struct arena *a, const char *folder, struct bytes body);

PUBLIC bool storage_key_is_good(const char *key);

/* ERR_TOO_LARGE past LIMIT_OBJECT. */
PUBLIC CHECKED err storage_put(struct ctx *c, const char *key, const struct storage_object *object);

/* ERR_NOT_FOUND; ERR_TOO_LARGE when it is longer than `most` bytes (0: LIMIT_OBJECT);
 * ERR_OUTGROWN when c has no memory left for it. */
PUBLIC CHECKED err storage_get(
    struct ctx *c, const char *key, size_t most, struct storage_object *out);

/* ERR_NOT_FOUND. */
PUBLIC CHECKED err storage_head(struct ctx *c, const char *key, struct storage_info *out);

/* Good as well when there is none. */
PUBLIC CHECKED err storage_delete(struct ctx *c, const char *key);

/*
 * A URL that lets whoever holds it GET or PUT this one object for `seconds` (at most
 * STORAGE_PRESIGN_MAX_S), so that large bodies do not pass through this process. Whoever may GET
 * gets it as an attachment unless it is a picture. With the local folder the URL is one of this
 * server's own, and a PUT is at most LIMIT_UPLOAD. Waits for nothing and may be called in a
 * transaction. Errors: ERR_INTERNAL (logged) for other methods.
 */
PUBLIC CHECKED err storage_presign(
    struct ctx *c, enum http_method method, const char *key, int seconds, const char **url);
