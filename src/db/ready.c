/* May this binary serve that database? Asked by /readyz. Knows no file's content. */
#include "base/ctx_open.h"
#include "db_sql.h"
#include "migration_file.h"
#include "obs/version.h"
#include "registry.h"
#include "unit.h"
#include <ashlar/log.h>
#include <ashlar/text.h>

struct applied_row {
    const char *module, *phase, *oldest_binary;
    int64_t number;
};
static const struct field applied_row_fields[] = {
    TEXT(applied_row, module),
    INT(applied_row, number),
    TEXT(applied_row, phase),
    TEXT(applied_row, oldest_binary, .optional = true),
};
static SHAPE(applied_row);

struct answer {
    const char *why_not;
};

static int64_t number_of(const struct migration *m)
{
    int64_t n = 0;

    for (const char *p = m->name; *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (*p - '0');
    return n;
}

/* Each number as wide as it needs to be: "0.10.0" is newer than "0.9.0". */
static bool is_older(const char *version, const char *than)
{
    int a[3] = { 0 }, b[3] = { 0 };

    if (sscanf(version, "%d.%d.%d", &a[0], &a[1], &a[2]) != 3 ||
        sscanf(than, "%d.%d.%d", &b[0], &b[1], &b[2]) != 3)
        return false;
    for (int i = 0; i < 3; i++)
        if (a[i] != b[i])
            return a[i] < b[i];
    return false;
}

static bool is_applied(const struct applied_row *rows, size_t n, const struct migration *m)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].number == number_of(m) && text_equal(rows[i].module, m->module))
            return true;
    return false;
}

/* What this binary needs must be there. What is newer may be, as long as it still serves us. */
static const char *why_not(struct arena *a, const struct applied_row *rows, size_t n)
{
    for (const struct migration *m = migrate_files(); m->module != NULL; m++)
        if (registry_find(m->module) != NULL && !is_applied(rows, n, m))
            return arena_printf(a,
                "the schema is older than this binary: %s/%s is not applied; run `ashlar migrate "
                "up`",
                m->module, m->name);
    for (size_t i = 0; i < n; i++)
        if (rows[i].oldest_binary != NULL && is_older(build_version, rows[i].oldest_binary))
            return arena_printf(a,
                "the schema has left this binary behind: %s/%04d serves %s and newer, this is %s",
                rows[i].module, (int)rows[i].number, rows[i].oldest_binary, build_version);
    return NULL;
}

static err check(struct ctx *c, void *arg)
{
    struct answer *answer = arg;
    const struct applied_row *rows;
    bool unfenced;
    size_t n;

    TRY(db_bool(c, &SQL_unfenced_role, &unfenced, NO_ARGS));
    if (unfenced) {
        answer->why_not = arena_printf(c->arena,
            "row security does not hold for the role %s: it must be neither superuser nor "
            "BYPASSRLS",
            db_role_name(DB_APP));
        return NULL;
    }
    TRY(db_list(c, &SQL_applied_migrations, applied_row, &rows, &n, NO_ARGS));
    answer->why_not = why_not(c->arena, rows, n);
    return NULL;
}

const char *pool_check_schema(struct arena *a, int timeout_ms, bool *unfit)
{
    struct answer answer = { .why_not = NULL };
    struct ctx c;
    err e;

    ctx_open(&c, a, "readyz");
    c.deadline_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    e = unit_run(&c, DB_APP, TX_READ, check, &answer);
    *unfit = e == &ERR_INTERNAL || (e == NULL && answer.why_not != NULL);
    if (e == &ERR_INTERNAL)
        return "the schema cannot be read: run `ashlar migrate up` (the log has the details)";
    if (e != NULL)
        return "the database does not answer";
    return answer.why_not;
}

const char *pool_check(struct arena *a, int timeout_ms)
{
    bool unfit;

    return pool_check_schema(a, timeout_ms, &unfit);
}
