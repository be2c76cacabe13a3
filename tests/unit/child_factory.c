/* Running a function that ends the process in a child. */
#include "child.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { SAID_MAX = 64 * 1024 };

static void be_child(int out, void (*fn)(void *arg), void *arg)
{
    const struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    dup2(out, STDERR_FILENO);
    close(out);
    fn(arg);
    _exit(0);
}

struct child_end child_run(struct arena *a, void (*fn)(void *arg), void *arg)
{
    int pipe_fds[2], status = 0;
    char *said = arena_alloc(a, SAID_MAX + 1);
    size_t size = 0;
    ssize_t n;
    if (pipe(pipe_fds) != 0)
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        close(pipe_fds[0]);
        be_child(pipe_fds[1], fn, arg);
    }
    close(pipe_fds[1]);
    while ((n = read(pipe_fds[0], said + size, SAID_MAX - size)) > 0)
        size += (size_t)n;
    close(pipe_fds[0]);
    waitpid(pid, &status, 0);
    return (struct child_end){
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        .said = said,
    };
}
