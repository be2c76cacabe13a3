/* Worker processes of a test. */
#include "worker_factory.h"
#include "db/pool.h"
#include "jobs/jobs.h"
#include "kit.h"
#include <ashlar/text.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void work_until_asked(int grace_ms)
{
    sigset_t ends;
    int number;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (!jobs_start())
        _exit(3);
    sigwait(&ends, &number);
    (void)!jobs_stop(grace_ms);
}

bool worker_was_meant(const struct module *const *modules)
{
    const char *url = getenv("WORKER_DATABASE_URL"), *grace = getenv("WORKER_GRACE_MS");
    int64_t grace_ms = 0;

    if (url == NULL)
        return false;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves no worker behind */
    testkit_modules = modules;
    if (grace == NULL || !text_to_int(grace, &grace_ms) || !kit_boot(url))
        _exit(2);
    kit_use_database(url);
    work_until_asked((int)grace_ms);
    _exit(0); /* a job that outlived its grace still runs on its thread */
}

pid_t worker_start(struct t *t, int grace_ms)
{
    char *argv[] = { arena_strdup(arena_of(t), "worker"), NULL };
    char *environment[] = {
        arena_printf(arena_of(t), "WORKER_DATABASE_URL=%s", database_url_of(t)),
        arena_printf(arena_of(t), "WORKER_GRACE_MS=%d", grace_ms),
        arena_printf(arena_of(t), "ASAN_OPTIONS=detect_leaks=0"),
        getenv("ASHLAR_LOG_LEVEL")
            ? arena_printf(arena_of(t), "ASHLAR_LOG_LEVEL=%s", getenv("ASHLAR_LOG_LEVEL"))
            : NULL,
        NULL,
    };
    pid_t pid = -1;

    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environment), 0);
    return pid;
}

static int end_with(pid_t pid, int number)
{
    int status = -1;

    kill(pid, number);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

void worker_kill(pid_t pid)
{
    (void)end_with(pid, SIGKILL);
}

void worker_end(pid_t pid)
{
    assert_int_equal(end_with(pid, SIGTERM), 0);
}

int wait_until(struct t *t, int ms, const char *sql)
{
    int64_t began_us = clock_monotonic_us();
    int took_ms = 0;

    while (sql_int(t, "%s", sql) == 0) {
        took_ms = (int)((clock_monotonic_us() - began_us) / 1000);
        if (took_ms > ms)
            fail_msg("not within %d ms: %s", ms, sql);
        nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
    }
    return took_ms;
}
