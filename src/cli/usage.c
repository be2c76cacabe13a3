/* Usage of a command, and the word nearest to a mistyped one. */
#include "base/distance.h"
#include "cli.h"
#include <stdio.h>
#include <string.h>

static const struct program *program;
static const struct verb *verbs;

void cli_declare(const struct program *p, const struct verb *table)
{
    program = p;
    verbs = table;
}

static const struct verb *find_verb(const struct verb *table, const char *name)
{
    for (const struct verb *v = table; v != NULL && v->name != NULL; v++) {
        if (strcmp(v->name, name) == 0)
            return v;
    }
    return NULL;
}

const struct verb *cli_verb(const char *name)
{
    const struct verb *v = find_verb(verbs, name);

    return v != NULL ? v : find_verb(program->verbs, name);
}

enum { NEAR_ENOUGH = 2 };

const char *cli_nearest(const char *typed, const void *words, size_t count, size_t stride)
{
    const char *nearest = NULL;
    size_t distance = NEAR_ENOUGH + 1;

    for (size_t i = 0; i < count; i++) {
        const char *word = *(const char *const *)((const char *)words + i * stride);
        size_t d = edit_distance(typed, word);
        if (d < distance) {
            distance = d;
            nearest = word;
        }
    }
    return nearest;
}

void cli_print_usage(FILE *out, const struct verb *v)
{
    fprintf(out, "usage: %s %s%s%s\n", program->name, v->name, v->arguments[0] ? " " : "",
        v->arguments);
}

int cli_usage(const char *verb)
{
    cli_print_usage(stderr, cli_verb(verb));
    return CLI_USAGE;
}
