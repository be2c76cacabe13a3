/* Object storage: one interface to directory and bucket. */
#include "storage_start.h"
#include "config/platform_settings.h"
#include "folder.h"
#include "local_url.h"
#include "runtime/offload.h"
#include "s3.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/text.h>
#include <errno.h>
#include <stdlib.h>

enum { RANDOM_SIZE = 20, ERRNO_TEXT = 128, QUEUE_MS = 2000 };

const struct metric METRIC_STORAGE = {
    .name = "ashlar_storage_calls_total",
    .help =
        "Calls of the object storage by operation: put, read, checked, deleted, and failed calls.",
    .kind = METRIC_COUNTER,
    .label = "call",
    .values = "put|get|head|delete|failed",
};

/* --- Keys --- */

char *storage_random_key(struct arena *a, const char *folder)
{
    uint8_t random[RANDOM_SIZE];

    random_bytes(random, sizeof random);
    return arena_printf(a, "%s/%s", folder, hex_from_bytes(a, random, sizeof random));
}

char *storage_content_key(struct arena *a, const char *folder, struct bytes body)
{
    uint8_t hash[HASH_SIZE];

    sha256(body, hash);
    return arena_printf(a, "%s/%s", folder, hex_from_bytes(a, hash, sizeof hash));
}

static bool is_key_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool storage_key_is_good(const char *key)
{
    size_t size = strnlen(key, STORAGE_KEY_MAX + 1);
    bool begins = true; /* at the start of a part of the path */

    for (size_t i = 0; i < size; i++) {
        bool slash = key[i] == '/';

        if (slash ? begins : !is_key_char(key[i]) || (begins && key[i] == '.'))
            return false;
        begins = slash;
    }
    return size <= STORAGE_KEY_MAX && !begins;
}

/* --- Calls --- */

static bool is_s3(void)
{
    return text_equal(setting_text(&ASHLAR_STORAGE), "s3");
}

bool storage_is_local(void)
{
    return !is_s3();
}

const char *storage_check(void)
{
    return is_s3() ? s3_check() : NULL;
}

static err begin(struct ctx *c, const char *key, const char *call)
{
    if (c->in_transaction) {
        log_error(c, "storage.in_transaction_rejected", log_text("call", call),
            log_text("repair", "put before, delete after the transaction: TX_MANUAL, or a job"));
        return &ERR_INTERNAL;
    }
    if (!storage_key_is_good(key)) {
        log_error(c, "storage.key_invalid", log_text("call", call), log_text("key", key));
        return &ERR_INTERNAL;
    }
    TRY(ctx_fits(c));
    metric_add(&METRIC_STORAGE, call, 1);
    return NULL;
}

static err end(err e)
{
    if (e != NULL && e != &ERR_NOT_FOUND && e != &ERR_TOO_LARGE)
        metric_add(&METRIC_STORAGE, "failed", 1);
    return e;
}

/* One call of the directory's functions, on a thread of the pool. */
struct folder_call {
    const char *root, *key, *type;
    struct bytes body;
    size_t most;
    struct folder_object object;
    int why;
};

static void put_in_folder(void *arg)
{
    struct folder_call *f = arg;
    f->why = folder_put(f->root, f->key, f->type, f->body);
}

static void get_from_folder(void *arg)
{
    struct folder_call *f = arg;
    f->why = folder_get(f->root, f->key, f->most, &f->object);
}

static void head_in_folder(void *arg)
{
    struct folder_call *f = arg;
    f->why = folder_head(f->root, f->key, &f->object);
}

static void delete_in_folder(void *arg)
{
    struct folder_call *f = arg;
    f->why = folder_delete(f->root, f->key);
}

static err in_folder(struct ctx *c, void (*fn)(void *arg), struct folder_call *f)
{
    char text[ERRNO_TEXT];

    f->root = setting_text(&ASHLAR_STORAGE_FOLDER);
    /* Disk waits use the pool for blocking calls, not the pool of password hashes. */
    if (!runtime_call(fn, f, clock_monotonic_us() + QUEUE_MS * 1000)) {
        log_warn(c, "storage.thread_unavailable", log_int("wait_ms", QUEUE_MS));
        return problem(
            c, &ERR_UNAVAILABLE, NULL, "The server is overloaded. Try again in a moment.");
    }
    if (f->why == 0)
        return NULL;
    if (fn != put_in_folder && (f->why == ENOENT || f->why == ENOTDIR))
        return &ERR_NOT_FOUND;
    if (f->why == EFBIG && f->most > 0)
        return &ERR_TOO_LARGE;
    log_error(c, "storage.folder_failed", log_text("folder", f->root), log_text("key", f->key),
        log_text("why", strerror_r(f->why, text, sizeof text)));
    return problem(c, &ERR_UNAVAILABLE, NULL, "The file storage is temporarily unreachable.");
}

static bool type_is_clean(const char *type)
{
    for (const char *p = type; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~')
            return false;
    }
    return type[0] != '\0' && strlen(type) <= STORAGE_TYPE_MAX;
}

err storage_put(struct ctx *c, const char *key, const struct storage_object *object)
{
    struct storage_object o = *object;
    struct folder_call f = { .key = key, .body = object->body };

    TRY(begin(c, key, "put"));
    if (o.type == NULL)
        o.type = "application/octet-stream";
    if (!type_is_clean(o.type)) {
        log_error(c, "storage.type_invalid", log_text("key", key));
        return &ERR_INTERNAL;
    }
    if (o.body.size > LIMIT_OBJECT)
        return &ERR_TOO_LARGE;
    f.type = o.type;
    return end(is_s3() ? s3_put(c, key, &o) : in_folder(c, put_in_folder, &f));
}

/* Copies from the pool's memory into c's, which is limited. */
static err keep_object(struct ctx *c, struct folder_object *o)
{
    bool fits = o->size < arena_left(c->arena);

    o->type = arena_strdup(c->arena, o->type);
    if (fits)
        o->body = arena_strndup(c->arena, o->body, o->size);
    else
        arena_outgrow(c->arena);
    free(o->memory);
    o->memory = NULL;
    return ctx_fits(c);
}

static err get_local(struct ctx *c, struct folder_call *f, struct storage_object *out)
{
    TRY(in_folder(c, get_from_folder, f));
    TRY(keep_object(c, &f->object));
    *out = (struct storage_object){ .type = f->object.type,
        .body = { f->object.body, f->object.size } };
    return NULL;
}

err storage_get(struct ctx *c, const char *key, size_t most, struct storage_object *out)
{
    struct folder_call f = { .key = key, .most = most > 0 ? most : LIMIT_OBJECT };

    TRY(begin(c, key, "get"));
    return end(is_s3() ? s3_get(c, key, f.most, out) : get_local(c, &f, out));
}

static err head_local(struct ctx *c, struct folder_call *f, struct storage_info *out)
{
    TRY(in_folder(c, head_in_folder, f));
    *out = (struct storage_info){ .type = arena_strdup(c->arena, f->object.type),
        .size = (int64_t)f->object.size };
    free(f->object.memory);
    return NULL;
}

err storage_head(struct ctx *c, const char *key, struct storage_info *out)
{
    struct folder_call f = { .key = key };

    TRY(begin(c, key, "head"));
    return end(is_s3() ? s3_head(c, key, out) : head_local(c, &f, out));
}

err storage_delete(struct ctx *c, const char *key)
{
    struct folder_call f = { .key = key };

    TRY(begin(c, key, "delete"));
    return end(is_s3() ? s3_delete(c, key) : in_folder(c, delete_in_folder, &f));
}

err storage_presign(
    struct ctx *c, enum http_method method, const char *key, int seconds, const char **url)
{
    bool can = method == GET || method == PUT;

    if (!can || !storage_key_is_good(key) || seconds < 1 || seconds > STORAGE_PRESIGN_MAX_S) {
        log_error(c, "storage.presign_rejected", log_text("key", key), log_int("method", method),
            log_int("seconds", seconds));
        return &ERR_INTERNAL;
    }
    *url = is_s3() ? s3_presign(c, method == GET ? "GET" : "PUT", key, seconds)
                   : local_url(c, method, key, seconds);
    return NULL;
}
