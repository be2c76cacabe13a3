/* Memory of work with many transactions: each transaction function has a separate arena, freed when
 * the function runs again. */
#include "base/ctx_open.h"
#include "batch.h"
#include "tx.h"

/* Memory of a function's last transaction. */
struct tx_memory {
    tx_fn *fn;
    struct arena *arena;
    struct problem *problem; /* problem that it left in c, in `arena` */
    struct tx_memory *next;
};

struct call {
    enum db_role role;
    enum tx_kind kind;
    tx_fn *fn;
    void *arg;
};

static void free_memory(void *arg)
{
    struct tx_memory *m = arg;

    arena_free(m->arena);
}

static struct tx_memory *memory_of(struct ctx *c, tx_fn *fn)
{
    struct tx *t = c->tx;
    struct tx_memory *m = t->memories;

    while (m != NULL && m->fn != fn)
        m = m->next;
    if (m != NULL)
        return m;
    m = arena_alloc(c->arena, sizeof *m);
    *m = (struct tx_memory){ .fn = fn, .arena = arena_new(0), .next = t->memories };
    arena_cleanup(c->arena, free_memory, m);
    t->memories = m;
    return m;
}

static void give_back(struct ctx *c, struct tx_memory *m)
{
    if (c->problem != NULL && c->problem == m->problem)
        c->problem = NULL;
    m->problem = NULL;
    arena_reset(m->arena);
}

static err run(struct ctx *c, void *arg)
{
    const struct call *k = arg;

    return tx_run_as(c, k->role, k->kind, k->fn, k->arg);
}

void tx_give_back(struct ctx *c)
{
    tx_of(c)->gives_back = true;
}

err tx_run_giving_back(struct ctx *c, enum db_role role, enum tx_kind kind, tx_fn *fn, void *arg)
{
    struct call k = { role, kind, fn, arg };
    struct arena *outer = c->arena;
    struct tx_memory *m = memory_of(c, fn);
    const struct problem *before;
    err e;

    give_back(c, m);
    before = c->problem;
    c->arena = m->arena;
    e = ctx_contain(c, run, &k);
    tx_rollback(c); /* of a function that was abandoned */
    c->arena = outer;
    if (c->problem != before)
        m->problem = c->problem;
    tx_run_what_is_apart(c); /* their arguments are in `m` */
    return e;
}
