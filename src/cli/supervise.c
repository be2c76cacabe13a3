/*
 * `ashlar supervise FOLDER`: holds the listening socket and runs the generations that
 * FOLDER/run/wanted names, each with that socket; so a release hands over from one to the next and
 * nobody is refused. Knows no settings (secrets stay in the environment for the servers) and no
 * request.
 */
#include "base/log_start.h"
#include "cli.h"
#include "generation.h"
#include "http/socket.h"
#include "notify.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 200, PATH_SIZE = 512 };

struct supervisor {
    const char *folder;
    struct generation all[GENERATIONS_MAX];
    int listen_fd, signal_fd;
    bool ending, told_ready;
};

static struct generation *find(struct supervisor *s, const char *name)
{
    for (size_t i = 0; i < COUNT(s->all); i++) {
        if (strcmp(s->all[i].name, name) == 0)
            return &s->all[i];
    }
    return NULL;
}

/* --- What is wanted --- */

static void want(struct supervisor *s, const char *name)
{
    struct generation *g = find(s, name);

    if (g == NULL)
        g = find(s, "");
    if (g == NULL || !generation_name_is_good(name)) {
        log_error(NULL, "supervise.cannot_want", log_text("release", name),
            log_text("why", g ? "no name of a release" : "too many generations"));
        return;
    }
    if (g->name[0] == '\0') {
        *g = (struct generation){ .notify_fd = -1 };
        memcpy(g->name, name, strlen(name) + 1);
    }
    g->wanted = true;
    if (g->pid == 0 && !generation_start(g, s->folder, s->listen_fd))
        g->again_at_us = clock_monotonic_us() + SECONDS(1);
}

/* The release in use, for a host that has just started. */
static void want_current(struct supervisor *s)
{
    char path[PATH_SIZE], target[PATH_SIZE];
    const char *name;
    ssize_t size;

    snprintf(path, sizeof path, "%s/current", s->folder);
    size = readlink(path, target, sizeof target - 1);
    if (size < 0)
        return; /* before the first release */
    target[size] = '\0';
    name = strrchr(target, '/');
    want(s, name ? name + 1 : target);
}

static void read_wanted(struct supervisor *s)
{
    char path[PATH_SIZE], line[RELEASE_NAME_MAX + 2];
    FILE *f;

    snprintf(path, sizeof path, "%s/run/wanted", s->folder);
    f = fopen(path, "re");
    if (f == NULL && errno == ENOENT) {
        want_current(s);
        return;
    }
    if (f == NULL) {
        log_error(NULL, "supervise.cannot_read", log_text("file", path),
            log_text("why", strerrordesc_np(errno)));
        return;
    }
    for (size_t i = 0; i < COUNT(s->all); i++)
        s->all[i].wanted = false;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0')
            want(s, line);
    }
    fclose(f);
}

/* --- What happens --- */

static void reap(struct supervisor *s)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < COUNT(s->all); i++) {
            if (s->all[i].pid == pid)
                generation_ended(&s->all[i], s->folder, status, clock_monotonic_us());
        }
    }
}

static void take_signal(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (read(s->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP && !s->ending)
            read_wanted(s);
        else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            s->ending = true;
    }
}

static void hear(struct supervisor *s, struct generation *g)
{
    if (g->notify_fd < 0 || !generation_hear(g))
        return;
    generation_mark(g, s->folder, "ready", "ready");
    log_info(NULL, "supervise.ready", log_text("release", g->name));
    if (!s->told_ready)
        notify_supervisor("READY=1");
    s->told_ready = true;
}

static void look_after(struct supervisor *s, struct generation *g, int64_t now_us)
{
    if (g->name[0] == '\0')
        return;
    hear(s, g);
    if (s->ending)
        g->wanted = false;
    if (!g->wanted && g->pid)
        generation_end(g, now_us);
    else if (!g->wanted)
        g->name[0] = '\0';
    else if (g->pid == 0 && g->again_at_us && now_us >= g->again_at_us &&
             !generation_start(g, s->folder, s->listen_fd))
        g->again_at_us = now_us + SECONDS(1);
}

static bool is_idle(const struct supervisor *s)
{
    for (size_t i = 0; i < COUNT(s->all); i++) {
        if (s->all[i].name[0])
            return false;
    }
    return true;
}

static void wait_for_news(const struct supervisor *s)
{
    struct pollfd fds[GENERATIONS_MAX + 1] = { { .fd = s->signal_fd, .events = POLLIN } };

    for (size_t i = 0; i < COUNT(s->all); i++)
        fds[i + 1] =
            (struct pollfd){ .fd = s->all[i].name[0] ? s->all[i].notify_fd : -1, .events = POLLIN };
    poll(fds, COUNT(fds), TICK_MS);
}

static int supervise(struct supervisor *s)
{
    read_wanted(s);
    while (!s->ending || !is_idle(s)) {
        wait_for_news(s);
        take_signal(s);
        reap(s);
        for (size_t i = 0; i < COUNT(s->all); i++)
            look_after(s, &s->all[i], clock_monotonic_us());
    }
    return CLI_OK;
}

/* --- Up --- */

static bool open_signals(struct supervisor *s)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signal_fd >= 0;
}

/* systemd's, or its own. */
static bool open_socket(struct supervisor *s)
{
    const char *address = getenv("ASHLAR_LISTEN"), *why;

    s->listen_fd = socket_inherit(&why);
    if (s->listen_fd < 0 && why == NULL)
        s->listen_fd = socket_listen(address ? address : "127.0.0.1:8080", SOCKET_ALONE, &why);
    if (s->listen_fd >= 0)
        return true;
    fprintf(stderr, "ashlar: supervise cannot listen: %s\n", why);
    return false;
}

static bool write_pid(const char *folder)
{
    char path[PATH_SIZE];
    FILE *f;

    snprintf(path, sizeof path, "%s/run", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/run/supervisor.pid", folder);
    f = fopen(path, "we");
    if (f && fprintf(f, "%d\n", (int)getpid()) > 0 && fclose(f) == 0)
        return true;
    fprintf(stderr, "ashlar: %s: %s\n", path, strerrordesc_np(errno));
    return false;
}

int cli_supervise(int argc, char **argv)
{
    struct supervisor s = { .folder = argc == 2 ? argv[1] : "" };

    if (argc != 2 || strlen(s.folder) > FOLDER_MAX)
        return cli_usage("supervise");
    log_start_by_name("info", "json");
    if (!open_signals(&s) || !open_socket(&s) || !write_pid(s.folder))
        return CLI_FAILED;
    return supervise(&s);
}
