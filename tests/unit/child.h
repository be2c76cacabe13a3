/* Running a function that ends the process in a child, and reading what it logged. */
#pragma once
#include <ashlar/arena.h>

struct child_end {
    int signal;       /* that ended it, 0: none */
    int status;       /* exit status when it ended by itself */
    const char *said; /* on standard error */
};

struct child_end child_run(struct arena *a, void (*fn)(void *arg), void *arg);
