/* Validation of a request head before it is used (RFC 9112). Fuzzed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAD_FIELDS_MAX = 64 };

/* One field as received. Sizes count every byte, including NUL. */
struct head_field {
    const char *name, *value;
    size_t name_size, value_size;
};

/* Whether it is allowed in a method or field name (RFC 9110 section 5.6.2). */
bool head_is_token_char(char c);

/*
 * NULL when valid, otherwise the reason of the rejection (400, then the connection is closed):
 * - an unsupported method or version;
 * - a name that is not a token, or control bytes in values;
 * - a missing Host, or too many fields;
 * - a repeated field that must be unique (Host, Content-Length, Content-Type, Authorization …);
 * - Content-Length with Transfer-Encoding, or a Content-Length that is not a plain number.
 *
 * Two servers in a row that read such a request differently can be made to see different requests
 * (smuggling).
 */
const char *head_check(
    const char *method, const char *version, const struct head_field *fields, size_t n);

/* A head that was split into texts in place: `size` bytes from `method` to after the empty line.
 * The target has been decoded in place since, so only its original start is given. */
struct head_where {
    const char *method, *version;
    uintptr_t target_at;
    size_t target_size, size;
};

/*
 * NULL when the texts, separated by one space or one CRLF, are the whole head; otherwise the reason
 * of the rejection. Gaps are bytes that the parser skipped without an error. Examples are a raw NUL
 * and the rest of its text, bare line feeds, folded or dropped lines. Only the positions of the
 * texts are compared, not the bytes between them.
 */
const char *head_where(const struct head_where *head, const struct head_field *fields, size_t n);
