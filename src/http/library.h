/* Starting a libmicrohttpd daemon with the options all of ours share. Knows no thread model. */
#pragma once
#include <microhttpd.h>
#include <stdbool.h>

struct library_options {
    int fd; /* listening; the daemon's from then on */
    const bool *ops;
    int connections;
};

/* Is it the version of which we know that it leaves a request's head where it read it, in one
 * piece, and what it makes of it (guard_head)? Others have other parsers. */
bool library_cuts_in_place(void);

/* Its thread is the caller's: MHD_run. NULL when it does not start; the library's reason is in the
 * log. */
struct MHD_Daemon *library_start(
    const struct library_options *o, MHD_AccessHandlerCallback on_request, void *arg);
