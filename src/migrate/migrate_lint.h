/*
 * Which statements of a migration would lock out traffic, rewrite a table or break the binary that
 * still serves: a subset of squawk's rules (squawkhq.com/docs/rules) and the house's own.
 *
 * What touches only tables made in the same file is fine. "-- allow: RULE reason" lets one through.
 */
#pragma once
#include "migration_file.h"
#include <ashlar/buf.h>

/* One line per finding: "users/0002_add_seats.sql:7: RULE: why, and what to do". How many. */
int migrate_lint(struct arena *a, const struct migration *m, struct buf *out);
