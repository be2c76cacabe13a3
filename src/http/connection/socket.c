/* A listening TCP socket from "host:port", or from a supervisor. */
#include "socket.h"
#include "base/ip.h"
#include <arpa/inet.h>
#include <ashlar/text.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>

enum { BACKLOG = 1024, HOST_MAX = 256 };

/* "[::1]:8080" into "::1" and "8080". */
static bool split(const char *address, char *host, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t size;

    if (colon == NULL || colon[1] == '\0')
        return false;
    size = (size_t)(colon - address);
    if (size >= 2 && address[0] == '[' && colon[-1] == ']') {
        address++;
        size -= 2;
    } else if (memchr(address, ':', size)) {
        return false; /* an IPv6 address without brackets is ambiguous */
    }
    if (size >= HOST_MAX)
        return false;
    memcpy(host, address, size);
    host[size] = '\0';
    *port = colon + 1;
    return true;
}

static int open_socket(const struct addrinfo *at, bool reuse_port)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    int on = 1, off = 0, error;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse_port)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* With SO_REUSEPORT a bind succeeds even if another process, perhaps an older one of ours, shares
 * the port. */
static int open_shared(const struct addrinfo *at, enum socket_share share)
{
    int probe;

    if (share == SOCKET_NEXT)
        return open_socket(at, true);
    probe = open_socket(at, false);
    if (share == SOCKET_ALONE || probe < 0)
        return probe;
    close(probe);
    return open_socket(at, true);
}

int socket_listen(const char *address, enum socket_share share, const char **why)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *found = NULL;
    const char *port;
    char host[HOST_MAX];
    int fd = -1, error;

    if (!split(address, host, &port)) {
        *why = "not host:port";
        errno = EINVAL;
        return -1;
    }
    error = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
    if (error) {
        *why = gai_strerror(error);
        errno = EADDRNOTAVAIL;
        return -1;
    }
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
        fd = open_shared(at, share);
    error = errno;
    if (fd < 0)
        *why = strerrordesc_np(error);
    freeaddrinfo(found);
    errno = error;
    return fd;
}

int socket_inherit(enum handed what, const char **why)
{
    static const char *const unusable[] = {
        [HANDED_API] = "the descriptor passed as \"api\" is not a listening socket",
        [HANDED_OPS] = "the descriptor passed as \"ops\" is not a listening socket",
    };
    int listens = 0, handed = handed_fd(what), fd, flags;
    socklen_t size = sizeof listens;

    *why = NULL;
    if (handed < 0)
        return -1;
    if (getsockopt(handed, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens) {
        *why = unusable[what];
        return -1;
    }
    fd = fcntl(handed, F_DUPFD_CLOEXEC, HANDED_FIRST_FD + handed_count());
    flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
        return fd;
    *why = strerrordesc_np(errno);
    if (fd >= 0)
        close(fd);
    return -1;
}

void socket_host(const struct sockaddr *peer, char *out)
{
    out[0] = '\0';
    if (peer && peer->sa_family == AF_INET)
        ip_write_v4((const void *)&((const struct sockaddr_in *)(const void *)peer)->sin_addr, out);
    else if (peer && peer->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, out,
            SOCKET_HOST_SIZE);
}
