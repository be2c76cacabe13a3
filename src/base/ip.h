/* IP addresses and networks as text and back. Fuzzed. */
#pragma once
#include <ashlar/base.h>
#include <netinet/in.h>

/* IPv4 is stored as an IPv4-mapped IPv6 address, so that one comparison covers both. */
struct ip {
    uint8_t b[16];
};
struct ip_network {
    struct ip base;
    unsigned bits; /* of the 128 */
};

bool ip_is_v4(const struct ip *ip);

/* "192.0.2.7", "2001:db8::1". Without port, zone and brackets. */
CHECKED bool ip_parse(const char *text, size_t size, struct ip *out);

/* The same with "/bits". Without it, the network is that one address. */
CHECKED bool ip_network_parse(const char *text, size_t size, struct ip_network *out);
bool ip_network_holds(const struct ip_network *network, const struct ip *ip);

/* Writes the shortest form. `out` has INET6_ADDRSTRLEN bytes. */
void ip_write(const struct ip *ip, char *out);
/* Writes "192.0.2.7" into out[16]. */
void ip_write_v4(const uint8_t b[4], char *out);
