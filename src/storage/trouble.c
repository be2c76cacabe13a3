/* Check of the storage, for readiness and `ashlar doctor`. */
#include "config/platform_settings.h"
#include "folder.h"
#include "s3.h"
#include "storage_start.h"
#include <ashlar/clock.h>
#include <ashlar/limits.h>
#include <stdatomic.h>

enum { FREE_LEAST = LIMIT_MIB(64), GOOD_S = 1 };

static const char *folder_trouble(struct arena *a, uint64_t *free_bytes)
{
    const char *root = setting_text(&ASHLAR_STORAGE_FOLDER);
    int why = folder_probe(root, free_bytes);

    if (why != 0)
        return arena_printf(a, "the directory %s is not writable: %s", root, strerrordesc_np(why));
    if (*free_bytes < FREE_LEAST)
        return arena_printf(a, "the disk of the directory %s has only %llu MiB free", root,
            (unsigned long long)(*free_bytes / LIMIT_MIB(1)));
    return NULL;
}

/* The probe is public and may be called often: a good result is cached. */
const char *storage_trouble(struct arena *a)
{
    static atomic_llong good_until_us;
    uint64_t free_bytes;
    const char *why;

    if (!storage_is_local() || clock_monotonic_us() < atomic_load(&good_until_us))
        return NULL;
    why = folder_trouble(a, &free_bytes);
    if (why == NULL)
        atomic_store(&good_until_us, clock_monotonic_us() + SECONDS(GOOD_S));
    return why;
}

static const char *bucket_trouble(struct ctx *c)
{
    struct storage_info info;
    err e = s3_head(c, "probe/none", &info);

    return e == NULL || e == &ERR_NOT_FOUND
               ? NULL
               : arena_printf(c->arena, "the bucket %s: %s",
                     setting_text(&ASHLAR_STORAGE_S3_BUCKET), e->title);
}

const char *storage_probe(struct ctx *c, const char **found)
{
    uint64_t free_bytes = 0;
    const char *why =
        storage_is_local() ? folder_trouble(c->arena, &free_bytes) : bucket_trouble(c);

    *found = storage_is_local()
                 ? arena_printf(c->arena, "the directory %s is writable, %llu MiB are free",
                       setting_text(&ASHLAR_STORAGE_FOLDER),
                       (unsigned long long)(free_bytes / LIMIT_MIB(1)))
                 : arena_printf(
                       c->arena, "the bucket %s responds", setting_text(&ASHLAR_STORAGE_S3_BUCKET));
    return why;
}
