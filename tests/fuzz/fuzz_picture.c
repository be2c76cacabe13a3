/* Any bytes as a picture: what is accepted has a type we name and a size that can be. */
#include <ashlar/picture.h>
#include <stdlib.h>

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
    return 0;
}
