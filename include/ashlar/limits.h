/*
 * limits — how much of everything, in one place. Knows nothing but numbers.
 */
#pragma once
#include "base.h"

#define LIMIT_KIB(n) ((size_t)(n)*1024)
#define LIMIT_MIB(n) (LIMIT_KIB(n) * 1024)

#define LIMIT_ARENA    LIMIT_MIB(64)
#define LIMIT_FAREWELL LIMIT_MIB(1) /* of a unit of work that outgrew its arena, to tell it */

/* Of an arena with ceiling `c`: where it is outgrown, and what is kept for telling a failure. */
#define LIMIT_SOFT_OF(c)    ((c) / 4 * 3)
#define LIMIT_RESERVE_OF(c) ((c) / 16)
