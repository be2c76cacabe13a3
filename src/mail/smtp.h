/* What mail counts; its functions are in ashlar/mail.h. */
#pragma once
#include <ashlar/metrics.h>

extern const struct metric METRIC_MAILS;

/* Does the answer to this command (its verb is enough) say that the mailbox does not exist? */
bool smtp_is_no_mailbox(const char *command, const char *answer);
