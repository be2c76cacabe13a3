/*
 * Objects as files of a local directory. All functions block: see runtime_call. A file is one line
 * with the content type, then the body. It is created by rename, so it is complete or absent.
 * Results are 0 or errno.
 */
#pragma once
#include <ashlar/base.h>

struct folder_object {
    char *type;   /* NUL-terminated, at the start of `memory` */
    void *body;   /* in `memory`; after folder_head only its start */
    size_t size;  /* of the body */
    void *memory; /* malloc'ed; the caller frees it */
};

/* `key` must pass storage_key_is_good. */
int folder_put(const char *root, const char *key, const char *type, struct bytes body);

/* EFBIG when the body is longer than `most`. */
int folder_get(const char *root, const char *key, size_t most, struct folder_object *out);
int folder_head(const char *root, const char *key, struct folder_object *out);

/* Whether objects can be written now. Creates and deletes a file in `root`, or in its nearest
 * existing parent. 0 or errno. `free_bytes`: of its disk, for users without superuser rights. */
int folder_probe(const char *root, uint64_t *free_bytes);

/* 0 as well if there is no such object. */
int folder_delete(const char *root, const char *key);
