/* Reading settings at start. Knows no setting but ASHLAR_ENV; the rows come from the modules. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/config.h>
#include <ashlar/module.h>

/*
 * Read every declared setting of `modules` from `environ_list` ("NAME=value" strings), checking
 * types, ranges, unknown ASHLAR_ names and refusals. False when anything is wrong; `problems` then
 * names each setting, what is wrong and how to repair it, one line each, then what helps with all
 * of them. Secrets are wiped from the process environment.
 */
bool config_load(const struct module *const *modules, char **environ_list, struct buf *problems);

/*
 * What looks like a setting and is none: variables DATABASE_… that nobody declares. Platforms set
 * such names for others, so config_load lets them be; who set one for Ashlar must be told. NULL, or
 * the next of them behind `*at` (0: the first), in `a`.
 */
const char *config_next_stranger(
    struct arena *a, const struct module *const *modules, char **environ_list, size_t *at);

/* For tests: set one value after config_load. */
void config_override(const struct setting *s, const char *value);

/* docs/config.md, and the table `ashlar config show` prints (value and source; secrets as "set").
 */
void config_render_markdown(const struct module *const *modules, struct buf *out);
void config_render_values(const struct module *const *modules, struct buf *out);

/* Platform settings, NULL-terminated. */
extern const struct setting *const platform_settings[];
