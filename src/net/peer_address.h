/* Is an address on the public Internet? Knows no name and no connection. */
#pragma once
#include <ashlar/base.h>
#include <sys/socket.h>

/*
 * May a customer's URL lead there? Global unicast only: not private, loopback, link-local (and with
 * it the clouds' metadata service), multicast, documentation, benchmarking, nor any form that
 * carries an IPv4 address through a translator or tunnel. Anything but IPv4 and IPv6 is no. Source:
 * IANA special-purpose registries (RFC 6890), as Svix's webhook sender blocks them.
 */
bool address_is_public(const struct sockaddr *address, socklen_t size);
