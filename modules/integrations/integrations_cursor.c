/* Cursors of the feed: a number and a short authentication code. */
#include "integrations_internal.h"

enum { MAC_SIZE = 10, NUMBER_MAX = 19, TEXT_MAX = 64 };

/* Bound to the organisation. Truncated, because a guessed cursor only moves readers within their
 * own feed. */
static char *mac(struct ctx *c, int64_t sequence)
{
    char org[UUID_TEXT_SIZE + 1];
    struct bytes hash;

    uuid_format(c->org, org);
    hash = token_hash(c->arena, "integrations.cursor",
        arena_printf(c->arena, "%s %lld", org, (long long)sequence));
    return hex_from_bytes(c->arena, hash.data, MAC_SIZE);
}

char *integrations__cursor(struct ctx *c, int64_t sequence)
{
    return arena_printf(c->arena, "%lld-%s", (long long)sequence, mac(c, sequence));
}

bool integrations__cursor_read(struct ctx *c, const char *text, int64_t *sequence)
{
    size_t digits = strspn(text, "0123456789"), size = strnlen(text, TEXT_MAX + 1);
    const char *right;
    int64_t number;

    if (size > TEXT_MAX || digits == 0 || digits > NUMBER_MAX || text[digits] != '-')
        return false;
    if (!text_to_int(arena_strndup(c->arena, text, digits), &number))
        return false;
    right = integrations__cursor(c, number); /* also rejects "007" */
    if (!bytes_equal((struct bytes){ right, strlen(right) }, (struct bytes){ text, size }))
        return false;
    *sequence = number;
    return true;
}
