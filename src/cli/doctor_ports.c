/* Check of a listen address by binding it, the only reliable way. */
#include "doctor_ports.h"
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

enum { HOST_MAX = 256 };

static const char *try_bind(const struct addrinfo *at)
{
    int yes = 1, fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    const char *why = NULL;

    if (fd < 0)
        return "no socket for this address family";
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0) {
        if (errno == EADDRINUSE)
            why = "used by another program";
        else if (errno == EACCES)
            why = "ports below 1024 need CAP_NET_BIND_SERVICE";
        else
            why = "this machine does not have that address";
    }
    close(fd);
    return why;
}

const char *port_problem(const char *address)
{
    const struct addrinfo wanted = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM };
    const char *colon = strrchr(address, ':'), *why;
    char host[HOST_MAX];
    struct addrinfo *found;
    bool brackets;

    if (colon == NULL || colon - address >= HOST_MAX)
        return "not host:port";
    brackets = address[0] == '[' && colon > address + 1 && colon[-1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(colon - address) - (brackets ? 2 : 0),
        address + (brackets ? 1 : 0));
    if (getaddrinfo(host[0] != '\0' ? host : NULL, colon + 1, &wanted, &found) != 0)
        return "this is not an address";
    why = try_bind(found);
    freeaddrinfo(found);
    return why;
}
