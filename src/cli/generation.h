/* One generation of the server under `ashlar supervise`: a release's process, with the shared
 * sockets. */
#pragma once
#include "base/handed.h"
#include <ashlar/base.h>
#include <sys/types.h>

enum { RELEASE_NAME_MAX = 64, FOLDER_MAX = 200, GENERATIONS_MAX = 4, SAID_MAX = 8192 };

struct generation {
    char name[RELEASE_NAME_MAX + 1]; /* "": the place is free */
    pid_t pid;                       /* 0: not running */
    int notify_fd;                   /* where it says that it is ready; -1: none */
    bool wanted, ready;
    bool was_ready;      /* then its death is an accident, and it is started again */
    int64_t again_at_us; /* when; 0: not planned */
    int64_t kill_at_us;  /* it was told to end; 0: it was not */
    int ops_fd;          /* the operations listener's socket, which it shares; -1: none */
    int said_fd;         /* the end of a pipe that is its stdout and stderr; -1: it has its own */
    char said[SAID_MAX]; /* the last of what it said before it was ready */
    size_t said_size;
};

/* Letters, digits, dots, hyphens: a folder's name, and no path. */
bool generation_name_is_good(const char *name);

/*
 * Start FOLDER/releases/NAME/ashlar serve with the lines of FOLDER/environment in its environment,
 * and handed over by name (base/handed.h): `listen_fd`, ops_fd, and our stderr as its log once it
 * is ready. With ops_fd ASHLAR_OPS_LISTEN is taken from its environment: a binary that cannot take
 * the socket then serves without that listener. False after saying why.
 */
CHECKED bool generation_start(struct generation *g, const char *folder, int listen_fd);

/* Copy what it says to our stderr, and keep the end of it until it is ready. Waits for nothing: not
 * even for who reads our stderr, and until that one does it may not. */
void generation_forward(struct generation *g);
bool generation_may_forward(void);

/* Read what it said; true when it just became ready. */
bool generation_hear(struct generation *g);

/* SIGTERM once, SIGKILL when it took longer than its drain may. */
void generation_end(struct generation *g, int64_t now_us);

/* Its process has ended with `status` (waitpid). One that never was ready leaves FOLDER/run/
 * NAME.failed: how it ended, and the last of what it said. */
void generation_ended(struct generation *g, const char *folder, int status, int64_t now_us);

/* FOLDER/run/NAME.SUFFIX: made (holding `text`), or gone when `text` is NULL. */
void generation_mark(
    const struct generation *g, const char *folder, const char *suffix, const char *text);
