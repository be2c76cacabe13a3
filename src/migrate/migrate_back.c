/* `ashlar migrate down` and `redo`: revert of the newest migration. */
#include "migrate_verbs.h"
#include <ashlar/config.h>
#include <ashlar/text.h>

const struct entry *migrate_newest(const struct migrator *m)
{
    const struct entry *newest = NULL;

    for (size_t i = 0; i < m->n_entries; i++)
        if (m->n_applied > 0 && m->entries[i].applied == &m->applied[m->n_applied - 1])
            newest = &m->entries[i];
    return newest;
}

static void say_unknown(struct migrator *m)
{
    const struct applied *last = m->n_applied > 0 ? &m->applied[m->n_applied - 1] : NULL;

    if (last == NULL)
        migrator_complain(m, "nothing was applied yet: `ashlar migrate up`\n");
    else
        migrator_complain(m,
            "%s/%s was applied last, and this binary does not contain it: its file was renamed or "
            "deleted, it belongs to another branch, or ASHLAR_MODULES excludes its module. Roll it "
            "back with a binary that contains it (`ashlar migrate down`), then retry.\n",
            last->module, last->name);
}

/* The newest migration if it has a down text. NULL after reporting the reason. */
static const struct entry *newest_with_down(struct migrator *m)
{
    const struct entry *e = migrate_newest(m);

    if (e == NULL) {
        say_unknown(m);
        return NULL;
    }
    if (entry_down(m->arena, e) != NULL)
        return e;
    if (entry_has_drifted(e))
        migrator_complain(m,
            "%s/%s: it cannot be rolled back, because no \"-- down\" text was stored when it was "
            "applied. Restore the file and put the change into a new one. Or undo its changes by "
            "hand, or start over: deploy/dev reset\n",
            e->file.migration->module, e->file.migration->name);
    else
        migrator_complain(m, "%s/%s has no \"-- down\" section: write a new migration instead\n",
            e->file.migration->module, e->file.migration->name);
    return NULL;
}

static int take_back(struct migrator *m, const struct entry *e)
{
    int code = migrator_revert(m, e);

    migrator_say(m, "%s %s/%s\n", code == MIGRATE_OK ? "rolled back" : "failed",
        e->file.migration->module, e->file.migration->name);
    if (code != MIGRATE_OK && entry_has_drifted(e))
        migrator_complain(m,
            "nothing was rolled back: the lines above are from the down text that was stored when "
            "it was applied, which is\n%s\nRemove the obstacle by hand (deploy/dev psql), or start "
            "over: deploy/dev reset\n",
            e->applied->down);
    else if (code != MIGRATE_OK)
        migrator_complain(m, "nothing was rolled back\n");
    return code;
}

/* --- down --- */

/* In development the drift of an older file does not prevent the revert of the newest. */
static bool is_kept_by_drift(struct migrator *m)
{
    const struct entry *newest = migrate_newest(m);

    if (config_is_local() && newest != NULL && !entry_has_drifted(newest))
        return false;
    return migrate_report_drift(m, NULL);
}

int migrate_run_down(struct migrator *m, const struct migrate_options *o)
{
    const struct entry *e;
    int code;

    if (!config_is_local() && !o->yes) {
        migrator_complain(m, "this rolls back a migration outside development: add --yes\n");
        return MIGRATE_FAILED;
    }
    code = migrate_open_record(m, o->lock_wait_s);
    if (code == MIGRATE_OK && is_kept_by_drift(m))
        code = MIGRATE_DRIFT;
    if (code != MIGRATE_OK)
        return code;
    e = newest_with_down(m);
    return e != NULL ? take_back(m, e) : MIGRATE_FAILED;
}

/* --- redo --- */

/* Whether a server runs on this database: the revert would give it an unknown schema. */
static bool is_served(struct migrator *m)
{
    const char *servers;

    if (!migrator_find_servers(m, &servers))
        return true;
    if (servers[0] != '\0')
        migrator_complain(m,
            "this database is in use by\n%s\nStop that program first (deploy/dev redo stops its "
            "own server). The tables and columns of the migration are dropped with their data.\n",
            servers);
    return servers[0] != '\0';
}

/* Applies the file after the revert. */
static int apply_anew(struct migrator *m, const char *module, const char *name)
{
    int code = migrator_read_applied(m);

    if (code == MIGRATE_OK)
        code = migrate_apply_pending(m, false);
    if (code != MIGRATE_OK)
        migrator_complain(m,
            "%s/%s is rolled back, but not everything was applied again. Fix the file, then run "
            "deploy/dev (`ashlar migrate up`)\n",
            module, name);
    return code;
}

static int redo_newest(struct migrator *m, const struct migrate_options *o)
{
    const struct entry *e = newest_with_down(m);
    int code;

    if (e == NULL || (!o->no_lint && !migrate_lints_clean(m, e)) || is_served(m))
        return MIGRATE_FAILED;
    code = take_back(m, e);
    return code == MIGRATE_OK ? apply_anew(m, e->file.migration->module, e->file.migration->name)
                              : code;
}

int migrate_run_redo(struct migrator *m, const struct migrate_options *o)
{
    int code;

    if (!config_is_local()) {
        migrator_complain(m,
            "redo is for development and test only (ASHLAR_ENV): it drops what the migration "
            "created, with its data. Write a new migration instead.\n");
        return MIGRATE_FAILED;
    }
    code = migrate_open_record(m, o->lock_wait_s);
    if (code == MIGRATE_OK && migrate_report_drift(m, migrate_newest(m)))
        code = MIGRATE_DRIFT;
    return code == MIGRATE_OK ? redo_newest(m, o) : code;
}
