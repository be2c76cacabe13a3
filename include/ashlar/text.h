/*
 * text — questions about UTF-8 strings and small conversions. Knows no locale: ASCII rules only.
 *
 * Home: text.c and unicode.c.
 */
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

/* At most `max` bytes of `text`, cut between code points, with an ellipsis when it was cut. */
PUBLIC char *text_cut(struct arena *a, const char *text, size_t size, size_t max);

/* --- What people write and see, by Unicode's properties. All texts are valid UTF-8. --- */

/* Is there a letter, a digit or a sign that shows? Not white space, controls, marks without a base,
 * what Unicode says to ignore (Default_Ignorable_Code_Point), or glyphs that are blank. */
PUBLIC bool text_is_visible(const char *text);

/* Without white space and invisible characters at both ends: phones put them there. */
PUBLIC char *text_bare(struct arena *a, const char *text);

/* A code as it was typed or pasted: without white space, dashes and invisible characters anywhere,
 * full-width digits and letters as ASCII. */
PUBLIC char *text_typed_code(struct arena *a, const char *text);

/*
 * Would a mail program make a link of a part of it? "https://…", "www.example.com",
 * "ann@example.com", "example.com", "192.0.2.7", also in full-width letters, other scripts or with
 * invisible characters between. A dot before two letters is enough: nobody knows all domains.
 * "Dr. Lee", "J.R.R. Tolkien" and "Version 2.0" are none.
 */
PUBLIC bool text_has_address(struct arena *a, const char *text);

/* The same when it has no address, otherwise a copy of which nobody makes a link: with a space
 * behind each dot and colon of a word. */
PUBLIC const char *text_without_address(struct arena *a, const char *text);

/* A name as a mail shows it: what has more than MAIL_NAME_MAX characters (as people count them: UAX
 * 29's grapheme clusters) ends there with "…"; without an address. NULL stays NULL. */
enum { MAIL_NAME_MAX = 60 };
PUBLIC const char *text_in_mail(struct arena *a, const char *name);

/* An e-mail address as it is kept: bare, in lower case, the domain in its ASCII form (IDNA2008,
 * UTS 46). What is no address stays one that is none. */
PUBLIC char *text_email(struct arena *a, const char *text);

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
