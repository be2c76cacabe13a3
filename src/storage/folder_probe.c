/* Check that an object can be written to the directory. Blocks. */
#include "folder.h"
#include <ashlar/text.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A name that no object has: keys never start with a dot. */
#define PROBE "/.probe-XXXXXX"

static int probe_file(const char *folder)
{
    char path[PATH_MAX];
    int fd, why = 0;

    if (snprintf(path, sizeof path, "%s" PROBE, folder) >= (int)sizeof path)
        return ENAMETOOLONG;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return errno;
    if (write(fd, "x", 1) != 1)
        why = errno;
    unlink(path);
    close(fd);
    return why;
}

static int probe_folder(const char *above)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s" PROBE, above) >= (int)sizeof path)
        return ENAMETOOLONG;
    if (mkdtemp(path) == NULL)
        return errno;
    return rmdir(path) == 0 ? 0 : errno;
}

/* Shortens `path` to its nearest existing directory. */
static void go_up(char *path)
{
    char *slash;

    while (access(path, F_OK) != 0 && errno == ENOENT && (slash = strrchr(path, '/')) != NULL)
        slash[slash == path] = '\0';
    if (access(path, F_OK) != 0 && strchr(path, '/') == NULL)
        memcpy(path, ".", 2);
}

int folder_probe(const char *root, uint64_t *free_bytes)
{
    char path[PATH_MAX];
    struct statvfs disk;
    bool is_there;

    *free_bytes = 0;
    if (snprintf(path, sizeof path, "%s", root) >= (int)sizeof path)
        return ENAMETOOLONG;
    is_there = access(path, F_OK) == 0;
    if (!is_there)
        go_up(path);
    if (statvfs(path, &disk) != 0)
        return errno;
    *free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return is_there ? probe_file(path) : probe_folder(path);
}
