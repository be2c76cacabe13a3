/* Sources of a setting's text. */
#pragma once
#include "values.h"
#include <ashlar/buf.h>

struct sources {
    char **environ_list;
    enum environment env;
    struct arena *arena; /* for file contents; secrets are wiped with it */
};

/* Value of NAME in "NAME=value" strings; NULL when unset or empty. */
char *environ_find(char **environ_list, const char *name, size_t name_size);

/* Reads NAME, NAME_FILE or the systemd credential NAME. False: `why` is the reason. An absent value
 * is not an error: *text is NULL. */
CHECKED bool source_read(const struct sources *from, const struct setting *s, const char **text,
    enum value_source *source, struct buf *why);

/* Overwrites the value in the process environment, so that /proc/<pid>/environ does not show it. */
void source_wipe(const struct sources *from, const struct setting *s);
