/* Tokens of a statement for the linter: words, names and the tables created in its file. */
#include "lint_rules.h"
#include <ashlar/text.h>
#include <strings.h>

void lint_find_at(struct lint *l, int line, const char *rule, const char *why)
{
    if (migration_file_allows(l->migration, rule))
        return;
    buf_printf(l->out, "%s/%s.sql:%d: %s: %s\n", l->migration->module, l->migration->name, line,
        rule, why);
    l->findings++;
}

void lint_find(struct lint *l, const char *rule, const char *why)
{
    lint_find_at(l, l->line, rule, why);
}

bool lint_is(const struct lint *l, size_t i, const char *word)
{
    return i < l->n && l->tokens[i].size == strlen(word) &&
           strncasecmp(l->tokens[i].at, word, l->tokens[i].size) == 0;
}

bool lint_skip(const struct lint *l, size_t *i, const char *words)
{
    size_t at = *i;

    while (*words != '\0') {
        size_t size = strcspn(words, " ");
        if (at >= l->n || l->tokens[at].size != size ||
            strncasecmp(l->tokens[at].at, words, size) != 0)
            return false;
        at++;
        words += size + (words[size] == ' ');
    }
    *i = at;
    return true;
}

const char *lint_name(const struct lint *l, size_t *i)
{
    struct buf b;

    buf_init(&b, l->arena, 256);
    for (bool more = true; more && *i < l->n; more = lint_skip(l, i, ".")) {
        if (b.size > 0)
            buf_char(&b, '.');
        buf_add(&b, l->tokens[*i].at, l->tokens[*i].size);
        (*i)++;
    }
    return text_lower(l->arena, b.data);
}

bool lint_is_one_of(const struct lint *l, size_t i, const char *words)
{
    char word[64];

    if (i >= l->n || l->tokens[i].size >= sizeof(word))
        return false;
    for (size_t k = 0; k < l->tokens[i].size; k++) {
        char c = l->tokens[i].at[k];
        word[k] = (char)(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
    }
    return text_is_one_of(words, word, l->tokens[i].size);
}

size_t lint_seek(const struct lint *l, size_t i, size_t end, const char *words)
{
    while (i < end && !lint_is_one_of(l, i, words))
        i++;
    return i;
}

bool lint_has(const struct lint *l, size_t i, size_t end, const char *words)
{
    for (; i < end; i++) {
        size_t at = i;
        if (lint_skip(l, &at, words) && at <= end)
            return true;
    }
    return false;
}

struct lint_table *lint_table(struct lint *l, const char *name)
{
    for (size_t i = 0; i < l->n_tables; i++)
        if (strcmp(l->tables[i].name, name) == 0)
            return &l->tables[i];
    return NULL;
}

bool lint_is_expand(const struct lint *l)
{
    return !text_equal(l->file->phase, "contract");
}
