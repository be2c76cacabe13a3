/* Objects as files of a local directory. */
#include "folder.h"
#include <ashlar/crypto.h>
#include <ashlar/storage.h>
#include <ashlar/text.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "ashlar-object 1 "

enum {
    HEAD_MAX = sizeof HEAD + STORAGE_TYPE_MAX + 1,
    TEMPORARY_SIZE = 32,
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
};

/* Each directory above the file is opened relative to its parent and never through a link, so no
 * key leads outside the root. `make`: creates missing ones. -1 and errno. */
static int open_below(int at, const char *name, bool make)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    if (mkdirat(at, name, FOLDER_MODE) != 0 && errno != EEXIST)
        return -1;
    if (fsync(at) != 0)
        return -1;
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* As open_below, but closes `at` in every case. */
static int step_into(int at, const char *name, bool make)
{
    int fd = open_below(at, name, make), why = errno;

    close(at);
    errno = why;
    return fd;
}

/* The operator owns the root: it may be a link, and its parents are created as well. */
static int make_root(const char *root)
{
    char path[4096];
    size_t size = strlen(root);

    if (size >= sizeof path)
        return ENAMETOOLONG;
    memcpy(path, root, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        path[i] = '\0';
        if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST)
            return errno;
        path[i] = i < size ? '/' : '\0';
    }
    return 0;
}

static int open_root(const char *root, bool make)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    errno = make_root(root);
    return errno != 0 ? -1 : open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The object's directory, and its name in it (inside `key`). -1 and errno. */
static int open_parent(const char *root, const char *key, bool make, const char **name)
{
    char part[STORAGE_KEY_MAX + 1];
    int fd = open_root(root, make);
    const char *slash;

    while (fd >= 0 && (slash = strchr(key, '/')) != NULL) {
        memcpy(part, key, (size_t)(slash - key));
        part[slash - key] = '\0';
        fd = step_into(fd, part, make);
        key = slash + 1;
    }
    *name = key;
    return fd;
}

static int write_all(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t n = write(fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

static int write_file(int parent, const char *name, const char *type, struct bytes body)
{
    char head[HEAD_MAX];
    int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    int why;

    if (fd < 0)
        return errno;
    why = write_all(fd, head, (size_t)snprintf(head, sizeof head, HEAD "%s\n", type));
    if (why == 0)
        why = write_all(fd, body.data, body.size);
    if (why == 0 && fsync(fd) != 0)
        why = errno;
    if (close(fd) != 0 && why == 0)
        why = errno;
    return why;
}

/* Starts with a dot, unlike every key. */
static void temporary_name(char out[TEMPORARY_SIZE])
{
    uint64_t random;

    random_bytes(&random, sizeof random);
    snprintf(out, TEMPORARY_SIZE, ".put-%016llx", (unsigned long long)random);
}

int folder_put(const char *root, const char *key, const char *type, struct bytes body)
{
    char temporary[TEMPORARY_SIZE];
    const char *name;
    int parent = open_parent(root, key, true, &name), why;

    if (parent < 0)
        return errno;
    temporary_name(temporary);
    why = write_file(parent, temporary, type, body);
    if (why == 0 && renameat(parent, temporary, parent, name) != 0)
        why = errno;
    if (why == 0 && fsync(parent) != 0)
        why = errno;
    if (why != 0)
        unlinkat(parent, temporary, 0);
    close(parent);
    return why;
}

static int read_all(int fd, void *data, size_t size)
{
    char *at = data;

    while (size > 0) {
        ssize_t n = read(fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

/* `memory` contains the first `got` of the file's `whole` bytes, and a NUL. */
static int understand(struct folder_object *o, size_t got, size_t whole)
{
    char *text = o->memory, *end = memchr(text, '\n', got);

    if (end == NULL || !text_starts_with(text, HEAD))
        return EILSEQ;
    *end = '\0';
    o->type = text + strlen(HEAD);
    o->body = end + 1;
    o->size = whole - (size_t)(end + 1 - text);
    return 0;
}

/* Number of bytes to read: all, or enough for the type. */
static int measure(int fd, size_t most, bool all, size_t *whole, size_t *wanted)
{
    struct stat file;

    if (fstat(fd, &file) != 0)
        return errno;
    if (!S_ISREG(file.st_mode))
        return ENOENT;
    *whole = (size_t)file.st_size;
    if (all && *whole > most + HEAD_MAX)
        return EFBIG;
    *wanted = all || *whole < HEAD_MAX ? *whole : HEAD_MAX;
    return 0;
}

/* Reads at most `most` bytes of body. */
static int read_object(int fd, size_t most, bool all, struct folder_object *out)
{
    struct folder_object o = { .type = NULL };
    size_t whole = 0, wanted = 0;
    int why = measure(fd, most, all, &whole, &wanted);

    if (why != 0)
        return why;
    o.memory = calloc(1, wanted + 1);
    if (o.memory == NULL)
        return ENOMEM;
    why = read_all(fd, o.memory, wanted);
    if (why == 0)
        why = understand(&o, wanted, whole);
    if (why == 0 && all && o.size > most)
        why = EFBIG;
    if (why == 0)
        *out = o;
    else
        free(o.memory);
    return why;
}

static int read_key(
    const char *root, const char *key, size_t most, bool all, struct folder_object *out)
{
    const char *name;
    int parent = open_parent(root, key, false, &name), fd, why;

    if (parent < 0)
        return errno;
    fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    why = fd < 0 ? errno : read_object(fd, most, all, out);
    if (fd >= 0)
        close(fd);
    close(parent);
    return why;
}

int folder_get(const char *root, const char *key, size_t most, struct folder_object *out)
{
    return read_key(root, key, most, true, out);
}

int folder_head(const char *root, const char *key, struct folder_object *out)
{
    return read_key(root, key, 0, false, out);
}

int folder_delete(const char *root, const char *key)
{
    const char *name;
    int parent = open_parent(root, key, false, &name), why = 0;

    if (parent < 0)
        return errno == ENOENT ? 0 : errno;
    if (unlinkat(parent, name, 0) != 0)
        why = errno == ENOENT ? 0 : errno;
    else if (fsync(parent) != 0)
        why = errno;
    close(parent);
    return why;
}
