/* Staff: error kinds, and the job that deletes expired staff sessions. */
#include "admin_internal.h"

const struct error_kind ADMIN_OWN_ACCOUNT = { "admin/own-account", 403,
    "Not allowed on your own account",
    "Contact another superadmin. For a staff role, an operator of the server can also use `ashlar "
    "admin create`." };
const struct error_kind ADMIN_IS_STAFF = { "admin/is-staff", 409, "Person is staff",
    "Remove the staff role first: DELETE /v1/admin/staff/{person_id}." };

SWEEP_JOB(admin__sweep_job, .name = "admin.sweep",
    .doc = "Deletes records of staff sessions a day after their last use", .every_s = 24 * 60 * 60);
