/* Whether this binary can serve the database, for /readyz. */
#include "base/ctx_open.h"
#include "config/platform_settings.h"
#include "db_sql.h"
#include "migration_file.h"
#include "base/version.h"
#include "module/registry.h"
#include "db/tx.h"
#include <ashlar/log.h>
#include <ashlar/text.h>
#include <stdatomic.h>

enum { GAPS_TEXT_MAX = 16 * 1024, GAPS_SHOWN = 12, ROLES_GOOD_S = 1 };

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

/* Numbers are compared by value: "0.10.0" is newer than "0.9.0". */
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

/* All migrations of this binary must be applied. Newer ones may be, if they allow this binary. */
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

/* --- One role --- */

struct session {
    enum db_role role;
    const char *differs; /* "": in effect */
};

struct session_row {
    const char *differs;
};
static const struct field session_row_fields[] = {
    TEXT(session_row, differs),
};
static SHAPE(session_row);

static err look_at_session(struct ctx *c, void *arg)
{
    struct session *s = arg;
    struct session_row row;

    TRY(db_one(c, &SQL_session_in_force, session_row, &row,
        ARGS(ARG(db_role_name(s->role)), ARG(arena_printf(c->arena, "%d", pool_statement_ms())),
            ARG(arena_printf(c->arena, "%d", pool_lock_ms(s->role))),
            ARG(arena_printf(c->arena, "%d", POOL_IDLE_IN_TRANSACTION_MS)))));
    s->differs = row.differs;
    return NULL;
}

/* PostgreSQL's error of a failed login. */
static const char *why_absent(struct arena *a, enum db_role role)
{
    const char *why = pool_why_not(a, role);

    return why ? arena_printf(a, "the database does not respond as %s: %s", db_role_name(role), why)
               : "the database does not respond: no connection became free in time";
}

static void open_check(struct ctx *c, struct arena *a, int timeout_ms)
{
    ctx_open(c, a, "readyz");
    c->deadline_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
}

const char *pool_check_role(struct arena *a, enum db_role role, int timeout_ms, bool *unfit)
{
    struct session s = { .role = role, .differs = "" };
    const char *why;
    struct ctx c;
    err e;

    open_check(&c, a, timeout_ms);
    e = tx_run_as(&c, role, TX_READ, look_at_session, &s);
    *unfit = e == NULL && s.differs[0] != '\0';
    if (*unfit)
        return arena_printf(a,
            "connections as %s do not have the requested parameters: %s. Check whether a pooler "
            "drops startup parameters: docs/pooler.md",
            db_role_name(role), s.differs);
    if (e == NULL)
        return NULL;
    why = why_absent(a, role);
    *unfit = strstr(why, "unsupported startup parameter") != NULL;
    return *unfit ? arena_printf(a, "%s. See docs/pooler.md for the setup of a pooler", why) : why;
}

/* --- The whole check --- */

const char *pool_check_schema(struct arena *a, int timeout_ms, bool *unfit)
{
    struct answer answer = { .why_not = NULL };
    struct ctx c;
    err e;

    open_check(&c, a, timeout_ms);
    e = tx_run_as(&c, DB_APP, TX_READ, check, &answer);
    *unfit = e == &ERR_INTERNAL || (e == NULL && answer.why_not != NULL);
    if (e == &ERR_INTERNAL)
        return "the schema cannot be read: run `ashlar migrate up` (the log has the details)";
    return e != NULL ? why_absent(a, DB_APP) : answer.why_not;
}

static const char away[] = "the database does not respond";

/* The probe is public and may be called often: a good result is cached, and `*what` contains no
 * details. */
static const char *check_roles(struct arena *a, int timeout_ms, const char **what)
{
    static const enum db_role roles[] = { DB_APP, DB_SYSTEM };
    static atomic_llong good_until_us;

    if (clock_monotonic_us() < atomic_load(&good_until_us))
        return NULL;
    for (size_t i = 0; i < COUNT(roles); i++) {
        bool unfit;
        const char *why = pool_check_role(a, roles[i], timeout_ms, &unfit);
        *what = unfit ? "connections to the database do not have the requested parameters" : away;
        if (why)
            return why;
    }
    atomic_store(&good_until_us, clock_monotonic_us() + SECONDS(ROLES_GOOD_S));
    return NULL;
}

const char *pool_check(struct arena *a, int timeout_ms, const char **what)
{
    bool unfit;
    const char *why = pool_check_schema(a, timeout_ms, &unfit), *shown = away;

    if (why && unfit)
        shown = "the schema of the database is not one this binary can serve";
    if (why == NULL)
        why = check_roles(a, timeout_ms, &shown);
    if (why && what)
        *what = shown;
    return why;
}

/* --- Row-level security --- */

struct gap {
    const char *why;
};
static const struct field gap_fields[] = {
    TEXT(gap, why),
};
static SHAPE(gap);

static err look_at_fences(struct ctx *c, void *arg)
{
    const char **lines = arg;
    const struct gap *gaps;
    struct buf b;
    size_t n;

    TRY(db_list(c, &SQL_broken_fences, gap, &gaps, &n,
        ARGS(ARG(db_role_name(DB_APP)), ARG(db_role_name(DB_SYSTEM)), ARG(config_is_local()))));
    buf_init(&b, c->arena, GAPS_TEXT_MAX);
    for (size_t i = 0; i < n && i < GAPS_SHOWN; i++)
        buf_printf(&b, "%s%s", i ? "\n" : "", gaps[i].why);
    *lines = n ? b.data : NULL;
    return NULL;
}

const char *pool_broken_fences(struct arena *a, int timeout_ms)
{
    const char *lines = NULL;
    struct ctx c;
    err e;

    open_check(&c, a, timeout_ms);
    e = tx_run_as(&c, DB_APP, TX_READ, look_at_fences, &lines);
    return e == &ERR_INTERNAL ? "they cannot be read: see the log line above" : lines;
}
