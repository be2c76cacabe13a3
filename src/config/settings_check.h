/* Is a text a value this setting may have? Knows no source. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/config.h>

/* Type, range, then the setting's own refusal. `*number` is set for INT and BOOL. False: `why`
 * says what is wrong and what would be right, without the value when it is secret. */
CHECKED bool setting_check(const struct setting *s, enum environment env, const char *text,
    int64_t *number, struct buf *why);

/* "integer from 1 to 64", "true or false", "smtp or catch": for messages and the manual. */
void setting_type_text(const struct setting *s, struct buf *out);

/* "production" … of exactly one environment. */
const char *environment_name(enum environment env);
/* False when `text` is no environment. */
CHECKED bool environment_parse(const char *text, enum environment *out);
