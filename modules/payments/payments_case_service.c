/* What staff see of an organisation's plan. Knows no HTTP and no SQL. */
#include "payments_internal.h"

CASE_VIEW(see_org, payments_standing)
{
    (void)of;
    return payments__get_standing(c, out);
}

const struct case_view payments__org_case = {
    .doc = "Plan, subscription, refunds and disputes",
    .loader = SEEN_BY(see_org),
};
