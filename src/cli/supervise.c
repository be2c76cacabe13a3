/*
 * `ashlar supervise FOLDER`: holds the listening sockets of the API and the operations listener,
 * and runs the generations listed in FOLDER/run/wanted, each with both sockets. So a new release
 * takes over without a rejected connection. It reads only the listen addresses of the settings
 * (secrets stay in the environment of the servers).
 */
#include "base/log_start.h"
#include "cli.h"
#include "generation.h"
#include "http/connection/socket.h"
#include "notify.h"
#include "settings_file.h"
#include <ashlar/arena.h>
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 200, PATH_SIZE = 512, ADDRESS_SIZE = 304 };

struct supervisor {
    const char *folder;
    struct generation all[GENERATIONS_MAX];
    int listen_fd, handed_ops_fd, signal_fd; /* -1: none */
    struct {
        char address[ADDRESS_SIZE];
        int fd; /* -1: unused */
    } ops[GENERATIONS_MAX + 1];
    bool ending, reported_ready;
};

static struct generation *find(struct supervisor *s, const char *name)
{
    for (size_t i = 0; i < COUNT(s->all); i++) {
        if (strcmp(s->all[i].name, name) == 0)
            return &s->all[i];
    }
    return NULL;
}

/* --- The operations listener --- */

/* An operations socket stays open while a generation uses it, because the settings may differ
 * between generations. */
static void close_unused(struct supervisor *s)
{
    for (size_t i = 0; i < COUNT(s->ops); i++) {
        bool is_used = s->ops[i].fd < 0;
        for (size_t k = 0; k < COUNT(s->all); k++)
            is_used |= s->all[k].name[0] && s->all[k].ops_fd == s->ops[i].fd;
        if (!is_used) {
            close(s->ops[i].fd);
            s->ops[i].fd = -1;
        }
    }
}

/* An unused place exists, because there is one more than generations. */
static int open_ops(struct supervisor *s, const char *address)
{
    const char *why;
    int fd = socket_listen(address, SOCKET_ALONE, &why);

    for (size_t i = 0; fd >= 0 && i < COUNT(s->ops); i++) {
        if (s->ops[i].fd < 0) {
            s->ops[i].fd = fd;
            snprintf(s->ops[i].address, sizeof s->ops[i].address, "%s", address);
            return fd;
        }
    }
    if (fd < 0)
        log_error(NULL, "supervise.listen_failed", log_text("setting", "ASHLAR_OPS_LISTEN"),
            log_text("address", address), log_text("why", why));
    return fd;
}

/*
 * Socket of the operations listener by the current settings. The API's address is this process's
 * own and does not change. -1: none, or it cannot be opened. Then the generation opens it itself,
 * and fails like any other server.
 */
static int find_ops(struct supervisor *s)
{
    char address[ADDRESS_SIZE];

    if (s->handed_ops_fd >= 0)
        return s->handed_ops_fd;
    settings_file_find(s->folder, "ASHLAR_OPS_LISTEN", address, sizeof address);
    for (size_t i = 0; i < COUNT(s->ops); i++) {
        if (s->ops[i].fd >= 0 && strcmp(s->ops[i].address, address) == 0)
            return s->ops[i].fd;
    }
    return address[0] != '\0' ? open_ops(s, address) : -1;
}

static void start(struct supervisor *s, struct generation *g)
{
    g->ops_fd = find_ops(s);
    if (!generation_start(g, s->folder, s->listen_fd))
        g->again_at_us = clock_monotonic_us() + SECONDS(1);
}

/* --- Wanted generations --- */

static void want(struct supervisor *s, const char *name)
{
    struct generation *g = find(s, name);

    if (g == NULL)
        g = find(s, "");
    if (g == NULL || !generation_name_is_good(name)) {
        log_error(NULL, "supervise.release_rejected", log_text("release", name),
            log_text("why", g ? "not a release name" : "too many generations"));
        return;
    }
    if (g->name[0] == '\0') {
        *g = (struct generation){ .notify_fd = -1, .said_fd = -1, .ops_fd = -1 };
        memcpy(g->name, name, strlen(name) + 1);
    }
    g->wanted = true;
    if (g->pid == 0)
        start(s, g);
}

/* The current release, for a host that has just started. */
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
        log_error(NULL, "supervise.read_failed", log_text("file", path),
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

/* --- Events --- */

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
    if (!s->reported_ready)
        notify_supervisor("READY=1");
    s->reported_ready = true;
}

static void look_after(struct supervisor *s, struct generation *g, int64_t now_us)
{
    if (g->name[0] == '\0')
        return;
    generation_forward(g);
    hear(s, g);
    if (s->ending)
        g->wanted = false;
    if (!g->wanted && g->pid)
        generation_end(g, now_us);
    else if (!g->wanted)
        g->name[0] = '\0';
    else if (g->pid == 0 && g->again_at_us && now_us >= g->again_at_us)
        start(s, g);
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
    struct pollfd fds[2 * GENERATIONS_MAX + 1] = { { .fd = s->signal_fd, .events = POLLIN } };
    bool forwards = generation_may_forward();

    for (size_t i = 0; i < COUNT(s->all); i++) {
        bool is_there = s->all[i].name[0] != '\0';
        fds[2 * i + 1] =
            (struct pollfd){ .fd = is_there ? s->all[i].notify_fd : -1, .events = POLLIN };
        fds[2 * i + 2] = (struct pollfd){ .fd = is_there && forwards ? s->all[i].said_fd : -1,
            .events = POLLIN };
    }
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
        close_unused(s);
    }
    return CLI_OK;
}

/* --- Start --- */

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

/* Sockets from systemd are passed to generations only as copies. */
static void keep_from_children(void)
{
    for (int i = 0; i < handed_count(); i++)
        fcntl(HANDED_FIRST_FD + i, F_SETFD, FD_CLOEXEC);
}

/* systemd's sockets, or new ones. */
static bool open_sockets(struct supervisor *s)
{
    const char *address = getenv("ASHLAR_LISTEN"), *why;

    keep_from_children();
    for (size_t i = 0; i < COUNT(s->ops); i++)
        s->ops[i].fd = -1;
    s->handed_ops_fd = socket_inherit(HANDED_OPS, &why);
    if (why == NULL)
        s->listen_fd = socket_inherit(HANDED_API, &why);
    if (why == NULL && s->listen_fd < 0)
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
    struct supervisor *s;
    struct arena *a;
    int code = CLI_FAILED;

    if (argc != 2 || strlen(argv[1]) > FOLDER_MAX)
        return cli_usage("supervise");
    log_start_by_name("info", "json");
    a = arena_new(0);
    s = arena_alloc(a, sizeof(*s)); /* larger than the limit of a stack frame */
    s->folder = argv[1];
    s->listen_fd = -1;
    if (open_signals(s) && open_sockets(s) && write_pid(s->folder))
        code = supervise(s);
    arena_free(a);
    return code;
}
