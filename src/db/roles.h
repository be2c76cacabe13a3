/*
 * The three roles of a database: the owner, the role of requests, the role across tenants.
 *
 * Roles belong to a whole cluster, so their names have a prefix from ASHLAR_DB_ROLE_PREFIX,
 * "ashlar_" by default. Migrations and the platform's SQL contain the default names. roles_in_sql
 * replaces them by the database's names. Threads: any.
 */
#pragma once
#include <ashlar/arena.h>

/* A connection has one of these roles, by login or by SET ROLE after it. */
enum db_role { DB_APP, DB_SYSTEM, DB_OWNER, DB_ROLES };

/* A lower-case identifier that needs no quotes. Valid until the thread's next call for that
 * role. */
const char *db_role_name(enum db_role role);

/* A copy of `size` bytes of SQL with `prefix` instead of "ashlar_" in the whole words ashlar_owner,
 * ashlar_app and ashlar_system. Literals, function bodies and comments are included. The number of
 * lines does not change. */
const char *roles_in_sql_with(struct arena *a, const char *prefix, const char *sql, size_t size);
/* The same with the setting's prefix. */
const char *roles_in_sql(struct arena *a, const char *sql, size_t size);
