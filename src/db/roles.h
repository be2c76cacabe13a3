/*
 * The three roles of a database: who owns it, who serves requests, who crosses tenants.
 *
 * Roles belong to a whole cluster, so their names are a setting: ASHLAR_DB_ROLE_PREFIX, "ashlar_"
 * unless set. Migrations and the platform's own SQL are written with the names it has then;
 * roles_in_sql puts the database's own in their place. Threads: any.
 */
#pragma once
#include <ashlar/arena.h>

/* Connections assume one of these roles: by logging in with it, or by SET ROLE right after. */
enum db_role { DB_APP, DB_SYSTEM, DB_OWNER, DB_ROLES };

/* A lower-case identifier that needs no quotes; valid until the thread asks for that role again. */
const char *db_role_name(enum db_role role);

/* A copy of `size` bytes of SQL in which ashlar_owner, ashlar_app and ashlar_system, where they are
 * whole words (in literals, bodies of functions and comments too), begin with `prefix` instead of
 * "ashlar_". No line is added or removed. */
const char *roles_in_sql_with(struct arena *a, const char *prefix, const char *sql, size_t size);
/* The same with the setting's prefix. */
const char *roles_in_sql(struct arena *a, const char *sql, size_t size);
