/* Start of a libmicrohttpd daemon, with the options common to all of ours. */
#pragma once
#include <ashlar/metrics.h>
#include <microhttpd.h>
#include <stdbool.h>

struct mhd_options {
    int fd; /* listening; owned by the daemon afterwards */
    const bool *ops;
    int connections;
};

/* Unreadable requests by status. Rejected before the library saw them, or, if one passes, answered
 * by the library; "closed" where it sent no response. */
extern const struct metric METRIC_UNREADABLE;

/* Count a request that was rejected before the library saw it, and log the reason. */
void mhd_count_unreadable(int status, const char *why);

/* Runs on the caller's thread: MHD_run. NULL when it does not start; the library's reason is
 * logged. */
struct MHD_Daemon *mhd_start(
    const struct mhd_options *o, MHD_AccessHandlerCallback on_request, void *arg);

/* A daemon without a listener that parses heads in the same way and counts nothing: for
 * self_test.c. */
struct MHD_Daemon *mhd_start_alone(MHD_AccessHandlerCallback on_request,
    void *(*on_target)(void *arg, const char *target, struct MHD_Connection *connection),
    void *arg);
