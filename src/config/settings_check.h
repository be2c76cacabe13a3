/* Check of a text against a setting's type, range and rule. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/config.h>

/* Checks type, range, then the setting's rule. `*number` is set for INT and BOOL. False: `why`
 * states the problem and the allowed values, without the value of a secret. */
CHECKED bool setting_check(const struct setting *s, enum environment env, const char *text,
    int64_t *number, struct buf *why);

/* "integer from 1 to 64", "true or false", "smtp or catch": for messages and the manual. */
void setting_type_text(const struct setting *s, struct buf *out);

/* Name of exactly one environment: "production" … */
const char *environment_name(enum environment env);
/* False when `text` is not an environment. */
CHECKED bool environment_parse(const char *text, enum environment *out);
