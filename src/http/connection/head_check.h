/* What a request's head must be before anything looks at it (RFC 9112). Knows no library. Fuzzed.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAD_FIELDS_MAX = 64 };

/* One field as it came: sizes count every byte, a NUL included. */
struct head_field {
    const char *name, *value;
    size_t name_size, value_size;
};

/* May it stand in a method or the name of a field? (RFC 9110 section 5.6.2) */
bool head_is_token_char(char c);

/*
 * NULL when fine, otherwise why the request is refused (400, then the connection is closed): a
 * method or version we do not speak, names that are no token, control bytes in values, no Host, a
 * field twice that may come once (Host, Content-Length, Content-Type, Authorization …),
 * Content-Length together with Transfer-Encoding, a Content-Length that is no plain number, too
 * many fields. Two servers in a row that read such a request differently can be made to see
 * different requests (smuggling).
 */
const char *head_check(
    const char *method, const char *version, const struct head_field *fields, size_t n);

/* A head that was cut into texts where it lies: `size` bytes from `method` to behind the empty
 * line. The target has been decoded there since: only where it began is said. */
struct head_where {
    const char *method, *version;
    uintptr_t target_at;
    size_t target_size, size;
};

/*
 * NULL when the texts, one space or one CRLF between two of them, are the whole head; otherwise why
 * it is refused. What stands between them is what their reader passed over in silence: a raw NUL
 * and the rest of its text, line feeds that end lines alone, lines that are folded or dropped. Only
 * where the texts lie is looked at, never what is between them.
 */
const char *head_where(const struct head_where *head, const struct head_field *fields, size_t n);
