/* Numbers as JSON text. */
#include "write.h"
#include <math.h>

void write_number(struct buf *b, double value)
{
    if (!isfinite(value)) {
        buf_text(b, "null");
        return;
    }
    if (value == 0) {
        buf_text(b, "0"); /* "-0" would be parsed as another number: an integer without its sign */
        return;
    }
    /* 17 digits always read back as the same double. Most values need fewer. */
    char text[32];
    int size = 0;
    for (int digits = 15; digits <= 17; digits++) {
        size = snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add(b, text, (size_t)size);
}
