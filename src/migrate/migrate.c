/* `ashlar migrate`: the subcommands. */
#include "migrate.h"
#include "config/platform_settings.h"
#include "migrate_lint.h"
#include "migrate_verbs.h"
#include <ashlar/config.h>
#include <ashlar/text.h>
#include <stdio.h>

enum { LOCK_WAIT_S = 60, LINT_MAX = 256 * 1024, STATUS_MAX = 1024 * 1024 };

/* --- up --- */

/* End of the sentence about restoring the file. */
static const char *other_way(struct migrator *m, const struct entry *e)
{
    size_t later = m->n_applied - 1 - (size_t)(e->applied - m->applied);

    if (!config_is_local())
        return "";
    if (later > 0)
        return arena_printf(m->arena,
            ". Or roll back the migrations applied after it (%zu), newest first, each with `ashlar "
            "migrate down`, then run deploy/dev redo",
            later);
    if (entry_down(m->arena, e) == NULL)
        return ". It cannot be rolled back, because no \"-- down\" text was stored when it was "
               "applied";
    return ". Or, since it is the newest, roll it back with its data and apply the current file: "
           "deploy/dev redo (`ashlar migrate redo`)";
}

bool migrate_report_drift(struct migrator *m, const struct entry *spared)
{
    bool drifted = false;

    for (size_t i = 0; i < m->n_entries; i++) {
        const struct entry *e = &m->entries[i];
        if (e == spared || !entry_has_drifted(e))
            continue;
        migrator_complain(m,
            "%s/%s was changed after it was applied (%s, checksum %.12s…, now %.12s…). Restore "
            "the file and put the change into a new one%s.\n",
            e->file.migration->module, e->file.migration->name, e->applied->applied_at,
            e->applied->checksum, e->file.checksum, other_way(m, e));
        drifted = true;
    }
    return drifted;
}

bool migrate_lints_clean(struct migrator *m, const struct entry *also)
{
    struct buf findings;
    int n = 0;

    if (config_environment() != ENV_DEVELOPMENT)
        return true;
    buf_init(&findings, m->arena, LINT_MAX);
    for (size_t i = 0; i < m->n_entries; i++)
        if (m->entries[i].applied == NULL || &m->entries[i] == also)
            n += migrate_lint(m->arena, m->entries[i].file.migration, &findings);
    if (n > 0)
        migrator_complain(m,
            "%snothing was applied. Fix the files, or allow a finding with \"-- allow: RULE "
            "reason\". For files that are already applied elsewhere and must not change: `ashlar "
            "migrate up --no-lint`\n",
            findings.data);
    return n == 0;
}

static int apply_one(struct migrator *m, const struct entry *e)
{
    int64_t started_us = clock_monotonic_us();
    int code = migrator_apply(m, e);

    migrator_say(m, "%-8s %s/%s (%d ms)\n", code == MIGRATE_OK ? "applied" : "failed",
        e->file.migration->module, e->file.migration->name,
        (int)((clock_monotonic_us() - started_us) / 1000));
    return code;
}

/* Expand migrations are applied before a release. Contract migrations, and later ones of the same
 * module, wait until no older binary serves. No binary serves a database without a migration. */
static bool is_held_back(const struct entry *e, const struct entry *before, bool before_was_held)
{
    bool same_module =
        before != NULL && text_equal(before->file.migration->module, e->file.migration->module);

    return e->applied == NULL &&
           (text_equal(e->file.phase, "contract") || (same_module && before_was_held));
}

static void say_applied(struct migrator *m, int n, int n_held)
{
    if (n_held > 0)
        migrator_say(m, "%d applied, %d held back until `ashlar migrate up`\n", n, n_held);
    else
        migrator_say(m,
            n > 0 ? "%d applied, the schema is up to date\n"
                  : "nothing to do (%d applied), the schema is up to date\n",
            n);
}

int migrate_apply_pending(struct migrator *m, bool expand_only)
{
    int n = 0, n_held = 0, code = MIGRATE_OK;
    bool held = false, holds_back = expand_only && m->n_applied > 0;

    for (size_t i = 0; i < m->n_entries && code == MIGRATE_OK; i++) {
        const struct entry *e = &m->entries[i];
        held = holds_back && is_held_back(e, i > 0 ? e - 1 : NULL, held);
        n_held += held;
        if (held || e->applied != NULL)
            continue;
        code = apply_one(m, e);
        n += code == MIGRATE_OK;
    }
    if (code == MIGRATE_OK && config_is_local())
        code = migrator_keep_downs(m);
    if (code == MIGRATE_OK)
        say_applied(m, n, n_held);
    return code;
}

int migrate_open_record(struct migrator *m, int lock_wait_s)
{
    int code = migrator_lock(m, lock_wait_s);

    if (code == MIGRATE_OK)
        code = migrator_make_roles(m);
    if (code == MIGRATE_OK)
        code = migrator_open_owner(m);
    if (code == MIGRATE_OK)
        code = migrator_read_applied(m);
    return code;
}

static int run_up(struct migrator *m, const struct migrate_options *o)
{
    int code = migrate_open_record(m, o->lock_wait_s);

    if (code == MIGRATE_OK && migrate_report_drift(m, NULL))
        code = MIGRATE_DRIFT;
    if (code == MIGRATE_OK && !o->no_lint && !migrate_lints_clean(m, NULL))
        code = MIGRATE_FAILED;
    return code == MIGRATE_OK ? migrate_apply_pending(m, o->expand_only) : code;
}

/* --- roles: the requirement of a restore before there is a schema --- */

static int run_roles(struct migrator *m, const struct migrate_options *o)
{
    int code = migrator_lock(m, o->lock_wait_s);

    if (code == MIGRATE_OK)
        code = migrator_make_roles(m);
    if (code == MIGRATE_OK)
        migrator_say(m, "the roles of %s… and the database privileges are correct\n",
            setting_text(&ASHLAR_DB_ROLE_PREFIX));
    return code;
}

/* --- status and plan --- */

static const char *state_of(const struct entry *e)
{
    if (e->applied == NULL)
        return "pending";
    return entry_has_drifted(e) ? "drifted" : "applied";
}

static void print_entry(struct migrator *m, const struct entry *e)
{
    migrator_say(m, "%-8s  %-8s  %-20s  %s/%s\n", state_of(e),
        e->file.phase != NULL ? e->file.phase : "-", e->applied ? e->applied->applied_at : "-",
        e->file.migration->module, e->file.migration->name);
}

static void render_entry(struct buf *b, const struct entry *e)
{
    buf_text(b, "{\"module\":");
    buf_json_text(b, e->file.migration->module);
    buf_text(b, ",\"name\":");
    buf_json_text(b, e->file.migration->name);
    buf_text(b, ",\"phase\":");
    buf_json_text(b, e->file.phase);
    buf_text(b, ",\"state\":");
    buf_json_text(b, state_of(e));
    buf_text(b, ",\"applied_at\":");
    buf_json_text(b, e->applied != NULL ? e->applied->applied_at : NULL);
    buf_char(b, '}');
}

static void print_json(struct migrator *m, size_t pending, size_t drifted)
{
    struct buf b;

    buf_init(&b, m->arena, STATUS_MAX);
    buf_printf(&b, "{\"pending\":%zu,\"drifted\":%zu,\"migrations\":[", pending, drifted);
    for (size_t i = 0; i < m->n_entries; i++) {
        if (i > 0)
            buf_char(&b, ',');
        render_entry(&b, &m->entries[i]);
    }
    buf_text(&b, "]}\n");
    migrator_say(m, "%s", b.data);
}

static int run_status(struct migrator *m, const struct migrate_options *o)
{
    size_t pending = 0, drifted = 0;

    if (migrator_read_applied(m) != MIGRATE_OK)
        return MIGRATE_FAILED;
    for (size_t i = 0; i < m->n_entries; i++) {
        pending += m->entries[i].applied == NULL;
        drifted += entry_has_drifted(&m->entries[i]);
        if (!o->json)
            print_entry(m, &m->entries[i]);
    }
    if (o->json)
        print_json(m, pending, drifted);
    if (drifted > 0)
        return MIGRATE_DRIFT;
    return pending > 0 ? MIGRATE_PENDING : MIGRATE_OK;
}

static int run_plan(struct migrator *m, const struct migrate_options *o)
{
    int pending = 0;
    struct buf findings;

    (void)o;
    if (migrator_read_applied(m) != MIGRATE_OK)
        return MIGRATE_FAILED;
    buf_init(&findings, m->arena, LINT_MAX);
    for (size_t i = 0; i < m->n_entries; i++) {
        const struct migration_file *f = &m->entries[i].file;
        if (m->entries[i].applied != NULL)
            continue;
        pending++;
        migrator_say(m, "-- %s/%s\n%s\n", f->migration->module, f->migration->name,
            roles_in_sql(m->arena, f->up, (size_t)(f->up_end - f->up)));
        (void)migrate_lint(m->arena, f->migration, &findings);
    }
    migrator_say(m, "%s%d pending\n", findings.data, pending);
    if (migrate_report_drift(m, NULL))
        return MIGRATE_DRIFT;
    return pending > 0 ? MIGRATE_PENDING : MIGRATE_OK;
}

/* --- lint: without a database --- */

static int run_lint(void)
{
    struct arena *a = arena_new(0);
    struct buf findings;
    int n = 0;

    buf_init(&findings, a, LINT_MAX);
    for (const struct migration *m = migrate_files(); m->module != NULL; m++)
        n += migrate_lint(a, m, &findings);
    printf("%s%d findings\n", findings.data, n);
    arena_free(a);
    return n == 0 ? MIGRATE_OK : MIGRATE_FAILED;
}

/* --- The command --- */

static const struct {
    const char *name;
    int (*run)(struct migrator *m, const struct migrate_options *o);
} verbs[] = {
    { "up", run_up },
    { "status", run_status },
    { "plan", run_plan },
    { "down", migrate_run_down },
    { "redo", migrate_run_redo },
    { "roles", run_roles },
};

static int usage(void)
{
    fputs("usage: ashlar migrate up [--expand-only] [--no-lint] [--lock-wait SECONDS] | status "
          "[--json] | plan | lint | down [--yes] | redo | roles\n",
        stderr);
    return 2;
}

static bool read_options(int argc, char **argv, struct migrate_options *o)
{
    int64_t seconds;

    for (int i = 0; i < argc; i++) {
        if (text_equal(argv[i], "--json"))
            o->json = true;
        else if (text_equal(argv[i], "--expand-only"))
            o->expand_only = true;
        else if (text_equal(argv[i], "--no-lint"))
            o->no_lint = true;
        else if (text_equal(argv[i], "--yes"))
            o->yes = true;
        else if (text_equal(argv[i], "--lock-wait") && i + 1 < argc &&
                 text_to_int(argv[i + 1], &seconds) && seconds >= 0 && seconds <= 86400)
            o->lock_wait_s = (int)seconds, i++;
        else
            return false;
    }
    return true;
}

static int run_verb(int (*run)(struct migrator *m, const struct migrate_options *o),
    const struct migrate_options *o, struct buf *report)
{
    struct arena *a = arena_new(0);
    struct migrator m;
    int code = migrator_open(&m, a, report);

    if (code == MIGRATE_OK)
        code = migrator_check_names(&m);
    if (code == MIGRATE_OK)
        code = run(&m, o);
    migrator_close(&m);
    arena_free(a);
    return code;
}

int migrate_command(int argc, char **argv)
{
    struct migrate_options o = { .lock_wait_s = LOCK_WAIT_S };

    if (argc > 0 && text_equal(argv[0], "migrate"))
        argc--, argv++;
    if (argc < 1 || !read_options(argc - 1, argv + 1, &o))
        return usage();
    if (text_equal(argv[0], "lint"))
        return run_lint();
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (text_equal(argv[0], verbs[i].name))
            return run_verb(verbs[i].run, &o, NULL);
    return usage();
}

int migrate_up(struct buf *report)
{
    struct migrate_options o = { .lock_wait_s = LOCK_WAIT_S };
    return run_verb(run_up, &o, report);
}
