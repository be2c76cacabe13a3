/*
 * flag — feature flags, evaluated in the process from a snapshot. Never fails: with the database
 * away the last snapshot, or the compiled-in default, answers. Threads: any.
 */
#pragma once
#include "ctx.h"

struct flag {
    const char *name; /* "users.bulk_invite" */
    const char *doc;
    const char *owner;
    const char *expires; /* "2027-06-30": when it should be gone from the code */
    bool fallback;
};

/* For c's organisation, else its person (both are sticky: the same answer every time). */
PUBLIC bool flag_bool(const struct ctx *c, const struct flag *f);
