/*
 * Preloaded into the server: allocations that libraries ask for fail, and the wall clock jumps, as
 * a file says that is mapped by both sides (FAULTS_CONTROL). Only allocations whose caller lies in
 * one of the named libraries count; our own code's failures are memory_abort's. Knows no server.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct control {
    _Atomic int64_t armed; /* fail the n-th from now on; 0: none */
    _Atomic int64_t seen;
    _Atomic int64_t failed;
    _Atomic int64_t clock_s; /* added to CLOCK_REALTIME */
};

enum { RANGES_MAX = 64 };
static struct range {
    uintptr_t from, to;
} ranges[RANGES_MAX];
static int n_ranges;
static struct control *control;

static int note_library(struct dl_phdr_info *info, size_t size, void *arg)
{
    static const char *const names[] = { "libpq.", "libjansson.", "libmicrohttpd.", "libcurl.",
        "libsodium." };

    (void)size, (void)arg;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        for (int i = 0; strstr(info->dlpi_name, names[n]) && i < info->dlpi_phnum; i++) {
            const ElfW(Phdr) *p = &info->dlpi_phdr[i];
            if (p->p_type == PT_LOAD && (p->p_flags & PF_X) && n_ranges < RANGES_MAX) {
                ranges[n_ranges].from = info->dlpi_addr + p->p_vaddr;
                ranges[n_ranges++].to = info->dlpi_addr + p->p_vaddr + p->p_memsz;
            }
        }
    }
    return 0;
}

__attribute__((constructor)) static void prepare(void)
{
    const char *path = getenv("FAULTS_CONTROL");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED
                       : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd >= 0)
        close(fd);
    dl_iterate_phdr(note_library, NULL);
    if (map != MAP_FAILED)
        control = map;
}

static int must_fail(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    int64_t n;

    if (control == NULL || atomic_load(&control->armed) == 0)
        return 0;
    for (int i = 0; i < n_ranges; i++) {
        if (at < ranges[i].from || at >= ranges[i].to)
            continue;
        n = atomic_fetch_add(&control->seen, 1) + 1;
        if (n != atomic_load(&control->armed))
            return 0;
        atomic_fetch_add(&control->failed, 1);
        errno = ENOMEM;
        return 1;
    }
    return 0;
}

/* Called by name: looking them up would ask for memory. The sanitizer's, where it is linked. */
extern void *__interceptor_malloc(size_t) __attribute__((weak));
extern void *__interceptor_calloc(size_t, size_t) __attribute__((weak));
extern void *__interceptor_realloc(void *, size_t) __attribute__((weak));
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

#define REAL(name) (__interceptor_##name ? __interceptor_##name : __libc_##name)

void *malloc(size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : REAL(malloc)(size);
}

void *calloc(size_t n, size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : REAL(calloc)(n, size);
}

void *realloc(void *old, size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : REAL(realloc)(old, size);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int code = (int)syscall(SYS_clock_gettime, clock, out);

    if (code == 0 && clock == CLOCK_REALTIME && control)
        out->tv_sec += atomic_load(&control->clock_s);
    return code;
}
