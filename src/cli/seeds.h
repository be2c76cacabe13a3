/* `ashlar seed`: demo data of every module, in the demo organisation. */
#pragma once

/* The enabled modules' seeds, lower modules first; after start_database, in development and test
 * only. CLI_OK, or CLI_FAILED after saying on stderr whose failed. */
int seeds_run(void);
