/* hold PORT N [PATH]: opens N connections, asks GET PATH (/livez) once on each and keeps them open
 * until its input ends. Prints how many are held. One that is not let in is tried again and why is
 * said; three in a row end it. Knows nothing of Ashlar. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT_S = 30, FAILURES_MAX = 3, RETRY_US = 200000 };

/* NULL, or what failed. */
static const char *ask(int fd, const char *path)
{
    char response[4096] = "", request[512];
    int size =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);

    if (size >= (int)sizeof request || send(fd, request, (size_t)size, MSG_NOSIGNAL) < 0)
        return "send";
    if (recv(fd, response, sizeof response - 1, 0) < 0)
        return "recv";
    errno = 0;
    if (strncmp(response, "HTTP/1.1 200", 12) == 0)
        return NULL;
    fprintf(stderr, "%s\n", response);
    return "answer";
}

/* An answer may be late where a machine is shared: that says nothing of the server. */
static const char *hold_one(const struct sockaddr_in *to, const char *path)
{
    const struct timeval wait = { .tv_sec = WAIT_S };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;
    const char *failed = "connect";

    if (fd < 0)
        return "socket";
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait); /* bounds connect() as well */
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
        failed = ask(fd, path);
    if (failed) {
        error = errno;
        close(fd);
        errno = error;
    }
    return failed;
}

static long hold(const struct sockaddr_in *to, const char *path, long wanted)
{
    long held = 0;

    for (int failures = 0; held < wanted && failures < FAILURES_MAX;) {
        const char *failed = hold_one(to, path);
        if (failed == NULL) {
            held++;
            failures = 0;
            continue;
        }
        fprintf(stderr, "hold: number %ld: %s: %s\n", held + 1, failed,
            errno ? strerror(errno) : "not 200");
        failures++;
        usleep(RETRY_US);
    }
    return held;
}

int main(int argc, char **argv)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(argc > 2 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    long wanted = argc > 2 ? strtol(argv[2], NULL, 10) : 0, held;
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
    held = hold(&to, path, wanted);
    printf("%ld\n", held);
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    return held < wanted;
}
