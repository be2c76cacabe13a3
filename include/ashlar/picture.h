/*
 * picture — image formats and metadata, read from the bytes and not from a declared type. No pixel
 * is decoded. Fuzzed. Threads: any.
 *
 * Sources: PNG (ISO/IEC 15948, 5.2 and 11.2.2), GIF89a (17, 18), JPEG (ITU T.81, B.1 and B.2), WebP
 * (RFC 9649, 2.4 to 2.7). SVG is excluded because it can contain scripts.
 *
 * Home: picture.c and picture_strip.c.
 */
#pragma once
#include "arena.h"

struct picture {
    const char *type; /* image/png, image/jpeg, image/webp, image/gif */
    int64_t width, height;
};

/* False when the format is none of these, or the header is incomplete. */
PUBLIC CHECKED bool picture_read(struct bytes file, struct picture *out);

/*
 * The image without its metadata: EXIF and its locations, XMP, IPTC, comments, texts, thumbnails,
 * times, unknown parts, and all bytes after its end. The visible image stays: pixels, frames and
 * their times, colour profile, and orientation (EXIF's Orientation, alone). Of a truncated file the
 * complete parts stay. `out` is in `a`. False: not an image.
 * Sources: as above, EXIF 2.32 (4.6), PNG 3rd edition (11.3), JFIF 1.02, GIF89a (19 to 26).
 */
PUBLIC CHECKED bool picture_strip(struct arena *a, struct bytes file, struct bytes *out);
