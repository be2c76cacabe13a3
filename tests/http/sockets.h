/* Sockets of a test: a port of its own, a connection to it. */
#pragma once
#include "http/connection/socket.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A port nobody listens on now. */
static inline uint16_t free_port(void)
{
    const char *why;
    int fd = socket_listen("127.0.0.1:0", SOCKET_ALONE, &why);
    struct sockaddr_in at;
    socklen_t size = sizeof at;

    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static inline int dial_port(uint16_t to)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(to) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}
