/* Numbers in image files, and EXIF's Orientation. */
#pragma once
#include <ashlar/base.h>

static inline uint32_t picture_big(const uint8_t *at, int bytes)
{
    uint32_t n = 0;

    for (int i = 0; i < bytes; i++)
        n = n << 8 | at[i];
    return n;
}

static inline uint32_t picture_little(const uint8_t *at, int bytes)
{
    uint32_t n = 0;

    for (int i = bytes; i-- > 0;)
        n = n << 8 | at[i];
    return n;
}

static inline void picture_put_little(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Orientation of a TIFF (EXIF without its mark): 1 to 8, 1 by default. */
int picture_orientation(struct bytes tiff);

/* Size of a TIFF with only this entry. */
enum { PICTURE_TIFF_SIZE = 26 };
void picture_write_orientation(int orientation, uint8_t *out);
