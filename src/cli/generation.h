/* One generation of the server under `ashlar supervise`: a release's process, with the shared
 * socket. Knows no other generation. */
#pragma once
#include <ashlar/base.h>
#include <sys/types.h>

enum { RELEASE_NAME_MAX = 64, FOLDER_MAX = 200, GENERATIONS_MAX = 4 };

struct generation {
    char name[RELEASE_NAME_MAX + 1]; /* "": the place is free */
    pid_t pid;                       /* 0: not running */
    int notify_fd;                   /* where it says that it is ready; -1: none */
    bool wanted, ready;
    bool was_ready;      /* then its death is an accident, and it is started again */
    int64_t again_at_us; /* when; 0: not planned */
    int64_t kill_at_us;  /* it was told to end; 0: it was not */
};

/* Letters, digits, dots, hyphens: a folder's name, and no path. */
bool generation_name_is_good(const char *name);

/* Start FOLDER/releases/NAME/ashlar serve with `listen_fd` as its descriptor 3 and the lines of
 * FOLDER/environment in its environment. False after saying why. */
CHECKED bool generation_start(struct generation *g, const char *folder, int listen_fd);

/* Read what it said; true when it just became ready. */
bool generation_hear(struct generation *g);

/* SIGTERM once, SIGKILL when it took longer than its drain may. */
void generation_end(struct generation *g, int64_t now_us);

/* Its process has ended with `status` (waitpid). */
void generation_ended(struct generation *g, const char *folder, int status, int64_t now_us);

/* FOLDER/run/NAME.SUFFIX: made (holding `text`), or gone when `text` is NULL. */
void generation_mark(
    const struct generation *g, const char *folder, const char *suffix, const char *text);
