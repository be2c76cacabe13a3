/*
 * Objects in an S3 bucket, by the ASHLAR_STORAGE_S3_… settings. Requests are signed with the hash
 * of their body. Temporary failures are retried, with three attempts in all. Errors as in
 * ashlar/storage.h.
 */
#pragma once
#include <ashlar/storage.h>

/* NULL, or the reason why these settings are invalid. */
const char *s3_check(void);

CHECKED err s3_put(struct ctx *c, const char *key, const struct storage_object *object);
CHECKED err s3_get(struct ctx *c, const char *key, size_t most, struct storage_object *out);
CHECKED err s3_head(struct ctx *c, const char *key, struct storage_info *out);
CHECKED err s3_delete(struct ctx *c, const char *key);
char *s3_presign(struct ctx *c, const char *method, const char *key, int seconds);
