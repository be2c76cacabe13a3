/* Check that an address is on the public Internet. */
#include "peer_address.h"
#include <netinet/in.h>

struct range {
    uint8_t at[16];
    int bits;
};

static const struct range not_public_v4[] = {
    { { 0 }, 8 },             /* "this network": connects to this host */
    { { 10 }, 8 },            /* private */
    { { 100, 64 }, 10 },      /* carrier-grade NAT */
    { { 127 }, 8 },           /* loopback */
    { { 169, 254 }, 16 },     /* link-local, cloud metadata */
    { { 172, 16 }, 12 },      /* private */
    { { 192, 0, 0 }, 24 },    /* protocol assignments */
    { { 192, 0, 2 }, 24 },    /* documentation */
    { { 192, 88, 99 }, 24 },  /* 6to4 relays */
    { { 192, 168 }, 16 },     /* private */
    { { 198, 18 }, 15 },      /* benchmarking */
    { { 198, 51, 100 }, 24 }, /* documentation */
    { { 203, 0, 113 }, 24 },  /* documentation */
    { { 224 }, 4 },           /* multicast */
    { { 240 }, 4 },           /* reserved, broadcast */
};

/* Inside 2000::/3. All other addresses are rejected together, which covers ::, ::1, v4-compatible,
 * NAT64 (64:ff9b::), 100::, 5f00::, fc00::, fe80::, fec0:: and ff00::. */
static const struct range not_public_v6[] = {
    { { 0x20, 0x01, 0x00 }, 23 },       /* protocol assignments, Teredo (2001::/32), ORCHID */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
    { { 0x20, 0x02 }, 16 },             /* 6to4: an IPv4 address inside */
    { { 0x3f, 0xff, 0x00 }, 20 },       /* documentation */
};
static const struct range global_unicast_v6 = { { 0x20 }, 3 };
static const struct range mapped_v4 = { { [10] = 0xff, [11] = 0xff }, 96 };

static bool is_in(const uint8_t *address, const struct range *r)
{
    int whole = r->bits / 8, rest = r->bits % 8;
    uint8_t mask = (uint8_t)(0xff << (8 - rest));

    if (memcmp(address, r->at, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ r->at[whole]) & mask) == 0;
}

static bool is_in_any(const uint8_t *address, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_in(address, &ranges[i]))
            return true;
    }
    return false;
}

static bool v4_is_public(const uint8_t *address)
{
    return !is_in_any(address, not_public_v4, COUNT(not_public_v4));
}

static bool v6_is_public(const uint8_t *address)
{
    if (is_in(address, &mapped_v4))
        return v4_is_public(address + 12);
    return is_in(address, &global_unicast_v6) &&
           !is_in_any(address, not_public_v6, COUNT(not_public_v6));
}

bool address_is_public(const struct sockaddr *address, socklen_t size)
{
    /* Copied, because the caller's pointer may not be aligned for the wider type. */
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->sa_family == AF_INET && size >= sizeof v4) {
        memcpy(&v4, address, sizeof v4);
        return v4_is_public((const uint8_t *)&v4.sin_addr);
    }
    if (address->sa_family == AF_INET6 && size >= sizeof v6) {
        memcpy(&v6, address, sizeof v6);
        return v6_is_public(v6.sin6_addr.s6_addr);
    }
    return false;
}
