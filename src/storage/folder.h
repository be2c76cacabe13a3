/*
 * Objects as files of a local folder. Knows no ctx: everything here blocks: see runtime_call. A
 * file is one line with the content type, then the body; it appears by rename, so it is whole or
 * not there. Results are 0 or errno.
 */
#pragma once
#include <ashlar/base.h>

struct folder_object {
    char *type;   /* NUL-terminated, at the beginning of `memory` */
    void *body;   /* in `memory` as well; after folder_head only its beginning */
    size_t size;  /* of the body */
    void *memory; /* malloc'ed; the caller frees it */
};

/* `key` is good by storage_key_is_good. */
int folder_put(const char *root, const char *key, const char *type, struct bytes body);

/* EFBIG when the body is longer than `most`. */
int folder_get(const char *root, const char *key, size_t most, struct folder_object *out);
int folder_head(const char *root, const char *key, struct folder_object *out);

/* Can something be written there now? Makes and takes away a file in `root`, or a folder beside
 * where it will be made. 0 or errno; `free_bytes`: of its disk, for who is no superuser. */
int folder_probe(const char *root, uint64_t *free_bytes);

/* 0 as well when there is none. */
int folder_delete(const char *root, const char *key);
