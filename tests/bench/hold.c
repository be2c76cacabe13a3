/* hold PORT N [PATH]: opens N connections, asks GET PATH (/livez) once on each and keeps them open
 * until its input ends. Prints how many are held. Knows nothing of Ashlar. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static bool ask(int fd, const char *path)
{
    const struct timeval wait = { .tv_sec = 5 };
    char reply[4096] = "", request[512];
    int size =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    return size < (int)sizeof request && send(fd, request, (size_t)size, MSG_NOSIGNAL) > 0 &&
           recv(fd, reply, sizeof reply - 1, 0) > 0 && strncmp(reply, "HTTP/1.1 200", 12) == 0;
}

int main(int argc, char **argv)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(argc > 2 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    long wanted = argc > 2 ? strtol(argv[2], NULL, 10) : 0, held = 0;
    const char *path = argc > 3 ? argv[3] : "/livez";
    struct rlimit files;

    if (wanted < 1 || wanted > 20000) {
        fprintf(stderr, "usage: hold PORT N [PATH]\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (; held < wanted; held++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 || !ask(fd, path))
            break;
    }
    printf("%ld\n", held);
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    return held < wanted;
}
