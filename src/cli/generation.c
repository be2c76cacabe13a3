/* One generation of the server under `ashlar supervise`. */
#include "generation.h"
#include "cli.h"
#include "settings_file.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 512, AGAIN_MS = 1000, DRAIN_S = 40 };

bool generation_name_is_good(const char *name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+";
    size_t size = strlen(name);

    return size > 0 && size <= RELEASE_NAME_MAX && strspn(name, good) == size && name[0] != '.';
}

void generation_mark(
    const struct generation *g, const char *folder, const char *suffix, const char *text)
{
    char path[PATH_SIZE];
    FILE *f;

    snprintf(path, sizeof path, "%s/run/%s.%s", folder, g->name, suffix);
    if (text == NULL) {
        unlink(path);
        return;
    }
    f = fopen(path, "we");
    if (f == NULL || fprintf(f, "%s\n", text) < 0 || fclose(f) != 0)
        log_error(NULL, "supervise.write_failed", log_text("file", path),
            log_text("why", strerrordesc_np(errno)));
}

/* --- In the child, between fork and exec: one thread, and no memory of the parent's other threads
 *   may be used --- */

/* Passes each existing descriptor, from HANDED_FIRST_FD on, with their names. All are first moved
 * to high numbers, because one may have the number of another's target. */
static void hand_over(const int *fds)
{
    char names[64], number[16];
    int n = 0, size = 0, far[HANDED_KINDS];

    for (int i = 0; i < HANDED_KINDS; i++)
        far[i] =
            fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, HANDED_FIRST_FD + (int)HANDED_KINDS);
    for (int i = 0; i < HANDED_KINDS; i++) {
        if (far[i] < 0)
            continue;
        dup2(far[i], HANDED_FIRST_FD + n);
        size += snprintf(
            names + size, sizeof names - (size_t)size, "%s%s", n > 0 ? ":" : "", handed_names[i]);
        n++;
    }
    snprintf(number, sizeof number, "%d", n);
    setenv("LISTEN_FDS", number, 1);
    setenv("LISTEN_FDNAMES", names, 1);
    snprintf(number, sizeof number, "%d", (int)getpid());
    setenv("LISTEN_PID", number, 1);
}

static void become_server(const struct generation *g, const char *folder, int listen_fd,
    int said_fd, const char *notify_path)
{
    const int fds[HANDED_KINDS] = {
        [HANDED_API] = listen_fd,
        [HANDED_OPS] = g->ops_fd,
        [HANDED_LOG] = STDERR_FILENO,
    };
    char binary[PATH_SIZE];
    sigset_t none;

    settings_file_take(folder);
    /* A binary without support for it would bind the address a second time, and exit. */
    if (g->ops_fd >= 0) {
        unsetenv("ASHLAR_OPS_LISTEN");
        unsetenv("ASHLAR_OPS_LISTEN_FILE");
    }
    snprintf(binary, sizeof binary, "%s/releases/%s/ashlar", folder, g->name);
    setenv("NOTIFY_SOCKET", notify_path, 1);
    hand_over(fds);
    dup2(said_fd, STDOUT_FILENO);
    dup2(said_fd, STDERR_FILENO);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(binary, (char *const[]){ (char[]){ "ashlar" }, (char[]){ "serve" }, NULL });
    fprintf(stderr, "ashlar: %s: %s\n", binary, strerrordesc_np(errno));
    _exit(CLI_FAILED);
}

/* --- In the supervisor --- */

static void close_of(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int open_notify(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || strlen(path) >= sizeof at.sun_path) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    memcpy(at.sun_path, path, strlen(path));
    unlink(path);
    if (bind(fd, (const struct sockaddr *)(const void *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Forks. -1 with errno when that or its preparation fails. */
static pid_t start_process(struct generation *g, const char *folder, int listen_fd)
{
    char path[PATH_SIZE];
    int said[2];
    pid_t pid;

    snprintf(path, sizeof path, "%s/run/%s.notify", folder, g->name);
    g->notify_fd = open_notify(path);
    if (g->notify_fd < 0)
        return -1;
    if (pipe2(said, O_CLOEXEC) != 0) {
        close_of(&g->notify_fd);
        return -1;
    }
    pid = fork();
    if (pid == 0)
        become_server(g, folder, listen_fd, said[1], path);
    close(said[1]);
    g->said_fd = said[0];
    fcntl(g->said_fd, F_SETFL, O_NONBLOCK);
    return pid;
}

bool generation_start(struct generation *g, const char *folder, int listen_fd)
{
    g->ready = false;
    g->again_at_us = g->kill_at_us = 0;
    g->said_size = 0;
    generation_mark(g, folder, "failed", NULL);
    generation_mark(g, folder, "ready", NULL); /* of a supervisor that was killed */
    g->pid = start_process(g, folder, listen_fd);
    if (g->pid < 0) {
        log_error(NULL, "supervise.start_failed", log_text("release", g->name),
            log_text("why", strerrordesc_np(errno)));
        close_of(&g->notify_fd);
        close_of(&g->said_fd);
        g->pid = 0;
        return false;
    }
    log_info(NULL, "supervise.started", log_text("release", g->name), log_int("pid", g->pid));
    return true;
}

/* Keeps the end of the generation's output. */
static void keep_said(struct generation *g, const char *text, size_t size)
{
    size_t over;

    if (size > sizeof g->said) {
        text += size - sizeof g->said;
        size = sizeof g->said;
    }
    over = g->said_size + size > sizeof g->said ? g->said_size + size - sizeof g->said : 0;
    memmove(g->said, g->said + over, g->said_size - over);
    g->said_size -= over;
    memcpy(g->said + g->said_size, text, size);
    g->said_size += size;
}

bool generation_may_forward(void)
{
    struct pollfd log = { .fd = STDERR_FILENO, .events = POLLOUT };
    return poll(&log, 1, 0) == 1;
}

void generation_forward(struct generation *g)
{
    char text[PIPE_BUF];
    ssize_t size;

    while (g->said_fd >= 0 && generation_may_forward()) {
        size = read(g->said_fd, text, sizeof text);
        if (size == 0)
            close_of(&g->said_fd);
        if (size <= 0)
            return;
        if (!g->ready)
            keep_said(g, text, (size_t)size);
        (void)!write(STDERR_FILENO, text, (size_t)size);
    }
}

bool generation_hear(struct generation *g)
{
    char text[256];
    ssize_t size;
    bool became_ready = false;

    while ((size = recv(g->notify_fd, text, sizeof text - 1, 0)) > 0) {
        text[size] = '\0';
        if (strstr(text, "READY=1") && !g->ready)
            g->ready = g->was_ready = became_ready = true;
    }
    return became_ready;
}

void generation_end(struct generation *g, int64_t now_us)
{
    if (g->pid == 0)
        return;
    if (g->kill_at_us == 0) {
        g->kill_at_us = now_us + SECONDS(DRAIN_S);
        kill(g->pid, SIGTERM);
    } else if (now_us >= g->kill_at_us) {
        log_error(NULL, "supervise.killed", log_text("release", g->name), log_int("pid", g->pid));
        kill(g->pid, SIGKILL);
    }
}

/* Wrong usage, an unfit schema, rejected settings: a restart would fail in the same way. */
static bool is_final(int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
    return code == CLI_USAGE || code == CLI_SCHEMA || code == CLI_SETTINGS;
}

void generation_ended(struct generation *g, const char *folder, int status, int64_t now_us)
{
    char how[64 + sizeof g->said];
    int size;

    generation_forward(g);
    if (WIFSIGNALED(status))
        size = snprintf(how, sizeof how, "signal %s", sigabbrev_np(WTERMSIG(status)));
    else
        size = snprintf(how, sizeof how, "exit %d", WEXITSTATUS(status));
    log_info(NULL, "supervise.ended", log_text("release", g->name), log_text("how", how));
    close_of(&g->notify_fd);
    close_of(&g->said_fd);
    g->pid = 0;
    g->ready = false;
    generation_mark(g, folder, "ready", NULL);
    generation_mark(g, folder, "notify", NULL);
    if (g->wanted && g->was_ready && !is_final(status)) {
        g->again_at_us = now_us + AGAIN_MS * 1000;
        return;
    }
    if (g->wanted || !g->was_ready) {
        snprintf(how + size, sizeof how - (size_t)size, "\n%.*s", (int)g->said_size, g->said);
        generation_mark(g, folder, "failed", how);
    }
    g->wanted = false;
    g->name[0] = '\0';
}
