/* FOLDER/environment: a host's settings as lines NAME=value, in the format of systemd's
 * EnvironmentFile. A value may be quoted. # and ; start comments. */
#pragma once
#include <ashlar/base.h>

/* Sets each line in this process's environment. The last line of a name applies. Threads: no other
 * thread may run. */
void settings_file_take(const char *folder);

/*
 * The server's value of `name`, or "" when it is unset: from the file, else from this process's
 * environment. Like the server, it reads the file named by NAME_FILE if there is no NAME. `out` has
 * `size` bytes. A longer value counts as unset.
 */
void settings_file_find(const char *folder, const char *name, char *out, size_t size);
