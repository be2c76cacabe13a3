/* The roles, and the removal of PostgreSQL's default grants to PUBLIC. Created before the first
 * migration, by the login role, which needs no superuser, but CREATEROLE and ownership of the
 * database. */
#include "migrator.h"
#include <ashlar/text.h>

enum { ROLE_ATTEMPTS = 3 };

/*
 * Rows of (state, SQL that creates it) for each missing state, with the roles' names replaced
 * (roles_in_sql). The roles are created first and separately, because querying the rights of a
 * missing role is an error. Parameter %1$s is the kind of membership that allows SET ROLE, a
 * separate option since PostgreSQL 16.
 */
static const char missing_roles[] =
    "SELECT format('CREATE ROLE %I NOLOGIN', wanted) FROM unnest("
    "array['ashlar_owner', 'ashlar_app', 'ashlar_system']) AS wanted "
    "WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted)";

static const char missing_rights[] =
    "WITH wish (ok, sql) AS (VALUES "
    "(pg_has_role('ashlar_owner', 'ashlar_system', '%1$s'), "
    " 'GRANT ashlar_system TO ashlar_owner'), "
    "(pg_has_role(current_user, 'ashlar_owner', '%1$s'), "
    " format('GRANT ashlar_owner TO %%I', current_user)), "
    "(%2$s pg_has_role(current_user, 'ashlar_app', '%1$s'), "
    " format('GRANT ashlar_app TO %%I', current_user)), "
    "(%2$s pg_has_role(current_user, 'ashlar_system', '%1$s'), "
    " format('GRANT ashlar_system TO %%I', current_user)), "
    "(has_database_privilege('ashlar_owner', current_database(), 'CREATE'), "
    " format('GRANT CREATE ON DATABASE %%I TO ashlar_owner', current_database())), "
    "(NOT has_database_privilege('ashlar_app', current_database(), 'TEMP'), "
    " format('REVOKE TEMP ON DATABASE %%I FROM PUBLIC', current_database())), "
    "(to_regnamespace('public') IS NULL OR NOT has_schema_privilege('ashlar_app', "
    "  to_regnamespace('public'), 'USAGE'), 'REVOKE ALL ON SCHEMA public FROM PUBLIC')) "
    "SELECT sql FROM wish WHERE NOT ok";

/*
 * Right to connect: the three roles, the current login, and every other login that is a direct or
 * indirect member of one of them. Then no other role. In this order, so that no serving login loses
 * access.
 */
static const char missing_connects[] =
    "WITH base AS (SELECT datname, coalesce(datacl, acldefault('d', datdba)) AS acl "
    "  FROM pg_catalog.pg_database WHERE datname = current_database()), "
    "granted AS (SELECT grantee FROM base, aclexplode(acl) WHERE privilege_type = 'CONNECT'), "
    "ours AS (SELECT oid, rolname FROM pg_catalog.pg_roles "
    "  WHERE rolname IN ('ashlar_owner', 'ashlar_app', 'ashlar_system')), "
    "wanted AS (SELECT r.oid, r.rolname FROM pg_catalog.pg_roles r WHERE NOT r.rolsuper "
    "  AND (r.rolname = current_user OR r.oid IN (SELECT oid FROM ours) OR r.rolcanlogin "
    "    AND EXISTS (SELECT FROM ours WHERE pg_has_role(r.oid, ours.oid, 'MEMBER')))) "
    "SELECT sql FROM (SELECT 1 AS turn, format('GRANT CONNECT ON DATABASE %I TO %I', datname, "
    "    rolname) AS sql FROM base, wanted WHERE NOT EXISTS (SELECT FROM granted "
    "    WHERE grantee <> 0 AND pg_has_role(wanted.oid, grantee, 'USAGE')) "
    "  UNION ALL SELECT 2, format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', datname) FROM base "
    "    WHERE EXISTS (SELECT FROM granted WHERE grantee = 0)) AS wishes ORDER BY turn, sql";

static const char unfenced_roles[] =
    "SELECT string_agg(rolname, ', ') FROM pg_catalog.pg_roles WHERE (rolsuper OR rolbypassrls) "
    "AND rolname IN ('ashlar_owner', 'ashlar_app', 'ashlar_system')";

static const char schema_owner[] = "SELECT pg_get_userbyid(nspowner) FROM "
                                   "pg_catalog.pg_namespace WHERE nspname = 'platform'";

/* Runs each statement. An error does not end the loop: a concurrent run may have done the same, or
 * an administrator is required. The next query decides. */
static bool run_grants(struct migrator *m, const PGresult *grants)
{
    for (int i = 0; i < PQntuples(grants); i++) {
        PGresult *result = NULL;
        enum conn_outcome outcome = conn_exec(m->login, PQgetvalue(grants, i, 0), NULL, 0, &result);
        PQclear(result);
        if (outcome != CONN_OK)
            return false;
    }
    return true;
}

static void complain_of(struct migrator *m, const PGresult *grants)
{
    migrator_complain(m, "this login is not allowed to prepare the database. An administrator must "
                         "run, connected to it:\n");
    for (int i = 0; i < PQntuples(grants); i++)
        migrator_complain(m, "    %s;\n", PQgetvalue(grants, i, 0));
}

/* Repeats until the query returns no missing state. */
static bool fulfil(struct migrator *m, const char *query)
{
    const char *sql = roles_in_sql(m->arena, query, strlen(query));
    PGresult *grants = NULL;
    bool done = false, good = true;

    for (int attempt = 1; good && !done && attempt <= ROLE_ATTEMPTS; attempt++) {
        PQclear(grants);
        grants = NULL;
        good = migrator_sql(m, m->login, sql, NULL, &grants);
        done = good && PQntuples(grants) == 0;
        if (good && !done && attempt < ROLE_ATTEMPTS)
            good = run_grants(m, grants);
    }
    if (good && !done)
        complain_of(m, grants);
    PQclear(grants);
    return done;
}

int migrator_check_names(struct migrator *m)
{
    const char *owner, *ours = db_role_name(DB_OWNER);

    if (!migrator_text(m, m->login, schema_owner, &owner))
        return MIGRATE_FAILED;
    if (owner[0] == '\0' || text_equal(owner, ours))
        return MIGRATE_OK;
    migrator_complain(m,
        "this database's schema belongs to %s, but ASHLAR_DB_ROLE_PREFIX selects %s. It may be the "
        "database of another environment. Set the prefix before the first migration. "
        "deploy/restore restores a backup under other names.\n",
        owner, ours);
    return MIGRATE_FAILED;
}

static bool are_fenced(struct migrator *m)
{
    const char *unfenced;

    if (!migrator_text(m, m->login,
            roles_in_sql(m->arena, unfenced_roles, sizeof unfenced_roles - 1), &unfenced))
        return false;
    if (unfenced[0] != '\0')
        migrator_complain(
            m, "%s bypasses row-level security: ALTER ROLE … NOSUPERUSER NOBYPASSRLS\n", unfenced);
    return unfenced[0] == '\0';
}

int migrator_make_roles(struct migrator *m)
{
    bool has_own_login = db_role_url(DB_OWNER) != db_role_url(DB_APP);
    bool has_set_option = PQserverVersion(m->login->pg) >= 160000;
    const char *rights;

    if (!fulfil(m, missing_roles) || !are_fenced(m))
        return MIGRATE_FAILED;
    rights = arena_printf(m->arena, missing_rights, has_set_option ? "SET" : "MEMBER",
        has_own_login ? "true OR" : "");
    if (!fulfil(m, arena_printf(m->arena, "(%s) UNION ALL (%s)", rights, missing_connects)))
        return MIGRATE_FAILED;
    return MIGRATE_OK;
}
