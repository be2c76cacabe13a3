/* text — questions about UTF-8 strings and small conversions. Knows no locale: ASCII rules only. */
#pragma once
#include "arena.h"

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, <= U+10FFFF) without NUL. */
PUBLIC bool utf8_is_valid(const char *text, size_t size);

/* Code points in well-formed UTF-8. */
PUBLIC size_t utf8_length(const char *text);

PUBLIC bool text_equal(const char *a, const char *b); /* NULL equals NULL */
PUBLIC bool text_equal_nocase(const char *a, const char *b);
PUBLIC bool text_starts_with(const char *text, const char *prefix);

/* `word` is one of the words of a "a|b|c" list. */
PUBLIC bool text_is_one_of(const char *list, const char *word, size_t word_size);

/* ASCII letters lowered, copied into the arena. */
PUBLIC char *text_lower(struct arena *a, const char *text);

/* Without leading and trailing ASCII white space. */
PUBLIC char *text_trim(struct arena *a, const char *text);

/* The whole text as a decimal integer; false when it is none or does not fit. */
PUBLIC CHECKED bool text_to_int(const char *text, int64_t *out);

/* base64 with padding (RFC 4648 section 4), as others' headers and keys want it. */
PUBLIC char *base64_from_bytes(struct arena *a, const void *data, size_t size);

/* base64url without padding (RFC 4648 section 5); `base64url_to_bytes` is strict: no padding, no
 * foreign character, no non-zero trailing bits. */
PUBLIC char *base64url_from_bytes(struct arena *a, const void *data, size_t size);
PUBLIC CHECKED bool base64url_to_bytes(
    struct arena *a, const char *text, size_t size, struct bytes *out);
PUBLIC char *hex_from_bytes(struct arena *a, const void *data, size_t size);
