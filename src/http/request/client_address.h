/* The client address of a request. Fuzzed. */
#pragma once
#include <ashlar/arena.h>

/*
 * The client's address in canonical text. Peers within `trusted` ("10.0.0.0/8, ::1/128") are
 * proxies. Then the right-most address of X-Forwarded-For that is not a trusted proxy counts: the
 * client can forge all entries to the left of it. An invalid entry ends the search at the last
 * proxy. NULL when `peer` is not an IP address.
 */
const char *address_of_client(
    struct arena *a, const char *peer, const char *forwarded_for, const char *trusted);

/* "192.0.2.0/24" or "2001:db8:1:2::/64"; NULL for NULL. */
const char *address_network(struct arena *a, const char *address);

/* The unit of limits: the address, for IPv6 its /64, which usually belongs to one customer. */
const char *address_limited(struct arena *a, const char *address);
