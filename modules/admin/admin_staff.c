/* Staff: the failures its rules name, and the job that forgets their sessions. */
#include "admin_internal.h"

const struct error_kind ADMIN_NOT_ONESELF = { "admin/not-oneself", 403,
    "Nobody does this to themselves",
    "Ask another superadmin; for a staff role also the operator of the server (`ashlar admin "
    "create`)." };
const struct error_kind ADMIN_IS_STAFF = { "admin/is-staff", 409, "The person is staff",
    "Take the staff role away first." };

SWEEP_JOB(admin__sweep_job, .name = "admin.sweep",
    .doc = "Deletes records of staff sessions a day after their last use", .every_s = 24 * 60 * 60);
