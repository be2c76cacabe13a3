/*
 * config — typed settings from the environment.
 *
 * Sources of NAME in order: the variable NAME, the file named by NAME_FILE, a systemd credential
 * NAME, the default of the environment. Setting both NAME and NAME_FILE is an error, as is an
 * unknown ASHLAR_ variable. Secrets are wiped from the process environment after reading and never
 * printed. docs/config.md is generated from these rows.
 *
 * Home: values.c.
 */
#pragma once
#include "base.h"

/* Bits, so that an unsigned holds a set of environments. */
enum environment { ENV_DEVELOPMENT = 1, ENV_TEST = 2, ENV_STAGING = 4, ENV_PRODUCTION = 8 };
enum { ENV_LOCAL = ENV_DEVELOPMENT | ENV_TEST }; /* on a developer's machine */

struct setting {
    const char *name; /* "ASHLAR_SESSION_IDLE_DAYS" */
    enum { SETTING_TEXT, SETTING_INT, SETTING_BOOL, SETTING_URL, SETTING_WORD } type;
    const char *fallback;       /* default as text. NULL: unset */
    const char *fallback_local; /* default in development and test, if different */
    const char *one_of;         /* SETTING_WORD: "smtp|catch" */
    int64_t min, max;           /* SETTING_INT, with `unit` in the doc. SETTING_TEXT: bytes */
    unsigned required_in;       /* environments (bits) that require a value */
    bool secret;
    const char *doc;
    /* NULL, or the reason why `env` does not allow this value ("must be https in production"). */
    const char *(*refuse)(enum environment env, const char *value);
};

PUBLIC enum environment config_environment(void); /* ASHLAR_ENV */
PUBLIC bool config_is_local(void);                /* development or test */

/* Values, valid after start until exit. Reading an undeclared setting aborts. Threads: any. */
PUBLIC const char *setting_text(const struct setting *s); /* NULL when unset */
PUBLIC int64_t setting_int(const struct setting *s);
PUBLIC bool setting_bool(const struct setting *s);

/* Platform settings that modules may read. */
PUBLIC extern const struct setting ASHLAR_PUBLIC_URL; /* URL of this server for browsers */
PUBLIC extern const struct setting ASHLAR_APP_URL;    /* URL of the front end, for links in
                                                       * emails */
