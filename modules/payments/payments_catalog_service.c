/* Import of a plans file into the catalogue. Plans are versions, unchanged once sold. */
#include "payments_internal.h"

enum { CHANGES_MAX = 100 };

static void note(struct payments__changes *changes, const char *key, const char *what)
{
    if (changes->n < CHANGES_MAX)
        changes->list[changes->n++] = (struct payments__change){ key, what };
}

static bool is_described_so(
    const struct payments__plan *now, const struct payments__plan_in *plan, int64_t position)
{
    return text_equal(now->name, plan->name) && text_equal(now->description, plan->description) &&
           now->is_default == plan->is_default && now->position == position;
}

static err sync_plan(struct ctx *c, const struct payments__plan_in *plan, int64_t position,
    struct payments__changes *changes)
{
    const char *digest = payments__plan_digest(c->arena, plan);
    struct payments__plan now;
    int64_t version;
    bool found;

    TRY(payments__current_plan(c, plan->key, &now, &found));
    if (found && text_equal(now.digest, digest)) {
        if (is_described_so(&now, plan, position))
            return NULL;
        note(changes, plan->key, "new description");
        return payments__describe_plan(c, now.id, plan, position);
    }
    if (found)
        TRY(payments__retire_plan(c, now.id));
    TRY(payments__insert_plan(c, plan, digest, position, &version));
    note(changes, plan->key,
        found ? arena_printf(c->arena, "version %lld; who has version %lld keeps it",
                    (long long)version, (long long)now.version)
              : arena_printf(c->arena, "new, version %lld", (long long)version));
    return NULL;
}

static bool is_in(const struct payments__catalog_in *catalog, const char *key)
{
    for (size_t i = 0; i < catalog->n_plans; i++) {
        if (text_equal(catalog->plans[i].key, key))
            return true;
    }
    return false;
}

static err retire_others(
    struct ctx *c, const struct payments__catalog_in *catalog, struct payments__changes *changes)
{
    const struct payments__plan *plans;
    size_t n;

    TRY(payments__list_plans(c, &plans, &n));
    for (size_t i = 0; i < n; i++) {
        if (is_in(catalog, plans[i].key))
            continue;
        TRY(payments__retire_plan(c, plans[i].id));
        note(changes, plans[i].key, "no longer sold; who has it keeps it");
    }
    return NULL;
}

static const char *default_key(const struct payments__catalog_in *catalog)
{
    for (size_t i = 0; i < catalog->n_plans; i++) {
        if (catalog->plans[i].is_default)
            return catalog->plans[i].key;
    }
    return "";
}

err payments__sync_catalog(
    struct ctx *c, const struct payments__catalog_in *catalog, struct payments__changes *out)
{
    struct payments__changes changes = {
        .list = arena_array(c->arena, CHANGES_MAX, sizeof *changes.list),
    };

    TRY(payments__lock_catalog(c));
    TRY(retire_others(c, catalog, &changes));
    TRY(payments__only_default(c, default_key(catalog)));
    for (size_t i = 0; i < catalog->n_plans; i++)
        TRY(sync_plan(c, &catalog->plans[i], (int64_t)i, &changes));
    *out = changes;
    return NULL;
}
