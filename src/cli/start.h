/* Start-up in steps. Each command runs the steps that it requires. */
#pragma once
#include <ashlar/base.h>

/* Loads the settings of all linked modules, then enables modules (ASHLAR_MODULES) and runs their
 * checks. CLI_OK, or CLI_SETTINGS after naming all problems on stderr. */
int start_settings(void);

/* Starts keys and the connection pool, without connecting. After start_settings. */
int start_database(void);

/* Builds route tables and the documents derived from them. After start_database. */
int start_routes(void);

/* All three steps. */
int start_all(void);

/* Reverts the start_… steps in reverse order. */
void start_release(void);
