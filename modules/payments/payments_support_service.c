/* Support view of an organisation's billing. */
#include "payments_internal.h"

SUPPORT_VIEW(see_org, payments_billing_standing)
{
    (void)of;
    return payments__get_standing(c, out);
}

const struct support_view payments__org_support_view = {
    .doc = "Plan, subscription, refunds and disputes",
    .loader = LOADED_BY(see_org),
};
