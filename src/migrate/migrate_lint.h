/*
 * Linter for statements of a migration that would block traffic, rewrite a table or break the
 * serving binary. Its rules are a subset of squawk's (squawkhq.com/docs/rules) and the platform's
 * own.
 *
 * Statements on tables created in the same file are allowed. "-- allow: RULE reason" permits one.
 */
#pragma once
#include "migration_file.h"
#include <ashlar/buf.h>

/* Writes one line per finding, "users/0002_add_seats.sql:7: RULE: reason and cure". Returns their
 * number. */
int migrate_lint(struct arena *a, const struct migration *m, struct buf *out);
