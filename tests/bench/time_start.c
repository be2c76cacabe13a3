/* time_start PORT COMMAND…: starts the server COMMAND and prints how many milliseconds pass until
 * GET /readyz on 127.0.0.1:PORT answers 200, and its resident KiB a second later. Ends it.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GIVE_UP_MS = 10000, ANSWER_MS = 1000, SETTLE_MS = 1000 };

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool answers_200(int fd)
{
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct pollfd readable = { .fd = fd, .events = POLLIN };
    char head[32] = "";

    return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0 &&
           poll(&readable, 1, ANSWER_MS) == 1 && recv(fd, head, sizeof head - 1, 0) > 0 &&
           strncmp(head, "HTTP/1.1 200", 12) == 0;
}

static bool is_ready(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ready = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                 answers_200(fd);

    if (fd >= 0)
        close(fd);
    return ready;
}

static long resident_kib(pid_t pid)
{
    char path[64], line[128];
    long kib = -1;
    FILE *status;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    }
    if (status)
        fclose(status);
    return kib;
}

/* -1 when it ends before, or does not become ready in time. */
static double wait_until_ready(pid_t pid, uint16_t port, double began, bool *ended)
{
    while (now_ms() - began < GIVE_UP_MS) {
        if (is_ready(port))
            return now_ms() - began;
        *ended = waitpid(pid, NULL, WNOHANG) != 0;
        if (*ended)
            return -1;
        usleep(500);
    }
    return -1;
}

int main(int argc, char **argv)
{
    uint16_t port = argc > 2 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0;
    double began = now_ms(), took;
    bool ended = false;
    pid_t pid;

    if (port == 0) {
        fprintf(stderr, "usage: time_start PORT COMMAND…\n");
        return 2;
    }
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    took = wait_until_ready(pid, port, began, &ended);
    if (took >= 0) {
        usleep(SETTLE_MS * 1000);
        printf("%.1f %ld\n", took, resident_kib(pid));
    }
    if (!ended) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
    return took < 0;
}
