/* Start and end of transactions. */
#include "tx.h"
#include "base/ctx_open.h"
#include "base/problem.h"
#include "batch.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/runtime.h>

enum { ATTEMPTS_MAX = 5, PAUSE_MIN_MS = 5, PAUSE_MAX_MS = 100, APART_MS = 2000 };

struct apart {
    tx_fn *fn;
    void *arg;
    struct apart *next;
};

struct after {
    void (*fn)(void *arg);
    void *arg;
    struct after *next;
};

static err misuse(struct ctx *c, const char *why)
{
    log_error(c, "db.transaction_misused", log_text("why", why));
    return &ERR_INTERNAL;
}

err tx_begin(struct ctx *c, enum tx_kind kind, enum db_role role)
{
    struct tx *t = tx_of(c);

    if (t->open)
        return misuse(c, "a transaction is open already");
    t->kind = kind;
    t->role = role;
    t->open = true;
    t->settings_due = false;
    t->may_retry = false;
    t->poison = NULL;
    t->after = NULL;
    t->after_end = &t->after;
    t->checks_due = t->n_checks > 0;
    t->outdated = false;
    t->org_before = c->org;
    t->role_before = c->role;
    t->actor_before = c->actor;
    t->apart_before = t->apart;
    c->in_transaction = true;
    return NULL;
}

static void end(struct ctx *c)
{
    batch_give_back(c);
    c->tx->open = false;
    c->in_transaction = false;
}

/* After a rollback, entered organisations and people are left, and the next attempt registers its
 * tx_apart functions again. */
static void undo(struct ctx *c)
{
    struct tx *t = c->tx;

    c->org = t->org_before;
    c->role = t->role_before;
    c->actor = t->actor_before;
    if (t->may_retry || t->outdated)
        t->apart = t->apart_before;
    end(c);
}

void tx_rollback(struct ctx *c)
{
    if (!tx_is_open(c))
        return;
    if (c->tx->conn != NULL && c->tx->kind != TX_READ)
        batch_rollback(c);
    undo(c);
}

/* The result of COMMIT in a failed transaction is OK with the tag ROLLBACK. */
static err check_commit(
    struct ctx *c, const struct query *q, enum conn_outcome outcome, const PGresult *r)
{
    if (outcome != CONN_OK) {
        log_error(c, "db.commit_unknown",
            log_text("why", "the connection broke, or did not respond, during COMMIT"));
        return &ERR_UNAVAILABLE;
    }
    if (!result_is_ok(r)) {
        c->tx->may_retry = db_error_may_pass(r);
        return db_error_of_result(c, q, r);
    }
    if (strcmp(PQcmdStatus((PGresult *)(uintptr_t)r), "COMMIT") != 0)
        return misuse(c, "the server responded to COMMIT with a rollback");
    return NULL;
}

static err refuse_commit(struct ctx *c, err why)
{
    tx_rollback(c);
    return why;
}

err tx_commit(struct ctx *c)
{
    static const struct query commit = { "commit", "platform", "COMMIT" };
    enum conn_outcome outcome;
    PGresult *result = NULL;
    err e;

    if (!tx_is_open(c))
        return misuse(c, "there is no transaction to commit");
    if (c->tx->poison != NULL)
        return refuse_commit(c, c->tx->poison);
    if (c->tx->conn == NULL || c->tx->kind == TX_READ) {
        end(c);
        return NULL;
    }
    if (ctx_left_ms(c) == 0)
        return refuse_commit(c, &ERR_TIMEOUT);
    if (ctx_fits(c) != NULL)
        return refuse_commit(c, &ERR_OUTGROWN);
    outcome = batch_end(c, &commit, &result);
    e = check_commit(c, &commit, outcome, result);
    PQclear(result);
    if (e != NULL) {
        undo(c);
        return e;
    }
    end(c);
    for (const struct after *a = c->tx->after; a != NULL; a = a->next)
        a->fn(a->arg);
    return NULL;
}

void tx_after_commit(struct ctx *c, void (*fn)(void *arg), void *arg)
{
    struct tx *t = tx_of(c);
    struct after *new;

    if (!t->open) {
        (void)misuse(c, "there is no transaction to wait for");
        return;
    }
    for (const struct after *a = t->after; a != NULL; a = a->next) {
        if (a->fn == fn && a->arg == arg)
            return;
    }
    new = arena_alloc(c->arena, sizeof(*new));
    *new = (struct after){ .fn = fn, .arg = arg };
    *t->after_end = new;
    t->after_end = &new->next;
}

bool tx_is_open(const struct ctx *c)
{
    return c->tx != NULL && c->tx->open;
}

void tx_settings_changed(struct ctx *c)
{
    if (tx_is_open(c) && c->tx->conn != NULL)
        c->tx->settings_due = true;
}

void tx_set_role(struct ctx *c, enum db_role role)
{
    tx_of(c)->run_role = role;
}

void tx_share(struct ctx *c)
{
    tx_of(c)->shares = true;
}

void tx_be_slow(struct ctx *c)
{
    tx_of(c)->slow = true;
}

bool tx_may_retry(const struct ctx *c)
{
    return c->tx != NULL && c->tx->may_retry;
}

/* --- A function in a transaction --- */

/* A rollback also undoes entering an organisation or person, so that the next run starts as the
 * original actor. */
static err run_once(struct ctx *c, enum db_role role, enum tx_kind kind, tx_fn *fn, void *arg)
{
    const struct actor actor = c->actor;
    const struct uuid org = c->org;
    const char *member_role = c->role;
    err e;

    TRY(tx_begin(c, kind, role));
    e = fn(c, arg);
    if (e == NULL)
        e = tx_commit(c);
    else
        tx_rollback(c);
    if (e != NULL) {
        c->actor = actor;
        c->org = org;
        c->role = member_role;
    }
    return e;
}

/* A random pause, so that two colliding transactions do not collide again. */
static err pause_before_retry(struct ctx *c)
{
    uint32_t r;

    random_bytes(&r, sizeof(r));
    return sleep_ms(c, PAUSE_MIN_MS + (int)(r % (PAUSE_MAX_MS - PAUSE_MIN_MS)));
}

/* A joined function cannot be rolled back separately, so its failure fails the whole
 * transaction. */
static err join(struct ctx *c, tx_fn *fn, void *arg)
{
    err e = fn(c, arg);
    return e != NULL ? tx_poison(c->tx, e) : NULL;
}

err tx_run_as(struct ctx *c, enum db_role role, enum tx_kind kind, tx_fn *fn, void *arg)
{
    err e;

    if (tx_is_open(c) && c->tx->role != role)
        return misuse(c, "a transaction of another role is open");
    if (tx_is_open(c))
        return join(c, fn, arg);
    for (int attempt = 1;; attempt++) {
        e = run_once(c, role, kind, fn, arg);
        if (e == NULL || !tx_may_retry(c) || attempt == ATTEMPTS_MAX)
            return e;
        problem_clear(c);
        TRY(pause_before_retry(c));
    }
}

static err run_for(struct ctx *c, enum tx_kind kind, tx_fn *fn, void *arg)
{
    struct tx *t = tx_of(c);

    if (t->open)
        return tx_run_as(c, t->role, kind, fn, arg);
    if (t->gives_back)
        return tx_run_giving_back(c, t->run_role, kind, fn, arg);
    return tx_run_as(c, t->run_role, kind, fn, arg);
}

err tx_run(struct ctx *c, tx_fn *fn, void *arg)
{
    return run_for(c, TX_WRITE, fn, arg);
}

err tx_read(struct ctx *c, tx_fn *fn, void *arg)
{
    return run_for(c, TX_READ, fn, arg);
}

/* --- Effects that outlive the transaction --- */

void tx_apart(struct ctx *c, tx_fn *fn, void *arg)
{
    struct tx *t = tx_of(c);
    struct apart *a = arena_alloc(c->arena, sizeof(*a));

    *a = (struct apart){ .fn = fn, .arg = arg, .next = t->apart };
    t->apart = a;
}

/* In the order they were registered. */
static struct apart *take_apart(struct tx *t)
{
    struct apart *in_order = NULL, *a = t->apart;

    while (a != NULL) {
        struct apart *next = a->next;
        a->next = in_order;
        in_order = a;
        a = next;
    }
    t->apart = NULL;
    t->apart_before = NULL;
    return in_order;
}

static err run_apart_once(struct ctx *c, void *arg)
{
    const struct apart *a = arg;

    return tx_run_as(c, c->tx->run_role, TX_WRITE, a->fn, a->arg);
}

static void run_apart(struct ctx *c, struct apart *a)
{
    err e = ctx_contain(c, run_apart_once, a);

    tx_rollback(c); /* of a function that was abandoned */
    if (e != NULL)
        log_error(c, "db.apart_failed", log_text("code", e->code));
}

void tx_run_what_is_apart(struct ctx *c)
{
    struct problem *answer = c->problem;
    int64_t deadline_us = c->deadline_us;
    struct apart *a;

    if (c->tx == NULL || c->tx->apart == NULL)
        return;
    if (tx_is_open(c)) {
        (void)misuse(c, "tx_apart functions cannot run inside the transaction");
        return;
    }
    /* The response is fixed, and counters of failed attempts must not be lost to a deadline. */
    c->problem = NULL;
    c->deadline_us = clock_monotonic_us() + (int64_t)APART_MS * 1000;
    for (a = take_apart(c->tx); a != NULL; a = a->next)
        run_apart(c, a);
    c->problem = answer;
    c->deadline_us = deadline_us;
}

/* --- Entering --- */

err tx_enter_org(struct ctx *c, struct uuid org)
{
    if (uuid_is_nil(org) || (!uuid_is_nil(c->org) && !uuid_equal(c->org, org)))
        return misuse(c, "this unit of work belongs to another organisation");
    c->org = org;
    tx_settings_changed(c);
    return NULL;
}

err tx_leave_org(struct ctx *c)
{
    c->org = UUID_NIL;
    c->role = NULL;
    tx_settings_changed(c);
    return NULL;
}

err tx_enter_person(struct ctx *c, struct uuid person)
{
    if (uuid_is_nil(person))
        return misuse(c, "a person must be entered by a valid id");
    if (!uuid_is_nil(c->actor.person) && !uuid_equal(c->actor.person, person))
        c->actor = (struct actor){ .network = c->actor.network };
    if (c->actor.kind == ACTOR_NONE)
        c->actor.kind = ACTOR_PERSON;
    c->actor.person = person;
    tx_settings_changed(c);
    return NULL;
}
