/* Cursors of paged lists: opaque, signed, valid in one tenant only. */
#include "crypto/keys.h"
#include <ashlar/page.h>
#include <ashlar/text.h>

enum { MAC_SIZE = 16 };

struct cursor {
    struct uuid last;
    uint8_t mac[MAC_SIZE];
};

/* The tenant is signed but not sent, so a cursor of another organisation is invalid. */
static struct cursor sign(const struct ctx *c, struct uuid last)
{
    struct {
        struct uuid last, org;
    } bound = { last, c->org };
    struct cursor cursor = { .last = last };
    keyed_mac("page.cursor", &bound, sizeof bound, cursor.mac, MAC_SIZE);
    return cursor;
}

char *cursor_format(struct ctx *c, struct uuid last)
{
    struct cursor cursor = sign(c, last);
    return base64url_from_bytes(c->arena, &cursor, sizeof cursor);
}

static bool is_genuine(const struct ctx *c, struct bytes sent, struct uuid *out)
{
    if (sent.size != sizeof(struct cursor))
        return false;
    struct cursor cursor;
    memcpy(&cursor, sent.data, sizeof cursor);
    struct cursor expected = sign(c, cursor.last);
    if (!bytes_equal(
            (struct bytes){ cursor.mac, MAC_SIZE }, (struct bytes){ expected.mac, MAC_SIZE }))
        return false;
    *out = cursor.last;
    return true;
}

err cursor_parse(struct ctx *c, const char *text, struct uuid *out)
{
    struct bytes sent;
    if (base64url_to_bytes(c->arena, text, strlen(text), &sent) && is_genuine(c, sent, out))
        return NULL;
    problem_add(c, "query:cursor", "format", "Must be the next_cursor of a previous response.");
    return problem(c, &ERR_INVALID, /* field= */ NULL, "The cursor is not one of this list.");
}
