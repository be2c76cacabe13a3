/* Valid names of a module: in C, in SQL, in a path and in an id. */
#include "module_name.h"
#include <ashlar/text.h>
#include <stdio.h>

/* Names of schemas and targets used by the platform, the build or PostgreSQL. */
static const char taken_words[] =
    "all|ashlar|cli|clean|edit|embed|generated|help|include|install|"
    "migrations|modules|none|package|platform|postgres|public|rebuild|"
    "route|system|template|test|tests|this|pg";

/* Reserved in PostgreSQL 15 (appendix C) as a schema's name without quotes. */
static const char sql_words[] =
    "analyse|analyze|and|any|array|as|asc|asymmetric|authorization|binary|both|case|cast|check|"
    "collate|collation|column|concurrently|constraint|create|cross|default|deferrable|desc|"
    "distinct|do|else|end|except|false|fetch|for|foreign|freeze|from|full|grant|group|having|ilike|"
    "in|initially|inner|intersect|into|is|isnull|join|lateral|leading|left|like|limit|localtime|"
    "localtimestamp|natural|not|notnull|null|offset|on|only|or|order|outer|overlaps|placing|"
    "primary|references|returning|right|select|similar|some|symmetric|table|tablesample|then|to|"
    "trailing|true|union|unique|user|using|variadic|verbose|when|where|window|with";

/* Files of every module: invoices_store.c cannot belong to a noun. */
static const char file_words[] = "module|routes|service|store";

static bool is_word(const char *word)
{
    size_t size = strlen(word);

    return size >= 3 && size <= MODULE_NAME_MAX &&
           strspn(word, "abcdefghijklmnopqrstuvwxyz") == size;
}

static bool ends_with(const char *word, const char *end)
{
    size_t size = strlen(word), end_size = strlen(end);

    return size > end_size && strcmp(word + size - end_size, end) == 0;
}

/* A simple English singular for table names: companies, boxes, invoices. Other words stay. */
static void make_singular(const char *plural, char *out)
{
    int size = (int)strlen(plural);

    if (ends_with(plural, "ies"))
        snprintf(out, MODULE_WORD_SIZE, "%.*sy", size - 3, plural);
    else if (ends_with(plural, "xes") || ends_with(plural, "ches") || ends_with(plural, "sses"))
        snprintf(out, MODULE_WORD_SIZE, "%.*s", size - 2, plural);
    else if (ends_with(plural, "s") && !ends_with(plural, "ss") && !ends_with(plural, "us"))
        snprintf(out, MODULE_WORD_SIZE, "%.*s", size - 1, plural);
    else
        snprintf(out, MODULE_WORD_SIZE, "%s", plural);
}

static bool is_vowel(char c)
{
    return strchr("aeiou", c) != NULL;
}

static void make_plural(const char *singular, char *out)
{
    size_t size = strnlen(singular, MODULE_NAME_MAX + 1);

    if (ends_with(singular, "y") && !is_vowel(singular[size - 2]))
        snprintf(out, MODULE_WORD_SIZE, "%.*sies", (int)size - 1, singular);
    else if (ends_with(singular, "s") || ends_with(singular, "x") || ends_with(singular, "ch"))
        snprintf(out, MODULE_WORD_SIZE, "%.*ses", (int)size, singular);
    else
        snprintf(out, MODULE_WORD_SIZE, "%.*ss", (int)size, singular);
}

const char *module_name_make(struct module_name *n, const char *module, const char *noun)
{
    if (!is_word(module))
        return "a module's name is 3 to 24 letters a-z, plural: \"invoices\"";
    if (text_is_one_of(taken_words, module, strlen(module)))
        return "the platform, the build or PostgreSQL uses this name";
    if (text_is_one_of(sql_words, module, strlen(module)))
        return "it is a reserved word of SQL, and a module's name is also its schema's name";
    if (noun != NULL && !is_word(noun))
        return "a noun is 3 to 24 letters a-z, singular: \"invoice\"";

    snprintf(n->module, sizeof n->module, "%.*s", MODULE_NAME_MAX, module);
    if (noun != NULL)
        snprintf(n->noun, sizeof n->noun, "%.*s", MODULE_NAME_MAX, noun);
    else
        make_singular(module, n->noun);
    make_plural(n->noun, n->nouns);
    if (text_is_one_of(file_words, n->noun, strlen(n->noun)))
        return "every module has a file of the name of this noun: choose another by --noun";
    return NULL;
}
