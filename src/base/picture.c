/* Headers of image files. */
#include <ashlar/picture.h>

static int64_t big(const uint8_t *at, int bytes)
{
    int64_t n = 0;

    for (int i = 0; i < bytes; i++)
        n = n << 8 | at[i];
    return n;
}

static int64_t little(const uint8_t *at, int bytes)
{
    int64_t n = 0;

    for (int i = bytes; i-- > 0;)
        n = n << 8 | at[i];
    return n;
}

static bool starts(const uint8_t *at, size_t size, const char *with, size_t with_size)
{
    return size >= with_size && memcmp(at, with, with_size) == 0;
}

/* Signature, then the first chunk IHDR: width, height. */
static bool read_png(const uint8_t *at, size_t size, struct picture *out)
{
    static const char head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    if (!starts(at, size, head, sizeof head - 1) || size < 33)
        return false;
    *out = (struct picture){ "image/png", big(at + 16, 4), big(at + 20, 4) };
    return true;
}

static bool read_gif(const uint8_t *at, size_t size, struct picture *out)
{
    if (!(starts(at, size, "GIF87a", 6) || starts(at, size, "GIF89a", 6)) || size < 13)
        return false;
    *out = (struct picture){ "image/gif", little(at + 6, 2), little(at + 8, 2) };
    return true;
}

/* Start of frame: C0 to CF, except the tables DHT, JPG and DAC among them. */
static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Segments have a length. The frame's segment precedes the first scan. */
static bool read_jpeg(const uint8_t *at, size_t size, struct picture *out)
{
    size_t i = 2, length;

    if (!starts(at, size, "\xff\xd8\xff", 3))
        return false;
    while (i + 4 <= size && at[i] == 0xff) {
        if (at[i + 1] == 0xff) { /* fill byte */
            i++;
            continue;
        }
        length = (size_t)big(at + i + 2, 2);
        if (is_frame(at[i + 1])) {
            if (length < 8 || i + 9 > size)
                return false;
            *out = (struct picture){ "image/jpeg", big(at + i + 7, 2), big(at + i + 5, 2) };
            return true;
        }
        if (length < 2 || at[i + 1] < 0xc0 || at[i + 1] == 0xd9 || at[i + 1] == 0xda)
            return false;
        i += 2 + length;
    }
    return false;
}

/* Whether the first chunk has this type and a size of at least `least`. */
static bool begins_with(const uint8_t *at, const char *type, uint32_t least)
{
    return memcmp(at + 12, type, 4) == 0 && little(at + 16, 4) >= least;
}

/* The first chunk of the RIFF selects one of the three forms. */
static bool read_webp(const uint8_t *at, size_t size, struct picture *out)
{
    struct picture p = { .type = "image/webp" };

    if (!starts(at, size, "RIFF", 4) || size < 30 || memcmp(at + 8, "WEBP", 4) != 0)
        return false;
    if (begins_with(at, "VP8X", 10)) {
        p.width = little(at + 24, 3) + 1;
        p.height = little(at + 27, 3) + 1;
    } else if (begins_with(at, "VP8L", 5) && at[20] == 0x2f) {
        int64_t bits = little(at + 21, 4);
        p.width = (bits & 0x3fff) + 1;
        p.height = (bits >> 14 & 0x3fff) + 1;
    } else if (begins_with(at, "VP8 ", 10) && memcmp(at + 23, "\x9d\x01\x2a", 3) == 0) {
        p.width = little(at + 26, 2) & 0x3fff;
        p.height = little(at + 28, 2) & 0x3fff;
    } else {
        return false;
    }
    *out = p;
    return true;
}

bool picture_read(struct bytes file, struct picture *out)
{
    const uint8_t *at = file.data;
    struct picture p;

    if (!read_png(at, file.size, &p) && !read_gif(at, file.size, &p) &&
        !read_jpeg(at, file.size, &p) && !read_webp(at, file.size, &p))
        return false;
    if (p.width == 0 || p.height == 0)
        return false;
    *out = p;
    return true;
}
