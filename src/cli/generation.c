/* One generation of the server under `ashlar supervise`. Knows no other generation. */
#include "generation.h"
#include "cli.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 512, LINE_SIZE = 8192, SOCKET_FD = 3, AGAIN_MS = 1000, DRAIN_S = 40 };

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
        log_error(NULL, "supervise.cannot_write", log_text("file", path),
            log_text("why", strerrordesc_np(errno)));
}

/* --- In the child, between fork and exec: one thread, and nothing of the parent's is used again
 * --- */

/* NAME=value, as systemd's EnvironmentFile has it; a value may stand in quotes. */
static void take_setting(char *line)
{
    char *value;
    size_t size;

    line += strspn(line, " \t");
    line[strcspn(line, "\n")] = '\0';
    value = strchr(line, '=');
    if (line[0] == '#' || line[0] == ';' || value == NULL)
        return;
    *value++ = '\0';
    size = strlen(value);
    if (size >= 2 && (value[0] == '"' || value[0] == '\'') && value[size - 1] == value[0]) {
        value[size - 1] = '\0';
        value++;
    }
    setenv(line, value, 1);
}

static void take_settings(const char *folder)
{
    char path[PATH_SIZE], line[LINE_SIZE];
    FILE *f;

    snprintf(path, sizeof path, "%s/environment", folder);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        take_setting(line);
    if (f)
        fclose(f);
}

static void become_server(
    const struct generation *g, const char *folder, int listen_fd, const char *notify_path)
{
    char binary[PATH_SIZE], pid[16];
    sigset_t none;

    take_settings(folder);
    snprintf(binary, sizeof binary, "%s/releases/%s/ashlar", folder, g->name);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    setenv("NOTIFY_SOCKET", notify_path, 1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* dup2 onto itself would leave it to be closed by exec. */
    if (listen_fd == SOCKET_FD)
        fcntl(SOCKET_FD, F_SETFD, 0);
    else
        dup2(listen_fd, SOCKET_FD);
    execv(binary, (char *const[]){ (char[]){ "ashlar" }, (char[]){ "serve" }, NULL });
    fprintf(stderr, "ashlar: %s: %s\n", binary, strerrordesc_np(errno));
    _exit(CLI_FAILED);
}

/* --- In the supervisor --- */

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

bool generation_start(struct generation *g, const char *folder, int listen_fd)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/run/%s.notify", folder, g->name);
    g->notify_fd = open_notify(path);
    g->ready = false;
    g->again_at_us = g->kill_at_us = 0;
    generation_mark(g, folder, "failed", NULL);
    generation_mark(g, folder, "ready", NULL); /* of a supervisor that was killed */
    g->pid = g->notify_fd < 0 ? -1 : fork();
    if (g->pid == 0)
        become_server(g, folder, listen_fd, path);
    if (g->pid < 0) {
        log_error(NULL, "supervise.cannot_start", log_text("release", g->name),
            log_text("why", strerrordesc_np(errno)));
        g->pid = 0;
        return false;
    }
    log_info(NULL, "supervise.started", log_text("release", g->name), log_int("pid", g->pid));
    return true;
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

/* Wrong usage, a schema that does not fit, refused settings: again would be the same. */
static bool is_final(int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
    return code == CLI_USAGE || code == CLI_SCHEMA || code == CLI_SETTINGS;
}

void generation_ended(struct generation *g, const char *folder, int status, int64_t now_us)
{
    char how[64];

    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "signal %s", sigabbrev_np(WTERMSIG(status)));
    else
        snprintf(how, sizeof how, "exit %d", WEXITSTATUS(status));
    log_info(NULL, "supervise.ended", log_text("release", g->name), log_text("how", how));
    close(g->notify_fd);
    g->notify_fd = -1;
    g->pid = 0;
    g->ready = false;
    generation_mark(g, folder, "ready", NULL);
    generation_mark(g, folder, "notify", NULL);
    if (!g->wanted) {
        g->name[0] = '\0';
    } else if (!g->was_ready || is_final(status)) {
        generation_mark(g, folder, "failed", how);
        g->wanted = false;
        g->name[0] = '\0';
    } else {
        g->again_at_us = now_us + AGAIN_MS * 1000;
    }
}
