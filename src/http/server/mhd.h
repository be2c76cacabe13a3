/* Starting a libmicrohttpd daemon with the options all of ours share. Knows no thread model. */
#pragma once
#include <ashlar/metrics.h>
#include <microhttpd.h>
#include <stdbool.h>

struct mhd_options {
    int fd; /* listening; the daemon's from then on */
    const bool *ops;
    int connections;
};

/* What could not be read: by status. Refused before the library saw it, or, should that let
 * something through, answered by itself; "closed" where it said nothing. */
extern const struct metric METRIC_UNREADABLE;

/* One more was refused before the library saw it, and a line in the log says why. */
void mhd_count_unreadable(int status, const char *why);

/* Its thread is the caller's: MHD_run. NULL when it does not start; the library's reason is in the
 * log. */
struct MHD_Daemon *mhd_start(
    const struct mhd_options *o, MHD_AccessHandlerCallback on_request, void *arg);

/* One that listens nowhere, reads heads in the same way, and counts nothing: for proof.c. */
struct MHD_Daemon *mhd_start_alone(MHD_AccessHandlerCallback on_request,
    void *(*on_target)(void *arg, const char *target, struct MHD_Connection *connection),
    void *arg);
