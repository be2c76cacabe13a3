/* `ashlar seed`: demo data of every module, in the demo organisation. */
#pragma once

/* Runs the enabled modules' seeds, lower modules first. Call after start_database, in development
 * and test only. CLI_OK, or CLI_FAILED after naming the failed module on stderr. */
int seeds_run(void);
