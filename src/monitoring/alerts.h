/*
 * The built-in alerts: six readings, judged every few seconds by every process, told to
 * ASHLAR_ALERT_TO by one mail when an alert begins and one when it is over. Of several processes
 * that see the same one tells; "database" cannot be shared out that way, so there each process
 * tells.
 */
#pragma once
#include "alert.h"
#include <ashlar/metrics.h>

enum alert_name {
    ALERT_ERRORS,
    ALERT_QUEUE,
    ALERT_CLAIMS,
    ALERT_CALLBACKS,
    ALERT_DATABASE,
    ALERT_DISK,
    ALERTS
};

extern const struct metric METRIC_ALERTS, METRIC_JOBS_UNCLAIMED_S;

struct alerts {
    struct alert_rule rules[ALERTS];
    struct alert_state states[ALERTS];
    bool told[ALERTS]; /* what the recipients heard last, or need not hear from this process */
    struct alert_window requests;
    int64_t reached_at_us; /* the database, last */
    char instance[128];    /* of this process among those that share the database */
};

/* Rules from the settings. */
void alerts_init(struct alerts *a, const char *instance, int64_t now_us);

/* All readings; ALERT_UNREADABLE where one cannot be had, as most without the database. */
void alerts_read(struct alerts *a, int64_t now_us, int64_t values[ALERTS]);

/* True when it was told, or must not be tried again. */
typedef bool alert_teller(const struct alerts *a, enum alert_name which);

/* Judge the readings, then tell what is to be told; what could not be told is tried again by the
 * next call. */
void alerts_judge(struct alerts *a, const int64_t values[ALERTS], int64_t now_us);
void alerts_tell(struct alerts *a, bool database_is_there, alert_teller *tell);

/* By mail, past the queue: that may be what is broken. */
alert_teller alerts_mail;
