/* Tokens of C sources, without comments, contents of literals and directives. */
#include "tokens.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scanner {
    const char *at;
    int line;
    bool at_line_start; /* only blanks before */
};

static void step(struct scanner *s)
{
    if (*s->at == '\n') {
        s->line++;
        s->at_line_start = true;
    }
    s->at++;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Skips the directive with its continuation lines. */
static void skip_directive(struct scanner *s)
{
    while (*s->at != '\0' && *s->at != '\n') {
        if (*s->at == '\\' && s->at[1] != '\0')
            step(s);
        step(s);
    }
}

static void skip_comment(struct scanner *s)
{
    const bool to_line_end = s->at[1] == '/';
    const char *end = strstr(s->at + 2, to_line_end ? "\n" : "*/");

    end = end == NULL ? s->at + strlen(s->at) : end + (to_line_end ? 0 : 2);
    while (s->at < end)
        step(s);
}

static void skip_literal(struct scanner *s)
{
    const char quote = *s->at;

    for (step(s); *s->at != '\0' && *s->at != quote; step(s))
        if (*s->at == '\\' && s->at[1] != '\0')
            step(s);
    if (*s->at == quote)
        step(s);
}

/* Advances to the next token. False at the end. */
static bool find_token(struct scanner *s)
{
    for (;;) {
        if (*s->at == '\0')
            return false;
        if (strchr(" \t\r\n\f\v", *s->at) != NULL)
            step(s);
        else if (*s->at == '/' && (s->at[1] == '/' || s->at[1] == '*'))
            skip_comment(s);
        else if (*s->at == '#' && s->at_line_start)
            skip_directive(s);
        else
            return true;
    }
}

static struct token take_token(struct scanner *s)
{
    struct token t = { s->at, 0, s->line };

    s->at_line_start = false;
    if (*s->at == '"' || *s->at == '\'')
        skip_literal(s);
    else if (is_word_char(*s->at))
        while (is_word_char(*s->at))
            s->at++;
    else
        s->at++;
    t.size = (size_t)(s->at - t.at);
    return t;
}

struct tokens tokens_of(const char *text)
{
    struct scanner s = { text, 1, true };
    struct tokens all = { calloc(strlen(text) + 2, sizeof(struct token)), 0 };

    if (all.list == NULL) {
        perror("embed");
        exit(1);
    }
    while (find_token(&s))
        all.list[all.n++] = take_token(&s);
    return all;
}

bool token_is(const struct token *t, const char *text)
{
    return t->size == strlen(text) && memcmp(t->at, text, t->size) == 0;
}

bool token_is_word(const struct token *t)
{
    return t->size > 0 && is_word_char(*t->at);
}
