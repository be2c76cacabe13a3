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

static char *write_byte(char *out, unsigned n)
{
    if (n >= 100)
        *out++ = (char)('0' + n / 100);
    if (n >= 10)
        *out++ = (char)('0' + n / 10 % 10);
    *out++ = (char)('0' + n % 10);
    return out;
}

/* inet_ntop goes through sprintf, which was a sixth of what a small request costs. */
void address_write_v4(const uint8_t b[4], char *out)
{
    for (int i = 0; i < 4; i++) {
        out = write_byte(out, b[i]);
        *out++ = i < 3 ? '.' : '\0';
    }
}

static void write_address(const struct address *address, char *out, size_t size)
{
    if (is_v4(address))
        address_write_v4(address->b + 12, out);
    else
        inet_ntop(AF_INET6, address->b, out, (socklen_t)size);
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
    char text[INET6_ADDRSTRLEN] = "";
    size_t left = forwarded_for ? strlen(forwarded_for) : 0;

    if (peer == NULL || !parse_address(peer, strlen(peer), &client))
        return NULL;
    while (left > 0 && is_trusted(trusted, &client)) {
        if (!take_last(forwarded_for, &left, &before))
            break;
        client = before;
    }
    write_address(&client, text, sizeof text);
    return arena_strdup(a, text);
}

static const char *cut(struct arena *a, const char *address, unsigned v4_bytes, const char *v4_size,
    const char *v6_size)
{
    enum { NETWORK_SIZE = 4 };
    char text[INET6_ADDRSTRLEN + NETWORK_SIZE] = "";
    struct address base;
    bool v4;

    if (address == NULL || !parse_address(address, strlen(address), &base))
        return NULL;
    v4 = is_v4(&base);
    if (v4)
        memset(base.b + 12 + v4_bytes, 0, 4 - v4_bytes);
    else
        memset(base.b + 8, 0, 8);
    write_address(&base, text, INET6_ADDRSTRLEN);
    memccpy(text + strlen(text), v4 ? v4_size : v6_size, '\0', NETWORK_SIZE);
    return arena_strdup(a, text);
}

const char *address_network(struct arena *a, const char *address)
{
    return cut(a, address, 3, "/24", "/64");
}

const char *address_limited(struct arena *a, const char *address)
{
    return cut(a, address, 4, "", "");
}
