/* Where the text of a setting comes from. */
#pragma once
#include "values.h"
#include <ashlar/buf.h>

struct sources {
    char **environ_list;
    enum environment env;
    struct arena *arena; /* for what was read from files; secrets are wiped with it */
};

/* Value of NAME in "NAME=value" strings; NULL when unset or empty. */
char *environ_find(char **environ_list, const char *name, size_t name_size);

/* NAME, NAME_FILE or the systemd credential NAME. False: `why` says what is wrong. Nothing found is
 * fine: *text is NULL. */
CHECKED bool source_read(const struct sources *from, const struct setting *s, const char **text,
    enum value_source *source, struct buf *why);

/* Overwrite the value in the process's environment: /proc/<pid>/environ must not show it. */
void source_wipe(const struct sources *from, const struct setting *s);
