/* The inbox: what a person was told, numbered in the order of the commits. Knows no HTTP and no
 * SQL.
 */
#include "notifications_internal.h"

err notifications__add_item(struct ctx *c, const struct notifications__new_item *item)
{
    int64_t seq;

    /* Locked until commit: whoever has a lower number has committed before. */
    TRY(notifications__next_seq(c, 1, &seq));
    return notifications__insert_item(c, item, seq);
}
