/* Header and parts of a migration's text. */
#pragma once
#include "migrate.h"
#include <ashlar/arena.h>

struct migration_file {
    const struct migration *migration;
    int number;                /* of "0001_create_org" */
    const char *phase;         /* "expand", "contract"; NULL: no phase line */
    bool in_transaction;       /* false after "-- transaction: none" */
    const char *oldest_binary; /* "0.2.0"; NULL: none */
    const char *up, *up_end;
    const char *down, *down_end; /* NULL: no down statement */
    int down_line;
    char checksum[65]; /* BLAKE2b-256 of the whole text, in hex */
};

/* False when the header is invalid. `*problem` (static text) is then the reason. */
bool migration_file_parse(
    struct arena *a, const struct migration *m, struct migration_file *out, const char **problem);

/* Whether there is an "-- allow: RULE reason" line. */
bool migration_file_allows(const struct migration *m, const char *rule);
