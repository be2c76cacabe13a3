/*
 * Everything this process can run, by name: the modules' job kinds, and one kind per event
 * subscription ("event:<consumer>"); and of those that say so one more each, that tells of their
 * deaths ("dead:<kind>").
 */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/event.h>
#include <ashlar/job.h>

#define DELIVERY_PREFIX "event:"
#define DEATH_PREFIX    "dead:"
enum { DELIVERY_ATTEMPTS = 20 };

struct runnable {
    const struct job_kind *job; /* exactly one of the two is set */
    const struct subscription *delivery;
    const struct job_worker *worker; /* of the job */
    bool is_death;                   /* its on_dead */
};

/* The kind of this name, by registry_modules(); false when no enabled module has it. */
CHECKED bool job_kinds_find(const char *name, struct runnable *out);

/* The event of this name, by registry_modules(); NULL when no enabled module publishes it. */
const struct event_kind *job_kinds_event(const char *name);

/* Add a line for each event that cannot be published as its row says, for each job and consumer
 * whose name another has, and for each job that does not have one worker and each worker without
 * its job. */
void job_kinds_check(struct buf *problems);

/* Is there somebody to tell when it dies? */
bool runnable_has_on_dead(const struct runnable *r);
enum tx_kind runnable_tx(const struct runnable *r);
bool runnable_is_system(const struct runnable *r);
int runnable_timeout_s(const struct runnable *r);
int job_kind_max_attempts(const struct job_kind *k);

/* [{"kind": "users.tidy", "most": 2, "while_held": true}, …]: what a claim may take; "most" null
 * where there is no cap, "while_held" null where a hold counts. */
void job_kinds_claimable(struct buf *out);
/* The same without those that may wait for somebody else's server. */
void job_kinds_claimable_quick(struct buf *out);

/* May a job of this kind (TX_MANUAL) wait for somebody else's server? */
bool job_kinds_calls_others(const char *name);

/* [{"kind", "id", "every_s", "queue", "priority", "max_attempts"}, …]: one possible run of each
 * scheduled kind, with a new id. */
void job_kinds_scheduled(struct buf *out);

/* [{"kind", "id"}, …]: the deliveries of one event, each with a new id; how many. */
int job_kinds_deliveries(struct buf *out, const struct event_kind *event);
