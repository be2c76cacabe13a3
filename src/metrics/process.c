/* Resource use of the process as Prometheus text, by the standard names of exporters. */
#include "process.h"
#include "base/log_start.h"
#include "base/version.h"
#include <ashlar/clock.h>
#include <dirent.h>
#include <fcntl.h>

static int64_t began_us;

void process_start(void)
{
    if (!began_us)
        began_us = clock_now().us;
}

/* The second number of /proc/self/statm is the resident set in pages (proc(5)). */
static long long resident_bytes(void)
{
    char text[128];
    long long pages = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *second = strchr(text, ' ');
    if (second)
        pages = strtoll(second, NULL, 10);
    return pages * sysconf(_SC_PAGESIZE);
}

static int open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = -3; /* ".", ".." and the directory's descriptor */
    if (!folder)
        return 0;
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

static void put(
    struct buf *out, const char *name, const char *kind, const char *help, long long value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, kind, name, value);
}

void process_render(struct buf *out)
{
    struct timespec cpu = { 0 };
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    buf_printf(out,
        "# HELP ashlar_build_info Which build this is.\n# TYPE ashlar_build_info gauge\n"
        "ashlar_build_info{version=\"%s\",commit=\"%s\"} 1\n",
        build_version, build_commit);
    buf_printf(out,
        "# HELP process_cpu_seconds_total User and system time.\n"
        "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %lld.%06ld\n",
        (long long)cpu.tv_sec, cpu.tv_nsec / 1000);
    put(out, "process_start_time_seconds", "gauge",
        "Start time of the process, in seconds since 1970.", began_us / 1000000);
    put(out, "process_resident_memory_bytes", "gauge", "Resident memory of the process.",
        resident_bytes());
    put(out, "process_open_fds", "gauge", "Open file descriptors.", open_files());
    put(out, "ashlar_log_dropped_total", "counter",
        "Log lines dropped because the output was blocked.", log_dropped());
}
