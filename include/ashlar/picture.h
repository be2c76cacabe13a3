/*
 * picture — what kind of picture some bytes are, by what stands in them and not by what somebody
 * says of them. Decodes no pixel. Fuzzed. Threads: any.
 *
 * Sources: PNG (ISO/IEC 15948, 5.2 and 11.2.2), GIF89a (17, 18), JPEG (ITU T.81, B.1 and B.2),
 * WebP (RFC 9649, 2.4 to 2.7). No SVG: it is a program.
 *
 * Home: picture.c and picture_strip.c.
 */
#pragma once
#include "arena.h"

struct picture {
    const char *type; /* image/png, image/jpeg, image/webp, image/gif */
    int64_t width, height;
};

/* False when it is none of these, or its head is not whole. */
PUBLIC CHECKED bool picture_read(struct bytes file, struct picture *out);

/*
 * The picture without what it carries unseen: EXIF and its places, XMP, IPTC, comments, texts,
 * thumbnails, times, parts nobody knows, and whatever stands behind its end. What it looks like
 * stays: pixels, frames and their times, colour profile, and which way is up (EXIF's Orientation,
 * alone). Of a file that is cut off what came whole is kept. `out` lies in `a`. False: no picture.
 * Sources: as above; EXIF 2.32 (4.6), PNG 3rd edition (11.3), JFIF 1.02, GIF89a (19 to 26).
 */
PUBLIC CHECKED bool picture_strip(struct arena *a, struct bytes file, struct bytes *out);
