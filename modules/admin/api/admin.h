/*
 * admin — the staff of the company that runs this server, and their access across organisations. No
 * module is above it.
 *
 * The only header of this module that others may include. All functions run as ashlar_system: on a
 * staff route, from a command or a job. Every access to customers' data writes an audit row.
 */
#pragma once
#include <ashlar/ashlar.h>

#define ADMIN_ROLES "support|operator|superadmin"

struct admin_staff {
    struct uuid id; /* of the person */
    const char *role;
    struct uuid made_by; /* nil: created by the command line */
    struct instant created_at;
};
PUBLIC extern const struct shape admin_staff_shape;

/* Make a person staff, or change a staff member's role. Errors: ERR_NOT_FOUND, ADMIN_OWN_ACCOUNT
 * for the acting person. */
PUBLIC CHECKED err admin_put_staff(
    struct ctx *c, struct uuid person, const char *role, struct admin_staff *out);

/* Errors: ERR_NOT_FOUND, ADMIN_OWN_ACCOUNT. */
PUBLIC CHECKED err admin_remove_staff(struct ctx *c, struct uuid person);

PUBLIC extern const struct error_kind ADMIN_OWN_ACCOUNT;
PUBLIC extern const struct error_kind ADMIN_IS_STAFF;
