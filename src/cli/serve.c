/* `serve` and `worker`: start, wait for a signal, drain. */
#include "base/handed.h"
#include "base/log_start.h"
#include "cli.h"
#include "config/platform_settings.h"
#include "db/pool.h"
#include "http/server/listener.h"
#include "jobs/jobs.h"
#include "notify.h"
#include "base/version.h"
#include "start.h"
#include "monitoring/monitoring.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum {
    DRAIN_MS = 10000,
    SCHEMA_CHECK_MS = 2000,
    STATEMENTS_CHECK_MS = 10000,
    DELAY_TURN_MS = 50,
    HEAP_KEPT = 8 * 1024 * 1024,
    HEAP_STEP = 256 * 1024,
};

/* Blocked before any thread exists, so that only wait_for_end receives them. */
static void block_signals(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGTERM);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ends, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Before readiness the output passes through the supervisor, which keeps it in case the start
 * fails. After readiness it is written directly to the log. */
static void take_log(void)
{
    int fd = handed_fd(HANDED_LOG);

    if (fd < 0)
        return;
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    log_redirect(STDERR_FILENO);
}

/* A second signal ends the process immediately, without draining. */
static void wait_for_end(const sigset_t *ends)
{
    siginfo_t info;
    int number;

    notify_supervisor("READY=1");
    take_log();
    do {
        number = sigwaitinfo(ends, &info);
    } while (number < 0);
    log_info(NULL, "process.draining", log_text("signal", sigabbrev_np(number)),
        log_int("from_pid", info.si_pid));
    notify_supervisor("STOPPING=1");
    pthread_sigmask(SIG_UNBLOCK, ends, NULL);
}

/* An unreachable database does not prevent the start: the server returns 503 until it is
 * reachable. */
static int judge(const char *why, bool unfit)
{
    if (unfit)
        fprintf(stderr, "ashlar: %s\n", why);
    else if (why != NULL)
        log_warn(NULL, "db.unreachable", log_text("why", why));
    return unfit ? CLI_SCHEMA : CLI_OK;
}

static int check_role(struct arena *a, enum db_role role)
{
    bool unfit = false;
    const char *why = pool_check_role(a, role, SCHEMA_CHECK_MS, &unfit);

    return judge(why, unfit);
}

static int check_schema(struct arena *a)
{
    bool unfit = false;
    const char *why = pool_check_schema(a, SCHEMA_CHECK_MS, &unfit);
    int code = judge(why, unfit);

    if (unfit)
        fputs(
            "Run `ashlar migrate up` first. `ashlar migrate plan` shows the pending migrations.\n",
            stderr);
    return code;
}

/* While serving, no other check detects that a tenant can reach rows of another. */
static int check_fences(struct arena *a)
{
    const char *gaps = pool_broken_fences(a, SCHEMA_CHECK_MS);

    if (gaps == NULL)
        return CLI_OK;
    fprintf(stderr,
        "ashlar: the database is not served, because its tenants are not isolated:\n%s\nUndo "
        "manual changes or restore a backup: docs/runbooks/cannot-start.md.\n",
        gaps);
    return CLI_SCHEMA;
}

/* In development a wrong name of a table is reported at start, not at the first call. */
static int check_statements(struct arena *a)
{
    const char *refused = config_environment() == ENV_DEVELOPMENT
                              ? pool_refused_statements(a, STATEMENTS_CHECK_MS)
                              : NULL;

    if (refused == NULL)
        return CLI_OK;
    fprintf(stderr, "ashlar: PostgreSQL rejects these statements:\n%s", refused);
    return CLI_SCHEMA;
}

static int check_database(void)
{
    struct arena *a = arena_new(0);
    int code = check_role(a, DB_APP);

    if (code == CLI_OK)
        code = check_schema(a);
    if (code == CLI_OK)
        code = check_role(a, DB_SYSTEM);
    if (code == CLI_OK)
        code = check_fences(a);
    if (code == CLI_OK)
        code = check_statements(a);
    arena_free(a);
    return code;
}

static int64_t ms_since(int64_t began_us)
{
    return (clock_monotonic_us() - began_us) / 1000;
}

/*
 * A password hash maps 64 MiB that the kernel fills, which locks the process's memory map for some
 * 30 ms. A thread whose heap shrinks and grows changes that map each time. So a heap keeps its
 * memory: tests/bench/run flood, p99 of the other requests.
 */
static void keep_heaps(void)
{
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
    mallopt(M_MMAP_THRESHOLD, HEAP_KEPT);
    mallopt(M_TOP_PAD, HEAP_STEP);
}

static bool start_background(void)
{
    if (!jobs_start())
        return false;
    if (watch_start())
        return true;
    (void)!jobs_stop(0);
    return false;
}

/* A job that runs after its grace period still uses memory that an orderly end would free, and its
 * row was released to others. So the process ends immediately. */
static void stop_background(int grace_ms, int code)
{
    int still_running;

    watch_stop();
    still_running = jobs_stop(grace_ms);
    log_info(NULL, "process.ended");
    if (still_running > 0)
        _exit(code);
}

/* A second signal ends it immediately, as in the later steps of the drain. */
static void let_balancers_look_away(void)
{
    int64_t until_us = clock_monotonic_us() + SECONDS(setting_int(&ASHLAR_DRAIN_DELAY_S));

    while (listener_is_alone() && clock_monotonic_us() < until_us)
        usleep(DELAY_TURN_MS * 1000);
}

static int run_server(const sigset_t *ends, int64_t began_us)
{
    keep_heaps();
    if (!start_background())
        return CLI_FAILED;
    if (!listener_start()) {
        stop_background(0, CLI_FAILED);
        return CLI_FAILED;
    }
    log_info(NULL, "serve.ready", log_text("version", build_version),
        log_text("listen", setting_text(&ASHLAR_LISTEN)),
        log_text("public_url", setting_text(&ASHLAR_PUBLIC_URL)), log_int("ms", ms_since(began_us)),
        log_int("pid", getpid()));
    wait_for_end(ends);
    listener_drain();
    let_balancers_look_away();
    listener_stop(DRAIN_MS);
    stop_background(DRAIN_MS, CLI_OK);
    return CLI_OK;
}

static int run_worker(const sigset_t *ends, int64_t began_us)
{
    if (setting_int(&ASHLAR_WORKERS) == 0) {
        fprintf(stderr, "ashlar: with ASHLAR_WORKERS=0 a worker runs no jobs. Set it to the number "
                        "of concurrent jobs of this process, or unset it.\n");
        return CLI_SETTINGS;
    }
    if (!start_background())
        return CLI_FAILED;
    if (!listener_start_ops()) {
        stop_background(0, CLI_FAILED);
        return CLI_FAILED;
    }
    log_info(NULL, "worker.ready", log_text("version", build_version),
        log_int("ms", ms_since(began_us)), log_int("pid", getpid()));
    wait_for_end(ends);
    listener_drain();
    stop_background(DRAIN_MS, CLI_OK);
    listener_stop(0);
    return CLI_OK;
}

static int run(int (*body)(const sigset_t *ends, int64_t began_us))
{
    int64_t began_us = clock_monotonic_us();
    sigset_t ends;
    int code;

    block_signals(&ends);
    code = start_all();
    if (code == CLI_OK)
        code = check_database();
    if (code == CLI_OK)
        code = body(&ends, began_us);
    start_release();
    return code;
}

int cli_serve(int argc, char **argv)
{
    (void)argv;
    return argc == 1 ? run(run_server) : cli_usage("serve");
}

int cli_worker(int argc, char **argv)
{
    (void)argv;
    return argc == 1 ? run(run_worker) : cli_usage("worker");
}
