/* audit — who changed what, written in the transaction of the change. Knows no module. */
#pragma once
#include "shape.h"

/*
 * One row: actor, organisation, request id, address and time come from c. `action` is
 * "users.member_removed"; `target_prefix` and `target` name the thing ("person", id). `before` and
 * `after` (either may be NULL) are structs of shape `s`; secret fields are left out.
 */
PUBLIC CHECKED err audit(struct ctx *c, const char *action, const char *target_prefix,
    struct uuid target, const struct shape *s, const void *before, const void *after);
