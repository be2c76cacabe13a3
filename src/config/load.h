/* Loading of settings at start. The modules declare them. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/config.h>
#include <ashlar/module.h>

/*
 * Reads every declared setting of `modules` from `environ_list` ("NAME=value" strings). Checks
 * types, ranges, unknown ASHLAR_ names and the settings' rules. False: `problems` has one line for
 * each invalid setting with problem and cure, then advice for all. Secrets are wiped from the
 * process environment.
 */
bool config_load(const struct module *const *modules, char **environ_list, struct buf *problems);

/*
 * Finds DATABASE_… variables that no module declares. config_load accepts them, because platforms
 * set such names for other software, but an operator may have meant Ashlar. Returns NULL, or the
 * next name after `*at` (0: the first), in `a`.
 */
const char *config_next_stranger(
    struct arena *a, const struct module *const *modules, char **environ_list, size_t *at);

/* For tests: sets one value after config_load. */
void config_override(const struct setting *s, const char *value);

/* docs/config.md, and the table of `ashlar config show` (value and source, secrets as "set"). */
void config_render_markdown(const struct module *const *modules, struct buf *out);
void config_render_values(const struct module *const *modules, struct buf *out);

/* Platform settings, NULL-terminated. */
extern const struct setting *const platform_settings[];
