/*
 * Built-in alerts: six readings, evaluated every few seconds by every process. ASHLAR_ALERT_TO
 * receives an email when an alert starts and one when it is resolved. One of the processes that
 * share the database sends it. For the alert "database" they cannot coordinate, so each process
 * sends it.
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
    bool sent[ALERTS]; /* state last sent, or sent by another process */
    struct alert_window requests;
    int64_t reached_at_us; /* last response of the database */
    char instance[128];    /* name of this process among those that share the database */
};

/* Sets the rules from the settings. */
void alerts_init(struct alerts *a, const char *instance, int64_t now_us);

/* Takes all readings. ALERT_UNREADABLE for a failed one, which is most of them without the
 * database. */
void alerts_read(struct alerts *a, int64_t now_us, int64_t values[ALERTS]);

/* True when it was sent, or must not be retried. */
typedef bool alert_sender(const struct alerts *a, enum alert_name which);

/* Evaluates the readings, then sends due alerts. The next call retries failed ones. */
void alerts_judge(struct alerts *a, const int64_t values[ALERTS], int64_t now_us);
void alerts_send(struct alerts *a, bool database_is_there, alert_sender *send);

/* Sends by email without the job queue, which may be the cause. */
alert_sender alerts_mail;
