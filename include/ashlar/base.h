/* The few words every file uses. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Part of a module's or the platform's interface; everything else is hidden in the binary. */
#define PUBLIC __attribute__((visibility("default")))

/* The result must be looked at: every function that returns `err` carries it. */
#define CHECKED __attribute__((warn_unused_result))

#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define COUNT(array)                    (sizeof(array) / sizeof((array)[0]))

/* Return the error of `call`, if there is one. The house's only control-flow macro: a ctx owns
 * memory and transaction, so an early return is always right. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        err try_error_ = (call);                                                                   \
        if (try_error_)                                                                            \
            return try_error_;                                                                     \
    } while (0)

/* A length travels with its bytes. Not NUL-terminated, not owned. */
struct bytes {
    const void *data;
    size_t size;
};
