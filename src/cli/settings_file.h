/* FOLDER/environment: a host's settings as lines NAME=value, as systemd's EnvironmentFile has them;
 * a value may stand in quotes, # and ; begin comments. */
#pragma once
#include <ashlar/base.h>

/* Every line into this process's environment; a later line of a name counts. Threads: none but the
 * caller's may run. */
void settings_file_take(const char *folder);

/*
 * The value the server will have for `name`, or "" when it is unset: of the file, or else of this
 * process's environment; and like the server, of the file that NAME_FILE names where there is no
 * NAME. `out` holds `size` bytes; a longer value counts as unset.
 */
void settings_file_find(const char *folder, const char *name, char *out, size_t size);
