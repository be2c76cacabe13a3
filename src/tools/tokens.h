/* Tokens of C sources, without comments, contents of literals and directives. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct token {
    const char *at; /* an identifier or number, a literal, or one other character */
    size_t size;
    int line; /* from 1 */
};

struct tokens {
    struct token *list; /* ends with two of size 0 */
    size_t n;
};

/* Tokens of a NUL-terminated text, which must stay valid. The list is allocated by malloc. Exits
 * when memory is exhausted. */
struct tokens tokens_of(const char *text);

bool token_is(const struct token *t, const char *text);
bool token_is_word(const struct token *t);
