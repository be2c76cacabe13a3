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

/* `more` ends with MHD_OPTION_END. NULL when it does not start; the library's reason is in the log.
 */
struct MHD_Daemon *library_start(const struct library_options *o, unsigned flags,
    MHD_AccessHandlerCallback on_request, void *arg, const struct MHD_OptionItem *more);
