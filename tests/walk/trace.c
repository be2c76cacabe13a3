/* Which functions a process enters, for a build with -finstrument-functions; preloaded by
 * tests/walk/run. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { HITS_MAX = 4 << 20 };

struct hit {
    int64_t at_us; /* since the epoch */
    int64_t thread;
    uint64_t address; /* of the function, as nm prints it */
};

static struct hit *hits;
static atomic_uint n_hits;
static uintptr_t base;

static int take_base(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size, (void)arg;
    base = info->dlpi_addr;
    return 1; /* the program is the first */
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WALK_HITS");
    const size_t size = HITS_MAX * sizeof *hits;
    int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
    void *at;

    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        return;
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    dl_iterate_phdr(take_base, NULL);
    hits = at == MAP_FAILED ? NULL : at;
}

void __cyg_profile_func_enter(void *function, void *caller);
void __cyg_profile_func_enter(void *function, void *caller)
{
    struct timespec now;
    unsigned n;

    (void)caller;
    if (hits == NULL || (n = atomic_fetch_add(&n_hits, 1)) >= HITS_MAX)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    hits[n] = (struct hit){ now.tv_sec * 1000000 + now.tv_nsec / 1000, syscall(SYS_gettid),
        (uintptr_t)function - base };
}
