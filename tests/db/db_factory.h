/* Databases for the suites of src/db: each test program makes its own on the server that
 * ASHLAR_TEST_DATABASE_URL (a superuser's) names. Knows no module. */
#pragma once
#include "migrate/migrate.h"
#include "db/tx.h"
#include <ashlar/ashlar.h>
#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct testdb {
    struct arena *arena;
    const char *url;
    PGconn *admin; /* the superuser, connected to this database */
};

/* An empty database; settings point to it, the pool is down. Ends the program when there is no
 * server to use. */
void testdb_make(struct testdb *d);
void testdb_drop(struct testdb *d);

/* One more setting for config_load, from the next testdb_use on: "NAME=value". */
void testdb_use(const struct testdb *d, const char *url, const char *setting);

/* SQL as the superuser; asserts that it works. The first column of the first row, or "". */
const char *testdb_sql(struct testdb *d, const char *sql);

/* The platform schema and the table shop.item, without the migrator. */
void testdb_make_shop(struct testdb *d);

/* What the migrator carries from here on: the platform's files of these names, then module shop's
 * texts under `names`, each list ended by NULL; at most 8 together. The lists may go, the texts
 * stay the caller's. → the table, which ends with an empty row and is good until the next call. */
struct migration *testdb_use_files(
    const char *const *platform, const char *const *names, const char *const *texts);

/* A fresh unit of work without a deadline; ends with testdb_close_ctx. */
struct ctx *testdb_ctx(void);
void testdb_close_ctx(struct ctx *c);
