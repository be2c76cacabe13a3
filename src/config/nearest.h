/* Which setting was meant? Knows only names. */
#pragma once
#include "declared.h"

/* The setting whose name needs the fewest edits to become `name`; NULL when none is close. */
const char *nearest_setting(const struct declared_list *all, const char *name);
