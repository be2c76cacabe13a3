/* Metric and internals of mail. Its functions are in ashlar/mail.h. */
#pragma once
#include <ashlar/metrics.h>

extern const struct metric METRIC_MAILS;

/* Whether the response to this command (its verb suffices) means that the mailbox does not
 * exist. */
bool smtp_is_no_mailbox(const char *command, const char *answer);
