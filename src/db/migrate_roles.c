/* The roles, and what PostgreSQL grants everybody by default. Made before the first migration, by
 * the login itself: none of it needs a superuser, but CREATEROLE and the database's ownership.
 * Knows no migration. */
#include "migrator.h"

enum { ROLE_ATTEMPTS = 3, WISHES_MAX = 16 };

/*
 * Rows of (how it must be, as SQL that makes it so) for all that is not so yet. The roles come
 * first, alone: asking what a missing role may do is an error. %1$s is the kind of membership that
 * lets one SET ROLE: since PostgreSQL 16 that is an option of its own.
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

static const char unfenced_roles[] =
    "SELECT string_agg(rolname, ', ') FROM pg_catalog.pg_roles WHERE (rolsuper OR rolbypassrls) "
    "AND rolname IN ('ashlar_owner', 'ashlar_app', 'ashlar_system')";

/* Try each wish. A refusal is no end: another run may have done the same just now, or an
 * administrator must; the next look tells. */
static bool grant_wishes(struct migrator *m, const PGresult *wishes)
{
    for (int i = 0; i < PQntuples(wishes); i++) {
        PGresult *result = NULL;
        enum conn_outcome outcome = conn_exec(m->login, PQgetvalue(wishes, i, 0), NULL, 0, &result);
        PQclear(result);
        if (outcome != CONN_OK)
            return false;
    }
    return true;
}

static void complain_of(struct migrator *m, const PGresult *wishes)
{
    migrator_complain(
        m, "this login may not prepare the database. Let an administrator run, connected to it:\n");
    for (int i = 0; i < PQntuples(wishes); i++)
        migrator_complain(m, "    %s;\n", PQgetvalue(wishes, i, 0));
}

/* Until the query finds nothing left to do. */
static bool fulfil(struct migrator *m, const char *query)
{
    PGresult *wishes = NULL;
    bool done = false, good = true;

    for (int attempt = 1; good && !done && attempt <= ROLE_ATTEMPTS; attempt++) {
        PQclear(wishes);
        wishes = NULL;
        good = migrator_sql(m, m->login, query, NULL, &wishes);
        done = good && PQntuples(wishes) == 0;
        if (good && !done && attempt < ROLE_ATTEMPTS)
            good = grant_wishes(m, wishes);
    }
    if (good && !done)
        complain_of(m, wishes);
    PQclear(wishes);
    return done;
}

int migrator_make_roles(struct migrator *m)
{
    bool has_own_login = db_role_url(DB_OWNER) != db_role_url(DB_APP);
    bool has_set_option = PQserverVersion(m->login->pg) >= 160000;
    const char *unfenced;

    if (!fulfil(m, missing_roles) || !migrator_text(m, m->login, unfenced_roles, &unfenced))
        return MIGRATE_FAILED;
    if (unfenced[0] != '\0') {
        migrator_complain(m,
            "row security does not hold for %s: ALTER ROLE … NOSUPERUSER "
            "NOBYPASSRLS\n",
            unfenced);
        return MIGRATE_FAILED;
    }
    if (!fulfil(m, arena_printf(m->arena, missing_rights, has_set_option ? "SET" : "MEMBER",
                       has_own_login ? "true OR" : "")))
        return MIGRATE_FAILED;
    return MIGRATE_OK;
}
