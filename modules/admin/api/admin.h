/*
 * admin — the staff of the company that runs this server, and what they may see and do across
 * organisations. Knows no business rule of other modules: it asks them. Nobody is above it.
 *
 * The only header of this module that others may include. All functions run as ashlar_system: on a
 * staff route, from a command or a job. Every look at customers' data writes an audit row.
 */
#pragma once
#include <ashlar/ashlar.h>

#define ADMIN_ROLES "support|operator|superadmin"

struct admin_staff {
    struct uuid id; /* of the person */
    const char *role;
    struct uuid made_by; /* nil: the command line */
    struct instant created_at;
};
PUBLIC extern const struct shape admin_staff_shape;

/* Make a person staff, or give a staff member another role. Errors: ERR_NOT_FOUND; of a person who
 * acts ADMIN_OWN_ACCOUNT. */
PUBLIC CHECKED err admin_put_staff(
    struct ctx *c, struct uuid person, const char *role, struct admin_staff *out);

/* Errors: ERR_NOT_FOUND, ADMIN_OWN_ACCOUNT. */
PUBLIC CHECKED err admin_remove_staff(struct ctx *c, struct uuid person);

PUBLIC extern const struct error_kind ADMIN_OWN_ACCOUNT;
PUBLIC extern const struct error_kind ADMIN_IS_STAFF;
