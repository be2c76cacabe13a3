/* The declared setting closest to a mistyped name. */
#pragma once
#include "declared.h"

/* The setting with the fewest edits to `name`. NULL when none is close. */
const char *nearest_setting(const struct declared_list *all, const char *name);
