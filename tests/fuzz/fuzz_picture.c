/* Any bytes as a picture: what is accepted has a type we name and a size that can be. */
#include <ashlar/picture.h>
#include <stdlib.h>

/* What was stripped is such a picture still, not larger by more than its orientation, and has
 * nothing left to strip. */
static void check_stripped(struct bytes file, const struct picture *p)
{
    struct arena *a = arena_new(0);
    struct bytes once, twice;
    struct picture after;

    if (picture_strip(a, file, &once)) {
        if (!picture_read(once, &after) || after.type != p->type || after.width != p->width ||
            after.height != p->height || once.size > file.size + 256)
            abort();
        if (!picture_strip(a, once, &twice) || twice.size != once.size ||
            memcmp(twice.data, once.data, once.size) != 0)
            abort();
    }
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct picture p = { .type = NULL };

    if (!picture_read((struct bytes){ data, size }, &p)) {
        if (p.type != NULL)
            abort();
        return 0;
    }
    if (strncmp(p.type, "image/", 6) != 0 || p.width < 1 || p.height < 1)
        abort();
    check_stripped((struct bytes){ data, size }, &p);
    return 0;
}
