/* Check that an address is on the public Internet. */
#pragma once
#include <ashlar/base.h>
#include <sys/socket.h>

/*
 * Whether a customer's URL may lead to the address. Global unicast only: not private, loopback,
 * link-local (which includes the clouds' metadata service), multicast, documentation or
 * benchmarking. Forms that contain an IPv4 address of a translator or tunnel are rejected, as are
 * other families than IPv4 and IPv6. Source: IANA special-purpose registries (RFC 6890), as Svix's
 * webhook sender blocks them.
 */
bool address_is_public(const struct sockaddr *address, socklen_t size);
