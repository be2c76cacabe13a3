/* `ashlar seed`: the owner of demo data, then each module's data. */
#include "seeds.h"
#include "base/ctx_open.h"
#include "cli.h"
#include "db/tx.h"
#include "module/registry.h"
#include <stdio.h>

static int say_failed(const struct module *m, err e)
{
    fprintf(stderr, "ashlar: seed: %s failed: %s (%s). See the log line above.\n", m->name,
        e->title, e->code);
    return CLI_FAILED;
}

static void open_tx(struct ctx *c, struct arena *a)
{
    ctx_open(c, a, "seed");
    c->actor.kind = ACTOR_SYSTEM;
    tx_set_role(c, DB_APP);
}

/* The same state as in a request of the owner in the demo organisation. */
static void become_owner(struct ctx *c, const struct demo *demo)
{
    const struct instant now = clock_now();

    c->actor = (struct actor){
        .kind = ACTOR_PERSON,
        .person = demo->person,
        .email = demo->email,
        .signed_in_at = now,
        .reauthenticated_at = now,
        .factors = "password",
    };
    c->org = demo->org;
    c->role = "owner";
}

/* `*by` NULL: no enabled module creates a demo owner. */
static int make_demo(struct arena *a, struct demo *out, const struct module **by)
{
    struct ctx c;
    err e;

    *by = NULL;
    for (const struct module *const *m = registry_modules(); *m != NULL && *by == NULL; m++)
        *by = (*m)->make_demo != NULL ? *m : NULL;
    if (*by == NULL)
        return CLI_OK;
    open_tx(&c, a);
    e = (*by)->make_demo(&c, out);
    if (e != NULL)
        return say_failed(*by, e);
    printf("seed: %s done\n", (*by)->name);
    return CLI_OK;
}

static int seed_one(const struct module *m, const struct demo *demo)
{
    struct arena *a = arena_new(0);
    struct ctx c;
    err e;

    open_tx(&c, a);
    if (!uuid_is_nil(demo->org))
        become_owner(&c, demo);
    e = m->seed(&c);
    arena_free(a);
    if (e != NULL)
        return say_failed(m, e);
    printf("seed: %s done\n", m->name);
    return CLI_OK;
}

static int seed_all(struct arena *a)
{
    const struct module *maker;
    struct demo demo = { .org = UUID_NIL };
    int code = make_demo(a, &demo, &maker);

    if (code == CLI_OK && maker != NULL && uuid_is_nil(demo.org)) {
        puts("seed: all organisations of the demo owner are suspended, so no demo data is added");
        return CLI_OK;
    }
    for (const struct module *const *m = registry_modules(); *m != NULL && code == CLI_OK; m++)
        code = (*m)->seed != NULL ? seed_one(*m, &demo) : CLI_OK;
    return code;
}

int seeds_run(void)
{
    struct arena *a = arena_new(0);
    int code = seed_all(a);

    arena_free(a);
    return code;
}
