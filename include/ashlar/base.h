/* Basic macros and types of all files. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Part of a module's or the platform's interface. All other symbols are hidden in the binary. */
#define PUBLIC __attribute__((visibility("default")))

/* The result must be checked. Every function that returns `err` has this attribute. */
#define CHECKED __attribute__((warn_unused_result))

#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define COUNT(array)                    (sizeof(array) / sizeof((array)[0]))

/* Returns the error of `call`, if any. The only control-flow macro: a ctx owns memory and
 * transaction, so an early return is always correct. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        err try_error_ = (call);                                                                   \
        if (try_error_)                                                                            \
            return try_error_;                                                                     \
    } while (0)

/* Bytes with their length. Not NUL-terminated, not owned. */
struct bytes {
    const void *data;
    size_t size;
};
