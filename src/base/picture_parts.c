/* EXIF's Orientation, the one visible entry. See picture_parts.h and TIFF 6.0, section 2. */
#include "picture_parts.h"

enum { ENTRY = 12, ORIENTATION = 0x0112, SHORT = 3 };

static uint32_t number(const uint8_t *at, int bytes, bool is_big)
{
    return is_big ? picture_big(at, bytes) : picture_little(at, bytes);
}

int picture_orientation(struct bytes tiff)
{
    const uint8_t *at = tiff.data;
    bool is_big;
    size_t first, n;

    if (tiff.size < 8 || (memcmp(at, "MM\0*", 4) != 0 && memcmp(at, "II*\0", 4) != 0))
        return 1;
    is_big = at[0] == 'M';
    first = number(at + 4, 4, is_big);
    if (first > tiff.size - 2)
        return 1;
    n = number(at + first, 2, is_big);
    for (size_t i = first + 2; n > 0 && tiff.size - i >= ENTRY; i += ENTRY, n--) {
        uint32_t value = number(at + i + 8, 2, is_big);
        if (number(at + i, 2, is_big) == ORIENTATION && number(at + i + 2, 2, is_big) == SHORT &&
            value >= 1 && value <= 8)
            return (int)value;
    }
    return 1;
}

void picture_write_orientation(int orientation, uint8_t *out)
{
    static const uint8_t tiff[PICTURE_TIFF_SIZE] = { 'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 0x01, 0x12,
        0, SHORT, 0, 0, 0, 1 };

    memcpy(out, tiff, sizeof tiff);
    out[19] = (uint8_t)orientation;
}
