/* `doctor`: checks for an operator, each with the next step. Changes nothing. */
#include "base/ctx_open.h"
#include "cli.h"
#include "cli_sql.h"
#include "config/settings_check.h"
#include "config/platform_settings.h"
#include "db/tx.h"
#include "doctor_ports.h"
#include "fetch.h"
#include "net/url.h"
#include "start.h"
#include "storage/storage_start.h"
#include <inttypes.h>
#include <stdio.h>

enum {
    DATABASE_MS = 3000,
    SMTP_MS = 5000,
    OLDEST_SERVER = 150000,
    MOST_CLOCK_SKEW_MS = 1000,
    RESERVED_CONNECTIONS = 10 /* for migrations, psql and PostgreSQL's own superuser slots */
};

enum verdict { OK, WARN, BAD };

/* "ok    database    PostgreSQL 15 …" and, unless ok, an indented next step. */
static void report(
    int *failures, enum verdict verdict, const char *what, const char *found, const char *next_step)
{
    static const char *const words[] = { "ok", "warn", "fail" };

    printf("%-5s %-11s %s\n", words[verdict], what, found);
    if (verdict != OK && next_step != NULL)
        printf("      %-11s → %s\n", "", next_step);
    *failures += verdict == BAD;
}

struct server {
    int64_t version, max_connections, owned;
    struct instant clock;
    const char *role;
    bool is_super, passes_fences, login_is_super;
};
static const struct field server_fields[] = {
    INT(server, version),
    INT(server, max_connections),
    INT(server, owned),
    TIME(server, clock),
    TEXT(server, role),
    BOOL(server, is_super),
    BOOL(server, passes_fences),
    BOOL(server, login_is_super),
};
static SHAPE(server);

/* Names are quoted if SQL requires it. */
struct cluster {
    const char *database, *login, *schema_owner, *shared_with;
    bool public_connects, becomes_any_role;
};
static const struct field cluster_fields[] = {
    TEXT(cluster, database),
    TEXT(cluster, login),
    TEXT(cluster, schema_owner, .optional = true),
    BOOL(cluster, public_connects),
    TEXT(cluster, shared_with, .optional = true),
    BOOL(cluster, becomes_any_role, .optional = true),
};
static SHAPE(cluster);

struct findings {
    struct server server;
    struct cluster cluster;
};

static err look_at_database(struct ctx *c, void *arg)
{
    struct findings *f = arg;

    TRY(db_one(c, &SQL_doctor_server, server, &f->server, NO_ARGS));
    return db_one(c, &SQL_doctor_cluster, cluster, &f->cluster,
        ARGS(ARG(db_role_name(DB_OWNER)), ARG(db_role_name(DB_APP)), ARG(db_role_name(DB_SYSTEM))));
}

static void judge_role(int *failures, struct arena *a, const struct findings *f)
{
    const struct server *s = &f->server;

    if (s->is_super || s->passes_fences)
        report(failures, BAD, "roles",
            arena_printf(a, "requests run as %s, which bypasses row-level security", s->role),
            arena_printf(a, "use a login that is %s or may SET ROLE to it", db_role_name(DB_APP)));
    else if (s->owned > 0)
        report(failures, BAD, "roles",
            arena_printf(a, "%s owns %" PRId64 " relations", s->role, s->owned),
            arena_printf(
                a, "tables must belong to %s: run `ashlar migrate`", db_role_name(DB_OWNER)));
    else if (s->login_is_super)
        report(failures, config_is_local() ? WARN : BAD, "roles",
            arena_printf(a, "requests run as %s, but the login is a superuser", s->role),
            "a login that owns the database or is a member of the roles is sufficient: "
            "docs/deploy.md");
    else
        report(failures, OK, "roles",
            arena_printf(a, "requests run as %s, which owns no tables", s->role), NULL);
}

static void judge_fences(int *failures, struct arena *a)
{
    char *lines = arena_strdup(a, pool_broken_fences(a, DATABASE_MS)), *line, *rest = lines;

    while ((line = strsep(&rest, "\n")) != NULL)
        report(
            failures, BAD, "isolation", line, "undo manual changes: docs/runbooks/cannot-start.md");
    if (lines == NULL)
        report(
            failures, OK, "isolation", "every table is declared and has row-level security", NULL);
}

/* Roles and logins belong to the cluster, and another environment may use them. */
static void judge_cluster(int *failures, struct arena *a, const struct cluster *k)
{
    const char *owner = db_role_name(DB_OWNER);

    if (k->schema_owner != NULL && strcmp(k->schema_owner, owner) != 0)
        report(failures, BAD, "cluster",
            arena_printf(a, "the schema belongs to %s, not to %s", k->schema_owner, owner),
            "set ASHLAR_DB_ROLE_PREFIX to the prefix of that name, or use another database");
    else if (k->public_connects)
        report(failures, BAD, "cluster", "every login of the cluster may connect to this database",
            arena_printf(a,
                "ashlar migrate up, or as its owner: REVOKE CONNECT ON DATABASE %s FROM PUBLIC;",
                k->database));
    else if (k->shared_with != NULL)
        report(failures, WARN, "cluster",
            arena_printf(a, "%s is also a role of %s: the server of one can access the other",
                db_role_name(DB_APP), k->shared_with),
            "each environment needs its own role names, ASHLAR_DB_ROLE_PREFIX: docs/deploy.md");
    else if (k->becomes_any_role)
        report(failures, WARN, "cluster",
            arena_printf(a, "before PostgreSQL 16 %s can become a member of any role", k->login),
            arena_printf(a,
                "after the migration run as an administrator: ALTER ROLE %s NOCREATEROLE;",
                k->login));
    else
        report(
            failures, OK, "cluster", "logins of other databases cannot connect to this one", NULL);
}

static void judge_server(int *failures, struct arena *a, const struct server *s)
{
    int64_t skew_ms = (s->clock.us - clock_now().us) / 1000;
    int64_t wanted = setting_int(&ASHLAR_DB_CONNECTIONS);

    report(failures, s->version < OLDEST_SERVER ? BAD : OK, "server",
        arena_printf(a, "PostgreSQL %" PRId64, s->version / 10000), "PostgreSQL 15 or newer");
    report(failures, 2 * wanted + RESERVED_CONNECTIONS > s->max_connections ? WARN : OK,
        "connections",
        arena_printf(a, "%" PRId64 " of PostgreSQL's %" PRId64 " for this process", wanted,
            s->max_connections),
        "two releases run at the same time during a release: lower ASHLAR_DB_CONNECTIONS or raise "
        "max_connections");
    report(failures, skew_ms > MOST_CLOCK_SKEW_MS || skew_ms < -MOST_CLOCK_SKEW_MS ? WARN : OK,
        "clock", arena_printf(a, "%" PRId64 " ms from the database's", skew_ms),
        "run an NTP client on both machines");
}

/* Reports whether a role can log in, with PostgreSQL's reason. */
static bool check_role(int *failures, struct arena *a, enum db_role role, const char *setting)
{
    bool unfit = false;
    const char *why = pool_check_role(a, role, DATABASE_MS, &unfit);

    if (why != NULL)
        report(failures, BAD, "database", why,
            unfit ? NULL
                  : arena_printf(a,
                        "is PostgreSQL running, and is %s right? docs/runbooks/database-away.md",
                        setting));
    else
        report(
            failures, OK, "database", arena_printf(a, "connected as %s", db_role_name(role)), NULL);
    return why == NULL;
}

static void check_other_roles(int *failures, struct arena *a)
{
    check_role(failures, a, DB_SYSTEM,
        setting_text(&DATABASE_SYSTEM_URL) ? "DATABASE_SYSTEM_URL" : "DATABASE_URL");
    if (setting_text(&DATABASE_OWNER_URL) != NULL)
        check_role(failures, a, DB_OWNER, "DATABASE_OWNER_URL");
}

static void check_database(int *failures, struct arena *a)
{
    struct findings f = { 0 };
    struct ctx c;
    bool unfit = false;
    const char *why;
    err e;

    if (!check_role(failures, a, DB_APP, "DATABASE_URL"))
        return;
    check_other_roles(failures, a);
    why = pool_check_schema(a, DATABASE_MS, &unfit);
    report(failures, why != NULL ? BAD : OK, "schema", why != NULL ? why : "fits this binary",
        "ashlar migrate plan, then ashlar migrate up");
    ctx_open(&c, a, "doctor");
    e = tx_run_as(&c, DB_APP, TX_READ, look_at_database, &f);
    if (e != NULL) {
        report(failures, BAD, "roles", e->title, "see the log line above");
        return;
    }
    judge_role(failures, a, &f);
    judge_fences(failures, a);
    judge_cluster(failures, a, &f.cluster);
    judge_server(failures, a, &f.server);
}

static void check_storage(int *failures, struct arena *a)
{
    const char *found, *why;
    struct ctx c;

    ctx_open(&c, a, "doctor");
    c.deadline_us = clock_monotonic_us() + DATABASE_MS * 1000;
    why = storage_probe(&c, &found);
    report(failures, why != NULL ? BAD : OK, "storage", why != NULL ? why : found,
        "ASHLAR_STORAGE…: docs/storage.md");
}

static void check_mail(int *failures, struct arena *a)
{
    const struct mail_server server = {
        .url = setting_text(&ASHLAR_SMTP_URL),
        .user = setting_text(&ASHLAR_SMTP_USER),
        .password = setting_text(&ASHLAR_SMTP_PASSWORD),
        .ca_file = setting_text(&ASHLAR_SMTP_CA_FILE),
    };
    const char *why;

    if (server.url == NULL) { /* production has one, or does not start */
        report(
            failures, OK, "mail", "no mail server is set: emails are captured, none is sent", NULL);
        return;
    }
    why = fetch_greeting(&server, SMTP_MS);
    report(failures, why != NULL ? BAD : OK, "mail",
        arena_printf(a, "%s %s", server.url, why != NULL ? why : "greets"),
        "docs/runbooks/mails-not-arriving.md");
}

static void check_port(int *failures, struct arena *a)
{
    const char *listen_on = setting_text(&ASHLAR_LISTEN), *why = NULL;
    char url[URL_MAX];
    struct buf body;

    buf_init(&body, a, 4096);
    url_of_self(listen_on, "/livez", url);
    if (fetch(url, 1000, &body, &why) == 200)
        report(failures, OK, "port", arena_printf(a, "%s: a server is running there", listen_on),
            NULL);
    else if ((why = port_problem(listen_on)) != NULL)
        report(failures, BAD, "port", arena_printf(a, "%s: %s", listen_on, why),
            "stop the program that uses it (ss -ltnp) or set ASHLAR_LISTEN");
    else
        report(failures, OK, "port", arena_printf(a, "%s is free", listen_on), NULL);
}

int cli_doctor(int argc, char **argv)
{
    struct arena *a;
    int code, failures = 0;

    (void)argv;
    if (argc != 1)
        return cli_usage("doctor");
    code = start_settings();
    if (code == CLI_OK)
        code = start_database();
    if (code != CLI_OK) {
        report(&failures, BAD, "settings", "see above", "ashlar config show, docs/config.md");
        return code;
    }
    a = arena_new(0);
    report(&failures, OK, "settings",
        arena_printf(a, "valid, environment %s", environment_name(config_environment())), NULL);
    check_database(&failures, a);
    check_port(&failures, a);
    check_storage(&failures, a);
    check_mail(&failures, a);
    arena_free(a);
    start_release();
    return failures > 0 ? CLI_FAILED : CLI_OK;
}
