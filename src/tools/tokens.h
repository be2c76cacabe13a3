/* C sources as tokens: comments, literals' contents and directives are gone. */
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

/* Of a text that ends with NUL and stays alive; the list is malloc's. Ends the program when there
 * is no memory. */
struct tokens tokens_of(const char *text);

bool token_is(const struct token *t, const char *text);
bool token_is_word(const struct token *t);
