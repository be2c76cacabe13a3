/* One thread beside requests and jobs that writes error groups and judges alerts; it goes on when
 * the database, the mail server or the job threads do not. */
#pragma once
#include <stdbool.h>

bool watch_start(void);
/* What waits is written once more. */
void watch_stop(void);
