/* Whose address a request comes from. Knows no limit. */
#include "address.h"
#include <arpa/inet.h>
#include <ashlar/text.h>
#include <netinet/in.h>

/* IPv4 is kept as an IPv4-mapped IPv6 address, so that one comparison serves both. */
struct address {
    uint8_t b[16];
};
static const uint8_t v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_v4(const struct address *a)
{
    return memcmp(a->b, v4_mapped, sizeof v4_mapped) == 0;
}

static bool parse_address(const char *text, size_t size, struct address *out)
{
    char copy[INET6_ADDRSTRLEN + 8];

    if (size == 0 || size >= sizeof copy || memchr(text, '\0', size))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (strchr(copy, ':'))
        return inet_pton(AF_INET6, copy, out->b) == 1;
    memcpy(out->b, v4_mapped, sizeof v4_mapped);
    return inet_pton(AF_INET, copy, out->b + 12) == 1;
}

static char *format_address(struct arena *a, const struct address *address)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (is_v4(address))
        inet_ntop(AF_INET, address->b + 12, text, sizeof text);
    else
        inet_ntop(AF_INET6, address->b, text, sizeof text);
    return arena_strdup(a, text);
}

struct cidr {
    struct address base;
    unsigned bits; /* of the mapped form */
};

static bool parse_cidr(const char *text, size_t size, struct cidr *out)
{
    const char *slash = memchr(text, '/', size);
    unsigned most, bits = 0;

    if (!parse_address(text, slash ? (size_t)(slash - text) : size, &out->base))
        return false;
    most = is_v4(&out->base) ? 32 : 128;
    if (slash == NULL)
        bits = most;
    else if (slash + 1 == text + size || text + size - slash > 4)
        return false;
    for (const char *at = slash ? slash + 1 : text + size; at < text + size; at++) {
        if (*at < '0' || *at > '9')
            return false;
        bits = bits * 10 + (unsigned)(*at - '0');
    }
    out->bits = bits + (128 - most);
    return bits <= most;
}

static bool cidr_holds(const struct cidr *cidr, const struct address *address)
{
    unsigned bytes = cidr->bits / 8, rest = cidr->bits % 8;

    if (memcmp(cidr->base.b, address->b, bytes) != 0)
        return false;
    return rest == 0 || (cidr->base.b[bytes] ^ address->b[bytes]) >> (8 - rest) == 0;
}

/* The next entry of a comma-separated list without its blanks; false at the end. */
static bool next_entry(const char **at, struct cidr *out, bool *bad, const char **entry)
{
    const char *end, *stop;

    while (**at == ',' || **at == ' ' || **at == '\t')
        (*at)++;
    if (**at == '\0')
        return false;
    *entry = *at;
    end = stop = strchrnul(*at, ',');
    while (end > *at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *bad = !parse_cidr(*at, (size_t)(end - *at), out);
    *at = stop;
    return true;
}

static bool is_trusted(const char *trusted, const struct address *address)
{
    struct cidr cidr;
    const char *entry;
    bool bad;

    while (trusted && next_entry(&trusted, &cidr, &bad, &entry)) {
        if (!bad && cidr_holds(&cidr, address))
            return true;
    }
    return false;
}

const char *address_list_defect(const char *trusted)
{
    struct cidr cidr;
    const char *entry;
    bool bad;

    while (trusted && next_entry(&trusted, &cidr, &bad, &entry)) {
        if (bad)
            return entry;
    }
    return NULL;
}

/* The last entry of list[0 … *size), which then ends before it. */
static bool take_last(const char *list, size_t *size, struct address *out)
{
    size_t end = *size, start;

    while (end > 0 && (list[end - 1] == ' ' || list[end - 1] == '\t'))
        end--;
    start = end;
    while (start > 0 && list[start - 1] != ',')
        start--;
    *size = start > 0 ? start - 1 : 0;
    while (start < end && (list[start] == ' ' || list[start] == '\t'))
        start++;
    return parse_address(list + start, end - start, out);
}

const char *address_of_client(
    struct arena *a, const char *peer, const char *forwarded_for, const char *trusted)
{
    struct address client, before;
    size_t left = forwarded_for ? strlen(forwarded_for) : 0;

    if (peer == NULL || !parse_address(peer, strlen(peer), &client))
        return NULL;
    while (left > 0 && is_trusted(trusted, &client)) {
        if (!take_last(forwarded_for, &left, &before))
            break;
        client = before;
    }
    return format_address(a, &client);
}

static const char *cut(struct arena *a, const char *text, unsigned v4_bytes, bool with_size)
{
    struct address address;
    bool v4;

    if (text == NULL || !parse_address(text, strlen(text), &address))
        return NULL;
    v4 = is_v4(&address);
    if (v4)
        memset(address.b + 12 + v4_bytes, 0, 4 - v4_bytes);
    else
        memset(address.b + 8, 0, 8);
    text = format_address(a, &address);
    return with_size ? arena_printf(a, "%s/%s", text, v4 ? "24" : "64") : text;
}

const char *address_network(struct arena *a, const char *address)
{
    return cut(a, address, 3, true);
}

const char *address_limited(struct arena *a, const char *address)
{
    return cut(a, address, 4, false);
}
