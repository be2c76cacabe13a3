/* Loaded values of the settings, with their sources. */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/config.h>

enum value_source {
    SOURCE_UNSET,
    SOURCE_DEFAULT,
    SOURCE_ENVIRONMENT,
    SOURCE_FILE,
    SOURCE_CREDENTIAL
};

struct value {
    const struct setting *setting;
    const char *text; /* NULL: unset */
    int64_t number;   /* SETTING_INT, SETTING_BOOL */
    enum value_source source;
};

/* Replaces all values. Texts are copied (secrets into guarded, locked memory) and stay valid until
 * exit, even after a replacement. */
void values_set(enum environment env, const struct value *values, size_t n);

/* NULL when no loaded module declared it. */
const struct value *values_find(const struct setting *s);
