/* storage.h on a bucket, for main.mjs: puts, reads, asks, deletes and presigns as it is told by
 * arguments, with the settings of the environment. Knows no S3. */
#include "base/ctx_open.h"
#include "config/load.h"
#include "crypto/keys.h"
#include "module/registry.h"
#include "storage/storage_start.h"
#include <ashlar/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int say(err e)
{
    puts(e == NULL ? "ok" : e->code);
    return 0;
}

static int get(struct ctx *c, const char *key)
{
    struct storage_object o;
    err e = storage_get(c, key, 0, &o);

    if (e != NULL)
        return say(e);
    printf("%s %.*s\n", o.type, (int)o.body.size, (const char *)o.body.data);
    return 0;
}

static int head(struct ctx *c, const char *key)
{
    struct storage_info info;
    err e = storage_head(c, key, &info);

    if (e != NULL)
        return say(e);
    printf("%s %lld\n", info.type, (long long)info.size);
    return 0;
}

static int presign(struct ctx *c, const char *method, const char *key)
{
    const char *url;
    err e = storage_presign(c, text_equal(method, "PUT") ? PUT : GET, key, 600, &url);

    if (e != NULL)
        return say(e);
    puts(url);
    return 0;
}

static int run(struct ctx *c, int argc, char **argv)
{
    const char *verb = argv[1], *key = argc > 2 ? argv[2] : "";
    struct storage_object o = { .type = "text/plain" };

    if (text_equal(verb, "put") && argc == 4) {
        o.body = (struct bytes){ argv[3], strlen(argv[3]) };
        return say(storage_put(c, key, &o));
    }
    if (text_equal(verb, "get"))
        return get(c, key);
    if (text_equal(verb, "head"))
        return head(c, key);
    if (text_equal(verb, "delete"))
        return say(storage_delete(c, key));
    if (text_equal(verb, "presign") && argc == 4)
        return presign(c, argv[3], key);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct module *const none[] = { NULL };
    struct arena *a = arena_new(0);
    struct buf problems;
    struct ctx c;
    int code;

    if (argc < 2)
        return 2;
    buf_init(&problems, a, 10000);
    if (!config_load(none, environ, &problems) || storage_check() != NULL || !crypto_start()) {
        fprintf(stderr, "%s%s\n", problems.data, storage_check() ? storage_check() : "");
        return 2;
    }
    ctx_open(&c, a, "s3_client");
    code = run(&c, argc, argv);
    arena_free(a);
    return code;
}
