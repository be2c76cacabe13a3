/* The settings of auth. */
#include "auth_internal.h"

const struct setting ASHLAR_SESSION_IDLE_DAYS = {
    .name = "ASHLAR_SESSION_IDLE_DAYS",
    .type = SETTING_INT,
    .fallback = "14",
    .min = 1,
    .max = 90,
    .doc = "Days without use after which a session expires. A change applies to new sessions.",
};
const struct setting ASHLAR_SESSION_MAX_DAYS = {
    .name = "ASHLAR_SESSION_MAX_DAYS",
    .type = SETTING_INT,
    .fallback = "90",
    .min = 1,
    .max = 365,
    .doc =
        "Days after which a session expires even if it is used. A change applies to new sessions.",
};

const char *auth__check_settings(enum environment env)
{
    (void)env;
    if (setting_int(&ASHLAR_SESSION_IDLE_DAYS) > setting_int(&ASHLAR_SESSION_MAX_DAYS))
        return "ASHLAR_SESSION_IDLE_DAYS must not exceed ASHLAR_SESSION_MAX_DAYS";
    return NULL;
}
