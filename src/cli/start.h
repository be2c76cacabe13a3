/* Bringing the process up step by step; each verb goes as far as it needs. */
#pragma once
#include <ashlar/base.h>

/* Settings of all linked modules, then the enabled modules (ASHLAR_MODULES) and their own checks.
 * CLI_OK, or CLI_SETTINGS after naming on stderr everything that is wrong. */
int start_settings(void);

/* Keys and the connection pool; nothing connects yet. After start_settings. */
int start_database(void);

/* Route tables and the documents derived from them. After start_database. */
int start_routes(void);

/* All three. */
int start_all(void);

/* Gives back what start_… took, in reverse order. */
void start_release(void);
