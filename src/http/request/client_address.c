/* The client address of a request. */
#include "client_address.h"
#include "base/ip.h"
#include <ashlar/text.h>

/* Entries are separated by commas and blanks; the settings were validated at start. */
static bool is_trusted(const char *trusted, const struct ip *ip)
{
    struct ip_network network;
    size_t size;

    for (const char *at = trusted ? trusted : ""; *at; at += size) {
        at += strspn(at, ", \t");
        size = strcspn(at, ", \t");
        if (ip_network_parse(at, size, &network) && ip_network_holds(&network, ip))
            return true;
    }
    return false;
}

/* The last entry of list[0 … *size); `*size` is reduced to the end before it. */
static bool take_last(const char *list, size_t *size, struct ip *out)
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
    return ip_parse(list + start, end - start, out);
}

const char *address_of_client(
    struct arena *a, const char *peer, const char *forwarded_for, const char *trusted)
{
    struct ip client, before;
    char text[INET6_ADDRSTRLEN] = "";
    size_t left = forwarded_for ? strlen(forwarded_for) : 0;

    if (peer == NULL || !ip_parse(peer, strlen(peer), &client))
        return NULL;
    while (left > 0 && is_trusted(trusted, &client)) {
        if (!take_last(forwarded_for, &left, &before))
            break;
        client = before;
    }
    ip_write(&client, text);
    return arena_strdup(a, text);
}

static const char *cut(struct arena *a, const char *address, unsigned v4_bytes, const char *v4_size,
    const char *v6_size)
{
    enum { NETWORK_SIZE = 4 };
    char text[INET6_ADDRSTRLEN + NETWORK_SIZE] = "";
    struct ip base;
    bool v4;

    if (address == NULL || !ip_parse(address, strlen(address), &base))
        return NULL;
    v4 = ip_is_v4(&base);
    if (v4)
        memset(base.b + 12 + v4_bytes, 0, 4 - v4_bytes);
    else
        memset(base.b + 8, 0, 8);
    ip_write(&base, text);
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
