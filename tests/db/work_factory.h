/* A module "work" whose jobs leave marks in work.effect, and the words tests of jobs share. Knows
 * the jobs engine. */
#pragma once
#include "testkit.h"
#include "jobs/store.h"

struct task {
    const char *name;
    int64_t number;
    const char *token;
};
JOB_OF(task);
extern const struct shape task_shape;

/* MARK leaves one mark; LINGER one at once and then stays for a minute the first time; POISON ends
 * its process; FAILING and HOPELESS fail; SLOW outlives its time; SECRET checks its token; CAPPED
 * runs once at a time; NIGHTLY is scheduled; URGENT runs also for an organisation on hold; BATCHES
 * leaves three marks and asks before each whether it is held. */
extern const JOB(task) MARK, LINGER, POISON, FAILING, HOPELESS, SLOW, SECRET, CAPPED, URGENT,
    BATCHES;
extern const JOB(nothing) NIGHTLY;
extern const struct module work_module;
extern const struct module *const work_modules[]; /* it alone */

/* What MARK does. */
CHECKED err leave_mark(struct ctx *c, const struct task *task);

/* A place for marks, and no scheduled job unless a test wants it. */
void prepare(struct t *t);
void want_nightly(struct t *t);

/* A unit of work as a request has it: the role that serves. */
struct ctx *serving(struct t *t);

struct enqueueing {
    const JOB(task) * kind;
    struct task task;
    struct job_options options;
    bool then_fail;
};
/* enqueue(t, &MARK, .task.number = 3, .options.dedupe_key = "k") */
#define enqueue(t, job_kind_, ...)                                                                 \
    enqueue_with((t), &(struct enqueueing){ .kind = (job_kind_), ##__VA_ARGS__ })
void enqueue_with(struct t *t, struct enqueueing *e);
CHECKED err enqueue_in_tx(struct ctx *c, void *enqueueing);
void enqueue_in(struct t *t, struct uuid org); /* MARK */
void enqueue_with_org(struct t *t, struct uuid org, struct enqueueing *e);
/* job_hold_org, as the system. */
void hold(struct t *t, struct uuid org, bool held);

int64_t effects(struct t *t);
int64_t in_state(struct t *t, const char *state);
const struct job_row *claim_one(struct t *t, const char *worker);

/* `ashlar jobs VERB [a [b]]`: its exit code. */
int command(struct t *t, const char *verb, const char *a, const char *b);
/* TypeID of the one dead job. */
const char *dead_job(struct t *t);
