/* Commands of modules: `ashlar MODULE COMMAND`. */
#include "base/ctx_open.h"
#include "base/problem.h"
#include "cli.h"
#include "db/tx.h"
#include "module/registry.h"
#include "start.h"
#include <ashlar/command.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const struct error_kind COMMAND_USAGE = { "command-usage", 400, "Invalid command usage",
    "Run `ashlar help MODULE` to show its arguments." };

void command_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

err command_read_file(struct ctx *c, const char *path, size_t max, struct bytes *out)
{
    FILE *f = fopen(path, "rb");
    char *text;
    size_t size;

    if (f == NULL)
        return problem(c, &ERR_NOT_FOUND, NULL, "%s: %s", path, strerror(errno));
    text = arena_alloc(c->arena, max + 2);
    size = fread(text, 1, max + 1, f);
    fclose(f);
    if (size > max)
        return problem(c, &ERR_TOO_LARGE, NULL, "%s is longer than %zu bytes.", path, max);
    text[size] = '\0';
    *out = (struct bytes){ text, size };
    return NULL;
}

static const struct module *module_with_commands(const char *name)
{
    for (const struct module *const *m = registry_linked(); *m; m++) {
        if ((*m)->commands && strcmp((*m)->name, name) == 0)
            return *m;
    }
    return NULL;
}

bool cli_module_has_commands(const char *module)
{
    return module_with_commands(module) != NULL;
}

static void print_command(
    FILE *out, const char *before, const struct module *m, const struct command *command)
{
    fprintf(out, "%sashlar %s %s%s%s\n", before, m->name, command->name,
        command->arguments[0] ? " " : "", command->arguments);
}

void cli_module_help(const char *module)
{
    const struct module *m = module_with_commands(module);

    printf("%s.\n\n", m->summary);
    for (const struct command *k = m->commands; k->name; k++) {
        print_command(stdout, "  ", m, k);
        printf("      %s\n", k->summary);
    }
}

void cli_list_module_commands(void)
{
    for (const struct module *const *m = registry_linked(); *m; m++) {
        for (const struct command *k = (*m)->commands; k && k->name; k++)
            printf(
                "  %s %-*s %s\n", (*m)->name, (int)(23 - strlen((*m)->name)), k->name, k->summary);
    }
}

static int wrong_usage(const struct module *m, const char *typed)
{
    size_t n = 0;
    const char *nearest;

    while (m->commands[n].name)
        n++;
    nearest = typed ? cli_nearest(typed, m->commands, n, sizeof m->commands[0]) : NULL;
    if (typed)
        fprintf(stderr, "ashlar: unknown command \"%.40s\" of %s", typed, m->name);
    else
        fprintf(stderr, "ashlar: %s needs a command", m->name);
    if (nearest)
        fprintf(stderr, "; did you mean `ashlar %s %s`?", m->name, nearest);
    fprintf(stderr, "%s `ashlar help %s` lists them.\n", nearest ? "" : ".", m->name);
    return CLI_USAGE;
}

static void print_failure(const struct ctx *c, err e)
{
    const struct problem *p = c->problem;

    fprintf(stderr, "ashlar: %s (%s)\n", p && p->kind == e && p->detail ? p->detail : e->title,
        e->code);
    for (size_t i = 0; p && i < p->n_fields; i++)
        fprintf(stderr, "  %s: %s\n", p->fields[i].pointer, p->fields[i].message);
}

static int run_command(const struct module *m, const struct command *command, int argc, char **argv)
{
    struct arena *a = arena_new(0);
    int code = CLI_OK;
    struct ctx c;
    err e;

    ctx_open(&c, a, arena_printf(a, "%s.%s", m->name, command->name));
    c.actor.kind = ACTOR_SYSTEM;
    tx_set_role(&c, command->system ? DB_SYSTEM : DB_APP);
    e = command->run(&c, argc, argv);
    tx_run_what_is_apart(&c);
    if (e == &COMMAND_USAGE) {
        print_command(stderr, "usage: ", m, command);
        code = CLI_USAGE;
    } else if (e) {
        print_failure(&c, e);
        code = CLI_FAILED;
    }
    arena_free(a);
    return code;
}

static const struct command *find_command(const struct module *m, const char *name)
{
    for (const struct command *k = m->commands; k->name; k++) {
        if (strcmp(k->name, name) == 0)
            return k;
    }
    return NULL;
}

int cli_module_command(int argc, char **argv)
{
    const struct module *m = module_with_commands(argv[0]);
    const struct command *command = argc > 1 ? find_command(m, argv[1]) : NULL;
    int code;

    if (command == NULL)
        return wrong_usage(m, argc > 1 ? argv[1] : NULL);
    code = start_settings();
    if (code == CLI_OK && registry_find(m->name) == NULL) {
        fprintf(stderr, "ashlar: the module %s is disabled (ASHLAR_MODULES)\n", m->name);
        code = CLI_SETTINGS;
    }
    if (code == CLI_OK)
        code = start_database();
    if (code == CLI_OK)
        code = run_command(m, command, argc - 1, argv + 1);
    start_release();
    return code;
}
