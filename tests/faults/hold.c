/* hold PORT… -- COMMAND…: opens a listening socket on 127.0.0.1 for each port as descriptors 3, 4 …
 * and becomes the command, which hands them to servers. Knows no server. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_port(const char *port, int wanted)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1024) != 0)
        return -1;
    if (fd == wanted)
        return 0;
    if (dup2(fd, wanted) != wanted)
        return -1;
    return close(fd);
}

int main(int argc, char **argv)
{
    int at = 1;

    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (open_port(argv[at], 2 + at) != 0) {
            perror(argv[at]);
            return 1;
        }
    }
    if (at + 1 >= argc)
        return 2;
    execvp(argv[at + 1], argv + at + 1);
    perror(argv[at + 1]);
    return 1;
}
