/* Subscriptions of integrations: all public events. */
#include "integrations_internal.h"

ANY_EVENT_HANDLER(take_in)
{
    return integrations__take_in(c, meta, json);
}

const struct subscription integrations__subscriptions[] = {
    { HEARS_ALL(take_in), .consumer = "integrations.take_in" },
    { .consumer = NULL },
};
