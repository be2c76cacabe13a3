/* A thread that writes error groups and evaluates alerts, next to requests and jobs. It continues
 * when the database, the mail server or the job threads fail. */
#pragma once
#include <stdbool.h>

bool watch_start(void);
/* Writes the queue once more and stops the thread. */
void watch_stop(void);
