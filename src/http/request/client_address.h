/* Whose address a request comes from. Knows no limit. Fuzzed. */
#pragma once
#include <ashlar/arena.h>

/*
 * The client's address in canonical text. Peers within `trusted` ("10.0.0.0/8, ::1/128") are
 * proxies: then the right-most address of X-Forwarded-For that is no trusted proxy counts, and
 * what stands left of it is the client's own invention. An entry that is no address ends the walk
 * at the last proxy. NULL when `peer` is no IP address.
 */
const char *address_of_client(
    struct arena *a, const char *peer, const char *forwarded_for, const char *trusted);

/* "192.0.2.0/24" or "2001:db8:1:2::/64"; NULL for NULL. */
const char *address_network(struct arena *a, const char *address);

/* What limits count: the address itself, of IPv6 its /64, which one customer holds alone. */
const char *address_limited(struct arena *a, const char *address);
