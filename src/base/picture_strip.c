/* Removal of metadata from images, by lists of the kept parts. */
#include "picture_parts.h"
#include <ashlar/buf.h>
#include <ashlar/picture.h>
#include <zlib.h>

struct strip {
    const uint8_t *at, *end;
    struct buf out;
};

static size_t left(const struct strip *s)
{
    return (size_t)(s->end - s->at);
}

static void keep(struct strip *s, size_t size)
{
    buf_add(&s->out, s->at, size);
    s->at += size;
}

static void add_big(struct buf *b, uint32_t value)
{
    const uint8_t bytes[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
        (uint8_t)value };

    buf_add(b, bytes, sizeof bytes);
}

static bool is_one_of(const uint8_t *type, const char *list)
{
    for (; *list; list += 4) {
        if (memcmp(type, list, 4) == 0)
            return true;
    }
    return false;
}

/* --- PNG: chunks of length, type, data, checksum --- */

static void add_png_orientation(struct buf *b, int orientation)
{
    uint8_t tiff[4 + PICTURE_TIFF_SIZE] = "eXIf";

    if (orientation <= 1)
        return;
    picture_write_orientation(orientation, tiff + 4);
    add_big(b, PICTURE_TIFF_SIZE);
    buf_add(b, tiff, sizeof tiff);
    add_big(b, (uint32_t)crc32(0, tiff, sizeof tiff));
}

static void strip_png(struct strip *s)
{
    enum { SIGNATURE = 8, AROUND = 12 };
    static const char kept[] = "IHDRPLTEIDATIENDtRNScHRMgAMAiCCPsBITsRGBbKGDpHYscICPmDCVcLLI"
                               "acTLfcTLfdAT";

    keep(s, SIGNATURE);
    while (left(s) >= AROUND) {
        const uint8_t *type = s->at + 4;
        size_t size = picture_big(s->at, 4);
        if (size > left(s) - AROUND)
            return;
        if (memcmp(type, "eXIf", 4) == 0)
            add_png_orientation(&s->out, picture_orientation((struct bytes){ s->at + 8, size }));
        if (!is_one_of(type, kept)) {
            s->at += AROUND + size;
            continue;
        }
        keep(s, AROUND + size);
        if (memcmp(type, "IEND", 4) == 0)
            return;
    }
}

/* --- JPEG: segments of marker and length, and data after each start of scan --- */

static void add_jpeg_orientation(struct buf *b, int orientation)
{
    static const uint8_t head[] = { 0xff, 0xe1, 0, 2 + 6 + PICTURE_TIFF_SIZE, 'E', 'x', 'i', 'f', 0,
        0 };
    uint8_t tiff[PICTURE_TIFF_SIZE];

    if (orientation <= 1)
        return;
    picture_write_orientation(orientation, tiff);
    buf_add(b, head, sizeof head);
    buf_add(b, tiff, sizeof tiff);
}

static bool begins(const uint8_t *at, size_t size, const char *with, size_t with_size)
{
    return size >= with_size && memcmp(at, with, with_size) == 0;
}

/* Without the thumbnail, which may show the image before it was cropped. */
static void add_jfif(struct buf *b, const uint8_t *data, size_t size)
{
    enum { UNTIL_THUMBNAIL = 12 };
    static const uint8_t head[] = { 0xff, 0xe0, 0, 2 + UNTIL_THUMBNAIL + 2 };

    if (!begins(data, size, "JFIF\0", 5) || size < UNTIL_THUMBNAIL)
        return;
    buf_add(b, head, sizeof head);
    buf_add(b, data, UNTIL_THUMBNAIL);
    buf_add(b, "\0\0", 2);
}

/* Whether a segment is kept, by its data after the length. The colour profile and Adobe's mark
 * define the colours. No other application's segment and no comment is visible. */
static bool is_kept_segment(uint8_t marker, const uint8_t *data, size_t size)
{
    if (marker == 0xe2)
        return begins(data, size, "ICC_PROFILE\0", 12);
    if (marker == 0xee)
        return begins(data, size, "Adobe", 5) && size == 12;
    return !(marker >= 0xe0 && marker <= 0xef) && marker != 0xfe;
}

static void take_segment(struct strip *s, bool *has_orientation)
{
    uint8_t marker = s->at[1];
    size_t size = picture_big(s->at + 2, 2);
    const uint8_t *data = s->at + 4;

    if (marker == 0xe0) {
        add_jfif(&s->out, data, size - 2);
    } else if (marker == 0xe1 && begins(data, size - 2, "Exif\0\0", 6) && !*has_orientation) {
        int up = picture_orientation((struct bytes){ data + 6, size - 8 });
        *has_orientation = up > 1;
        add_jpeg_orientation(&s->out, up);
    }
    if (is_kept_segment(marker, data, size - 2))
        keep(s, 2 + size);
    else
        s->at += 2 + size;
}

static bool is_restart(uint8_t marker)
{
    return marker >= 0xd0 && marker <= 0xd7;
}

/* Keeps bytes up to the next marker or the fill bytes before it: FF followed neither by 00 nor by a
 * restart's number. A lone FF at the end is neither. */
static void keep_scan(struct strip *s)
{
    const uint8_t *at = s->at;

    while (at + 1 < s->end && (at[0] != 0xff || at[1] == 0 || is_restart(at[1])))
        at++;
    keep(s, (size_t)(at - s->at) + (at + 1 == s->end && *at != 0xff));
}

/* Markers followed by a length. Readers skip the bytes after other markers up to the next marker,
 * so hidden data could be there. */
static bool has_length(uint8_t marker)
{
    return marker >= 0xc0 && !is_restart(marker) && marker != 0xd8 && marker != 0xd9;
}

static void strip_jpeg(struct strip *s)
{
    static const uint8_t end_of_image[] = { 0xff, 0xd9 };
    bool has_orientation = false;

    keep(s, 2);
    while (left(s) >= 4 && s->at[0] == 0xff) {
        uint8_t marker = s->at[1];
        if (marker == 0xff) { /* fill byte */
            s->at++;
            continue;
        }
        size_t size = picture_big(s->at + 2, 2);
        if (!has_length(marker) || size < 2 || size > left(s) - 2)
            break;
        take_segment(s, &has_orientation);
        if (marker == 0xda)
            keep_scan(s);
    }
    buf_add(&s->out, end_of_image, sizeof end_of_image);
}

/* --- GIF: blocks, most of them with sub-blocks of a length byte each --- */

/* Advances past the empty sub-block at the end. False: it is missing. */
static bool skip_sub_blocks(const struct strip *s, const uint8_t **at)
{
    while (*at < s->end && **at != 0) {
        if ((size_t)(s->end - *at) <= (size_t) * *at)
            return false;
        *at += 1 + **at;
    }
    *at += 1;
    return *at <= s->end;
}

/* Bytes of the colour table described by a flags byte. */
static size_t colours(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Keeps how frames are shown and repeated. Comments, texts and other applications' data are
 * removed. */
static bool is_kept_extension(const struct strip *s)
{
    if (s->at[1] == 0xf9)
        return true;
    return s->at[1] == 0xff && s->at[2] == 11 && left(s) >= 14 &&
           (memcmp(s->at + 3, "NETSCAPE2.0", 11) == 0 || memcmp(s->at + 3, "ANIMEXTS1.0", 11) == 0);
}

static bool take_extension(struct strip *s)
{
    const uint8_t *at = s->at + 2;

    if (left(s) < 3 || !skip_sub_blocks(s, &at))
        return false;
    if (is_kept_extension(s))
        keep(s, (size_t)(at - s->at));
    s->at = at;
    return true;
}

static bool take_image(struct strip *s)
{
    enum { DESCRIPTOR = 10 };
    const uint8_t *at;

    if (left(s) < DESCRIPTOR + 1 || left(s) - DESCRIPTOR - 1 < colours(s->at[9]))
        return false;
    at = s->at + DESCRIPTOR + colours(s->at[9]) + 1; /* plus the code size */
    if (!skip_sub_blocks(s, &at))
        return false;
    keep(s, (size_t)(at - s->at));
    return true;
}

static void strip_gif(struct strip *s)
{
    enum { HEAD = 13, IMAGE = 0x2c, EXTENSION = 0x21 };
    size_t head = HEAD + colours(s->at[10]);
    bool whole = left(s) >= head;

    keep(s, whole ? head : HEAD);
    while (whole && left(s) > 0 && (*s->at == IMAGE || *s->at == EXTENSION))
        whole = *s->at == IMAGE ? take_image(s) : take_extension(s);
    buf_char(&s->out, ';');
}

/* --- WebP: a RIFF of chunks, in little endian, padded to even sizes --- */

static void add_chunk(struct buf *b, const char *type, const void *data, size_t size)
{
    uint8_t head[8];

    memcpy(head, type, 4);
    picture_put_little(head + 4, (uint32_t)size);
    buf_add(b, head, sizeof head);
    buf_add(b, data, size);
    if (size % 2 == 1)
        buf_add(b, "", 1);
}

/* The header of an animation's frame, and its visible chunks. */
static void add_frame(struct arena *a, struct buf *b, const uint8_t *data, size_t size)
{
    enum { FRAME_HEAD = 16, CHUNK_HEAD = 8 };
    struct buf frame;

    if (size < FRAME_HEAD)
        return;
    buf_init(&frame, a, size + 1);
    buf_add(&frame, data, FRAME_HEAD);
    for (size_t i = FRAME_HEAD; size - i >= CHUNK_HEAD;) {
        size_t of = picture_little(data + i + 4, 4);
        if (of > size - i - CHUNK_HEAD)
            break;
        if (is_one_of(data + i, "ALPHVP8 VP8L"))
            add_chunk(&frame, (const char *)data + i, data + i + CHUNK_HEAD, of);
        i += CHUNK_HEAD + of + of % 2;
        if (i > size)
            break;
    }
    add_chunk(b, "ANMF", frame.data, frame.size);
}

static void take_chunk(struct strip *s, struct arena *a, size_t size, int *orientation)
{
    const uint8_t *data = s->at + 8;

    if (is_one_of(s->at, "VP8XVP8 VP8LALPHANIMICCP"))
        add_chunk(&s->out, (const char *)s->at, data, size);
    else if (is_one_of(s->at, "ANMF"))
        add_frame(a, &s->out, data, size);
    else if (is_one_of(s->at, "EXIF")) /* some encoders put JPEG's mark before it */
        *orientation = begins(data, size, "Exif\0\0", 6)
                           ? picture_orientation((struct bytes){ data + 6, size - 6 })
                           : picture_orientation((struct bytes){ data, size });
}

static void strip_webp(struct strip *s, struct arena *a)
{
    enum { RIFF_HEAD = 12, FLAGS = 20, HAS_EXIF = 8, HAS_XMP = 4 };
    uint8_t tiff[PICTURE_TIFF_SIZE];
    int orientation = 1;

    keep(s, RIFF_HEAD);
    while (left(s) >= 8) {
        size_t size = picture_little(s->at + 4, 4);
        if (size > left(s) - 8)
            break;
        take_chunk(s, a, size, &orientation);
        s->at += 8 + size;
        s->at += s->at < s->end && size % 2 == 1;
    }
    uint8_t *made = (uint8_t *)s->out.data;
    bool is_extended = s->out.size > FLAGS && memcmp(made + RIFF_HEAD, "VP8X", 4) == 0;
    if (is_extended)
        made[FLAGS] &= (uint8_t) ~(HAS_EXIF | HAS_XMP);
    if (is_extended && orientation > 1) {
        made[FLAGS] |= HAS_EXIF;
        picture_write_orientation(orientation, tiff);
        add_chunk(&s->out, "EXIF", tiff, sizeof tiff);
    }
    picture_put_little((uint8_t *)s->out.data + 4, (uint32_t)(s->out.size - 8));
}

bool picture_strip(struct arena *a, struct bytes file, struct bytes *out)
{
    struct strip s = { .at = file.data };
    struct picture before, after;
    struct bytes made;

    if (!picture_read(file, &before) || file.size > INT32_MAX)
        return false;
    s.end = s.at + file.size;
    buf_init(&s.out, a, file.size + 256);
    switch (before.type[6]) {
    case 'p':
        strip_png(&s);
        break;
    case 'j':
        strip_jpeg(&s);
        break;
    case 'g':
        strip_gif(&s);
        break;
    default:
        strip_webp(&s, a);
    }
    made = (struct bytes){ s.out.data, s.out.size };
    if (buf_is_full(&s.out) || !picture_read(made, &after) || after.type != before.type)
        return false;
    *out = made;
    return true;
}
