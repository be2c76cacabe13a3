/*
 * Job kinds that this process can run, by name: the modules' job kinds, and one kind per event
 * subscription ("event:<consumer>"). Each of them with an on_dead has a further kind for its deaths
 * ("dead:<kind>").
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

/* The kind of this name, by registry_modules(). False when no enabled module has it. */
CHECKED bool job_kinds_find(const char *name, struct runnable *out);

/* The event of this name, by registry_modules(). NULL when no enabled module publishes it. */
const struct event_kind *job_kinds_event(const char *name);

/* Adds a line for each defect: an event that cannot be published by its row, a duplicate name of
 * jobs or consumers. Also for a job without exactly one worker, and a worker without its job. */
void job_kinds_check(struct buf *problems);

/* Whether it has an on_dead. */
bool runnable_has_on_dead(const struct runnable *r);
enum tx_kind runnable_tx(const struct runnable *r);
bool runnable_is_system(const struct runnable *r);
int runnable_timeout_s(const struct runnable *r);
int job_kind_max_attempts(const struct job_kind *k);

/* [{"kind": "users.tidy", "most": 2, "while_held": true}, …]: kinds that a claim may take. "most"
 * is null without a limit, "while_held" is null if a hold applies. */
void job_kinds_claimable(struct buf *out);
/* The same without kinds that may wait for another server. */
void job_kinds_claimable_quick(struct buf *out);

/* Whether a job of this kind (TX_MANUAL) may wait for another server. */
bool job_kinds_calls_others(const char *name);

/* [{"kind", "id", "every_s", "queue", "priority", "max_attempts"}, …]: one possible run of each
 * scheduled kind, with a new id. */
void job_kinds_scheduled(struct buf *out);

/* [{"kind", "id"}, …]: the deliveries of one event, each with a new id. Returns their number. */
int job_kinds_deliveries(struct buf *out, const struct event_kind *event);
