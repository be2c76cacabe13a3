/* Ending the pool that offload() works in. Knows no caller. */
#pragma once

enum { OFFLOAD_QUEUE = 64, OFFLOAD_WAIT_MS = 2000 };

/* Finish what was begun and queued, end the threads; a later offload starts new ones. */
void runtime_stop(void);
