/* Any text as X-Forwarded-For, as an address and as a network: whoever writes it is an IP address
 * in its one form, and nobody but a trusted proxy is believed. */
#include "base/ip.h"
#include "http/request/client_address.h"
#include <arpa/inet.h>
#include <ashlar/text.h>
#include <stdlib.h>

static void check_address(const char *text)
{
    char again[INET6_ADDRSTRLEN];
    struct ip ip;

    if (text == NULL || !ip_parse(text, strlen(text), &ip))
        abort();
    ip_write(&ip, again);
    if (strcmp(again, text) != 0)
        abort();
}

static void check_parsed(const char *text, size_t size)
{
    struct ip_network network;
    struct ip ip;

    if (ip_network_parse(text, size, &network) &&
        (network.bits > 128 || !ip_network_holds(&network, &network.base)))
        abort();
    if (ip_parse(text, size, &ip) &&
        (!ip_network_parse(text, size, &network) || !ip_network_holds(&network, &ip)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char trusted[] = "10.0.0.0/8, fd00::/8";
    struct arena *a = arena_new(0);
    const char *list = arena_strndup(a, (const char *)data, size), *client;

    client = address_of_client(a, "10.0.0.1", list, trusted);
    check_address(client);
    if (address_network(a, client) == NULL || address_limited(a, client) == NULL)
        abort();
    if (strcmp(address_of_client(a, "192.0.2.1", list, trusted), "192.0.2.1") != 0)
        abort();
    client = address_of_client(a, list, "192.0.2.9", trusted);
    if (client)
        check_address(client);
    check_parsed((const char *)data, size);
    arena_free(a);
    return 0;
}
