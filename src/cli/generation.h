/* One generation of the server under `ashlar supervise`: a release's process with the shared
 * sockets. */
#pragma once
#include "base/handed.h"
#include <ashlar/base.h>
#include <sys/types.h>

enum { RELEASE_NAME_MAX = 64, FOLDER_MAX = 200, GENERATIONS_MAX = 4, SAID_MAX = 8192 };

struct generation {
    char name[RELEASE_NAME_MAX + 1]; /* "": unused */
    pid_t pid;                       /* 0: not running */
    int notify_fd;                   /* receives its readiness; -1: none */
    bool wanted, ready;
    bool was_ready;      /* then its exit is unexpected, and it is restarted */
    int64_t again_at_us; /* time of the restart; 0: none planned */
    int64_t kill_at_us;  /* SIGTERM was sent: time of SIGKILL; 0: not sent */
    int ops_fd;          /* the shared socket of the operations listener; -1: none */
    int said_fd;         /* read end of its stdout's and stderr's pipe; -1: they are its own */
    char said[SAID_MAX]; /* end of its output before it was ready */
    size_t said_size;
};

/* Letters, digits, dots, hyphens: a directory's name, not a path. */
bool generation_name_is_good(const char *name);

/*
 * Starts FOLDER/releases/NAME/ashlar serve with the lines of FOLDER/environment in its environment.
 * It receives by name (base/handed.h) `listen_fd`, ops_fd, and our stderr as its log after it is
 * ready. With ops_fd ASHLAR_OPS_LISTEN is removed from its environment, so that a binary without
 * support for the socket serves without that listener. False after an error report.
 */
CHECKED bool generation_start(struct generation *g, const char *folder, int listen_fd);

/* Copies its output to our stderr, and keeps the end of it until it is ready. Does not wait, not
 * even for the reader of our stderr. While that reader blocks, generation_may_forward is false. */
void generation_forward(struct generation *g);
bool generation_may_forward(void);

/* Reads its notifications. True when it just became ready. */
bool generation_hear(struct generation *g);

/* Sends SIGTERM once, and SIGKILL after its drain time. */
void generation_end(struct generation *g, int64_t now_us);

/* Handles the end of its process with `status` (waitpid). If it was never ready,
 * FOLDER/run/NAME.failed gets its exit status and the end of its output. */
void generation_ended(struct generation *g, const char *folder, int status, int64_t now_us);

/* Creates FOLDER/run/NAME.SUFFIX with `text`, or deletes it if `text` is NULL. */
void generation_mark(
    const struct generation *g, const char *folder, const char *suffix, const char *text);
