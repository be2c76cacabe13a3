/*
 * config — typed settings from the environment.
 *
 * Value of NAME: the variable NAME, else the file named by NAME_FILE, else a systemd credential
 * NAME, else the default of the environment. Both NAME and NAME_FILE set is an error; so is an
 * unknown ASHLAR_ variable. Secrets are wiped from the process environment once read and never
 * printed. docs/config.md is generated from these rows.
 *
 * Home: values.c.
 */
#pragma once
#include "base.h"

/* Bits, so that a set of them fits an unsigned. */
enum environment { ENV_DEVELOPMENT = 1, ENV_TEST = 2, ENV_STAGING = 4, ENV_PRODUCTION = 8 };
enum { ENV_LOCAL = ENV_DEVELOPMENT | ENV_TEST }; /* on the machine of who works on it */

struct setting {
    const char *name; /* "ASHLAR_SESSION_IDLE_DAYS" */
    enum { SETTING_TEXT, SETTING_INT, SETTING_BOOL, SETTING_URL, SETTING_WORD } type;
    const char *fallback;       /* default as text; NULL: unset */
    const char *fallback_local; /* default in development and test, when it differs */
    const char *one_of;         /* SETTING_WORD: "smtp|catch" */
    int64_t min, max;           /* SETTING_INT, with `unit` in the doc; SETTING_TEXT: bytes */
    unsigned required_in;       /* environments (bits) where it must be set */
    bool secret;
    const char *doc;
    /* NULL, or why this value must not be used in `env` ("must be https in production"). */
    const char *(*refuse)(enum environment env, const char *value);
};

PUBLIC enum environment config_environment(void); /* ASHLAR_ENV */
PUBLIC bool config_is_local(void);                /* development or test */

/* Values, valid after start until exit. Asking for a setting that no module declared aborts.
 * Threads: any. */
PUBLIC const char *setting_text(const struct setting *s); /* NULL when unset */
PUBLIC int64_t setting_int(const struct setting *s);
PUBLIC bool setting_bool(const struct setting *s);

/* Platform settings modules may read. */
PUBLIC extern const struct setting ASHLAR_PUBLIC_URL; /* where browsers reach this server */
PUBLIC extern const struct setting ASHLAR_APP_URL;    /* the front end mailed links point to */
