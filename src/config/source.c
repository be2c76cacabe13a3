/* Sources of a setting's text: environment, file, systemd credential. */
#include "source.h"
#include <ashlar/wipe.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { FILE_MAX = 64 * 1024 };

char *environ_find(char **environ_list, const char *name, size_t name_size)
{
    for (char **at = environ_list; at && *at; at++)
        if (strncmp(*at, name, name_size) == 0 && (*at)[name_size] == '=')
            return (*at)[name_size + 1] ? *at + name_size + 1 : NULL;
    return NULL;
}

static char *find(const struct sources *from, const char *name)
{
    return environ_find(from->environ_list, name, strlen(name));
}

/* `strict`: checks that only the owner can read it. systemd protects its credentials itself. */
static bool is_safe_file(int fd, bool strict, const char *path, struct buf *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        buf_printf(why, "%s is not a regular file", path);
        return false;
    }
    if (strict && (st.st_mode & 077)) {
        buf_printf(why, "%s may be read by others (mode %03o): chmod 400 it", path,
            (unsigned)(st.st_mode & 0777));
        return false;
    }
    return true;
}

/* Number of bytes read, at most `room`. -1 on failure. */
static ssize_t read_up_to(int fd, char *data, size_t room)
{
    size_t size = 0;
    while (size < room) {
        ssize_t n = read(fd, data + size, room - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        size += (size_t)n;
    }
    return (ssize_t)size;
}

static void cut_last(char *data, ssize_t *size, char c)
{
    if (*size > 0 && data[*size - 1] == c)
        data[--*size] = '\0';
}

/* The whole file without its last newline. False when it is too large, has a NUL or cannot be
 * read. */
static bool read_all(const struct sources *from, int fd, const char **text)
{
    char *data = arena_alloc(from->arena, FILE_MAX + 1);
    ssize_t size = read_up_to(fd, data, FILE_MAX + 1);
    bool good = size >= 0 && size <= FILE_MAX && !memchr(data, '\0', (size_t)size);
    if (good) {
        cut_last(data, &size, '\n');
        cut_last(data, &size, '\r');
        *text = secret_strdup(from->arena, data);
    }
    wipe(data, FILE_MAX + 1);
    return good;
}

static bool read_file(
    const struct sources *from, const char *path, bool strict, const char **text, struct buf *why)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        buf_printf(why, "cannot open %s: %s", path,
            errno == ELOOP ? "it is a symbolic link. Name the file itself"
                           : strerrordesc_np(errno));
        return false;
    }
    bool good = is_safe_file(fd, strict, path, why);
    if (good && !read_all(from, fd, text)) {
        buf_printf(why, "%s cannot be read as text of at most 64 KiB", path);
        good = false;
    }
    close(fd);
    return good;
}

static bool read_credential(
    const struct sources *from, const char *name, const char **text, struct buf *why)
{
    const char *folder = find(from, "CREDENTIALS_DIRECTORY");
    if (!folder)
        return true;
    const char *path = arena_printf(from->arena, "%s/%s", folder, name);
    if (access(path, F_OK) != 0)
        return true;
    return read_file(from, path, false, text, why);
}

bool source_read(const struct sources *from, const struct setting *s, const char **text,
    enum value_source *source, struct buf *why)
{
    const char *path = find(from, arena_printf(from->arena, "%s_FILE", s->name));
    const char *value = find(from, s->name);
    bool local = (from->env & ENV_LOCAL) != 0;
    if (value && path) {
        buf_printf(why, "both %s and %s_FILE are set. Unset one of them", s->name, s->name);
        return false;
    }
    if (value) {
        *source = SOURCE_ENVIRONMENT;
    } else if (path) {
        *source = SOURCE_FILE;
        if (!read_file(from, path, s->secret && !local, &value, why))
            return false;
    } else {
        *source = SOURCE_CREDENTIAL;
        if (!read_credential(from, s->name, &value, why))
            return false;
    }
    *text = value && *value ? value : NULL;
    if (!*text)
        *source = SOURCE_UNSET;
    return true;
}

void source_wipe(const struct sources *from, const struct setting *s)
{
    char *value = find(from, s->name);
    if (value)
        wipe(value, strlen(value));
}
