/* Module shop of the transaction suites: a table, its errors, and a function or two to run. Knows
 * no test. */
#pragma once
#include "db_factory.h"

extern const struct query SHOP_count_items, SHOP_own_pid, SHOP_bump, SHOP_fail_some_times;
extern const struct error_kind NAME_TAKEN, NO_STOCK;

/* One test's unit of work, in an organisation of its own, on an empty table. */
struct world {
    struct ctx *c;
    struct uuid org;
    int runs; /* of insert_one */
};
extern struct testdb shop_db;

/* For cmocka's group: a pool of four connections with a statement limit of one second. */
int shop_start(void **state);
int shop_stop(void **state);
struct world shop_world(void);

/* Rows of all organisations, as the superuser sees them. */
int64_t shop_items(void);

err shop_insert(struct ctx *c, const char *name);

/* Transaction functions; `arg` is the world. */
err insert_one(struct ctx *c, void *arg);
err insert_nameless(struct ctx *c, void *arg);
err insert_then_refuse(struct ctx *c, void *arg);
err need_three_tries(struct ctx *c, void *arg);
