/*
 * picture — what kind of picture some bytes are, by what stands in them and not by what somebody
 * says of them. Decodes nothing: of a file only its head is read. Fuzzed. Threads: any.
 *
 * Sources: PNG (ISO/IEC 15948, 5.2 and 11.2.2), GIF89a (17, 18), JPEG (ITU T.81, B.1 and B.2),
 * WebP (RFC 9649, 2.4 to 2.7). No SVG: it is a program.
 */
#pragma once
#include "base.h"

struct picture {
    const char *type; /* image/png, image/jpeg, image/webp, image/gif */
    int64_t width, height;
};

/* False when it is none of these, or its head is not whole. */
PUBLIC CHECKED bool picture_read(struct bytes file, struct picture *out);
