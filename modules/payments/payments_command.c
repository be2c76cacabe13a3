/* ashlar payments sync-catalog FILE [--dry-run]: imports the plans file. */
#include "payments_internal.h"

struct sync {
    struct payments__catalog_in catalog;
    struct payments__changes changes;
    bool dry;
};

/* Used only in this file: rolls back a dry run's transaction. */
static const struct error_kind DRY_RUN = { "payments/dry-run", 409, "Nothing was changed",
    "Nothing: this kind never leaves the command." };

static err sync_in_tx(struct ctx *c, void *arg)
{
    struct sync *s = arg;

    TRY(payments__sync_catalog(c, &s->catalog, &s->changes));
    return s->dry ? &DRY_RUN : NULL;
}

static void warn_of_gaps(struct ctx *c, const struct payments__catalog_in *catalog)
{
    size_t n;
    const struct entitlement *const *all = entitlements_declared(c->arena, &n);

    for (size_t i = 0; i < catalog->n_plans; i++) {
        for (size_t j = 0; j < n; j++) {
            const struct payments__plan_in *plan = &catalog->plans[i];
            bool stated = false;
            for (size_t k = 0; k < plan->n_entitlements; k++)
                stated = stated || text_equal(plan->entitlements[k].name, all[j]->name);
            if (!stated && all[j]->kind == ENTITLEMENT_LIMIT)
                command_say(
                    "note: %s does not mention %s, so it is not limited", plan->key, all[j]->name);
        }
    }
}

static err sync_catalog(struct ctx *c, int argc, char **argv)
{
    struct sync s = { .dry = argc == 3 && strcmp(argv[2], "--dry-run") == 0 };
    struct bytes file;
    err failed;

    if (argc != 2 && !s.dry)
        return &COMMAND_USAGE;
    TRY(command_read_file(c, argv[1], PAYMENTS__CATALOG_MAX, &file));
    TRY(payments__catalog_parse(c, file.data, file.size, &s.catalog));
    failed = tx_run(c, sync_in_tx, &s);
    if (failed && failed != &DRY_RUN)
        return failed;
    for (size_t i = 0; i < s.changes.n; i++)
        command_say("%s: %s", s.changes.list[i].key, s.changes.list[i].what);
    warn_of_gaps(c, &s.catalog);
    command_say(s.dry ? "Nothing was changed: this was a dry run." : "The catalogue is in force.");
    return NULL;
}

const struct command payments__commands[] = {
    {
        .name = "sync-catalog",
        .arguments = "FILE [--dry-run]",
        .summary = "Import the plans of FILE for new subscriptions",
        .system = true,
        .run = sync_catalog,
    },
    { .name = NULL },
};
