/*
 * text — checks and conversions of UTF-8 strings, independent of the locale. Case conversion is
 * ASCII only.
 *
 * Home: text.c and unicode.c.
 */
#pragma once
#include "arena.h"

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, <= U+10FFFF) without NUL. */
PUBLIC bool utf8_is_valid(const char *text, size_t size);

/* Number of code points in well-formed UTF-8. */
PUBLIC size_t utf8_length(const char *text);

PUBLIC bool text_equal(const char *a, const char *b); /* NULL equals NULL */
PUBLIC bool text_equal_nocase(const char *a, const char *b);
PUBLIC bool text_starts_with(const char *text, const char *prefix);

/* Whether `word` is one of the words of a "a|b|c" list. */
PUBLIC bool text_is_one_of(const char *list, const char *word, size_t word_size);

/* A copy in the arena with ASCII letters in lower case. */
PUBLIC char *text_lower(struct arena *a, const char *text);

/* Without leading and trailing ASCII white space. */
PUBLIC char *text_trim(struct arena *a, const char *text);

/* At most `max` bytes of `text`, cut between code points, with an ellipsis if cut. */
PUBLIC char *text_cut(struct arena *a, const char *text, size_t size, size_t max);

/* --- Names and text for display, by Unicode's properties. All texts are valid UTF-8. --- */

/* Whether the text has a letter, a digit or a visible sign. White space, controls, marks without a
 * base, ignorable code points (Default_Ignorable_Code_Point) and blank glyphs do not count. */
PUBLIC bool text_is_visible(const char *text);

/* Without white space and invisible characters at both ends, which phone keyboards add. */
PUBLIC char *text_bare(struct arena *a, const char *text);

/* A typed or pasted code without white space, dashes and invisible characters, with full-width
 * digits and letters as ASCII. */
PUBLIC char *text_typed_code(struct arena *a, const char *text);

/*
 * Whether a mail program would make a link of a part of it: "https://…", "www.example.com",
 * "ann@example.com", "example.com", "192.0.2.7". Full-width letters, other scripts and invisible
 * characters between do not hide one. A dot before two letters counts, because no list of domains
 * is complete. "Dr. Lee", "J.R.R. Tolkien" and "Version 2.0" do not count.
 */
PUBLIC bool text_has_address(struct arena *a, const char *text);

/* The same text if it has no address. Otherwise a copy with a space after each dot and colon of a
 * word, so that no mail program makes a link of it. */
PUBLIC const char *text_without_address(struct arena *a, const char *text);

/* A name for display in an email, without an address. Names above MAIL_NAME_MAX grapheme clusters
 * (UAX 29) are cut and end with "…". NULL stays NULL. */
enum { MAIL_NAME_MAX = 60 };
PUBLIC const char *text_in_mail(struct arena *a, const char *name);

/* An email address in the stored form: bare, in lower case, the domain in its ASCII form (IDNA2008,
 * UTS 46). An invalid address stays invalid. */
PUBLIC char *text_email(struct arena *a, const char *text);

/* The whole text as a decimal integer. False: it is none or does not fit. */
PUBLIC CHECKED bool text_to_int(const char *text, int64_t *out);

/* base64 with padding (RFC 4648 section 4), for headers and keys of third parties. */
PUBLIC char *base64_from_bytes(struct arena *a, const void *data, size_t size);

/* base64url without padding (RFC 4648 section 5). `base64url_to_bytes` is strict: no padding, no
 * foreign character, no non-zero trailing bits. */
PUBLIC char *base64url_from_bytes(struct arena *a, const void *data, size_t size);
PUBLIC CHECKED bool base64url_to_bytes(
    struct arena *a, const char *text, size_t size, struct bytes *out);
PUBLIC char *hex_from_bytes(struct arena *a, const void *data, size_t size);
