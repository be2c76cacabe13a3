/* Descriptors passed at start, by name. */
#include "handed.h"
#include <ashlar/text.h>
#include <stdlib.h>
#include <unistd.h>

enum { FDS_MAX = 1024 };

const char *const handed_names[HANDED_KINDS] = {
    [HANDED_API] = "api",
    [HANDED_OPS] = "ops",
    [HANDED_LOG] = "log",
};

/* Number in an environment variable. -1 when it is unset or not a number. */
static int64_t number_from(const char *name)
{
    const char *text = getenv(name);
    int64_t n;
    return text && text_to_int(text, &n) ? n : -1;
}

int handed_count(void)
{
    int64_t n = number_from("LISTEN_PID") == getpid() ? number_from("LISTEN_FDS") : 0;
    return n < 0 || n > FDS_MAX ? 0 : (int)n;
}

bool handed_have_names(void)
{
    return handed_count() > 0 && getenv("LISTEN_FDNAMES") != NULL;
}

static bool is_name(const char *at, size_t size, const char *name)
{
    return strlen(name) == size && memcmp(at, name, size) == 0;
}

/* Whether this is a reserved name other than the API's, whose socket may have its unit's name. */
static bool is_reserved(const char *at, size_t size)
{
    return is_name(at, size, handed_names[HANDED_OPS]) ||
           is_name(at, size, handed_names[HANDED_LOG]);
}

int handed_fd(enum handed what)
{
    const char *at = getenv("LISTEN_FDNAMES");
    int count = handed_count(), fallback = -1;

    if (at == NULL)
        return what == HANDED_API && count > 0 ? HANDED_FIRST_FD : -1;
    for (int i = 0; i < count; i++) {
        size_t size = strcspn(at, ":");
        if (is_name(at, size, handed_names[what]))
            return HANDED_FIRST_FD + i;
        if (fallback < 0 && !is_reserved(at, size))
            fallback = HANDED_FIRST_FD + i;
        at += size + (at[size] == ':');
    }
    return what == HANDED_API ? fallback : -1;
}
