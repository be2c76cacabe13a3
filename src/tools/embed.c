/*
 * Build tool: SQL files and templates into C tables, and the check of a module's lists. Runs on the
 * build machine only.
 *   embed queries MODULE SYMBOL FILE.sql OUT.h OUT.c
 *   embed migrations OUT.c MODULE/FILE.sql…     (paths end in MODULE/NNNN_name.sql)
 *   embed templates OUT.c FILE.in…              (files of `ashlar-dev module new`)
 *   embed lists OUT FILE.c…                     (lists.c; OUT is written if there is no defect)
 */
#include "../migrate/sql_file.h"
#include "lists.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    long end;
    char *text;

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (end = ftell(f)) < 0 ||
        fseek(f, 0, SEEK_SET) != 0) {
        perror(path);
        exit(1);
    }
    *size = (size_t)end;
    text = malloc(*size + 1);
    if (text == NULL || fread(text, 1, *size, f) != *size) {
        perror(path);
        exit(1);
    }
    text[*size] = '\0';
    fclose(f);
    return text;
}

char *embed_read_file(const char *path)
{
    size_t size;

    return read_file(path, &size);
}

static FILE *open_out(const char *path)
{
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    return f;
}

static void close_out(FILE *f, const char *path)
{
    if (fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static void write_literal(FILE *f, const char *text, size_t size)
{
    fputs("\n        \"", f);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n')
            fputs("\\n\"\n        \"", f);
        else if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || c == '?')
            fprintf(f, "\\%03o", c);
        else
            fputc(c, f);
    }
    fputc('"', f);
}

static int line_at(const char *text, const char *at)
{
    int line = 1;

    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

static int embed_queries(char **argv)
{
    const char *module = argv[2], *symbol = argv[3], *path = argv[4];
    FILE *h = open_out(argv[5]), *c = open_out(argv[6]);
    size_t size;
    char *text = read_file(path, &size);
    const char *at = text, *problem = NULL, *base = strrchr(argv[5], '/');
    struct sql_piece q;
    int line = 1, n = 0;

    fprintf(h, "/* Generated from %s.sql. */\n#pragma once\n#include <ashlar/db.h>\n\n", symbol);
    fprintf(h, "extern const struct query %s__sql[];\n", symbol);
    fprintf(
        c, "/* Generated from %s.sql. */\n#include \"%s\"\n\n", symbol, base ? base + 1 : argv[5]);
    fprintf(c, "const struct query %s__sql[] = {\n", symbol);
    while (sql_file_next_query(&at, text + size, &line, &q, &problem)) {
        fprintf(h, "#define SQL_%.*s (%s__sql[%d])\n", (int)q.name_size, q.name, symbol, n++);
        fprintf(c, "    { .name = \"%.*s\", .module = \"%s\",\n      .sql =", (int)q.name_size,
            q.name, module);
        write_literal(c, q.sql, q.sql_size);
        fprintf(c, ",\n      .takes = 1 + %d, .file = \"%s\", .line = %d },\n",
            sql_file_count_parameters(q.sql, q.sql_size), path, line_at(text, q.sql));
    }
    if (problem != NULL) {
        fprintf(stderr, "%s:%d: %s\n", path, q.line, problem);
        exit(1);
    }
    fputs("    { .name = NULL },\n};\n", c);
    fprintf(c, "QUERIES_EMBEDDED(%s__sql);\n", symbol);
    close_out(h, argv[5]);
    close_out(c, argv[6]);
    free(text);
    return 0;
}

static void embed_one_migration(FILE *c, const char *path)
{
    size_t size;
    char *text = read_file(path, &size);
    const char *file = strrchr(path, '/'), *module, *dot;

    if (file == NULL || (dot = strrchr(file, '.')) == NULL) {
        fprintf(stderr, "%s: not MODULE/NNNN_name.sql\n", path);
        exit(1);
    }
    for (module = file; module > path && module[-1] != '/'; module--)
        ;
    fprintf(c, "    { .module = \"%.*s\", .name = \"%.*s\",\n      .sql =", (int)(file - module),
        module, (int)(dot - file - 1), file + 1);
    write_literal(c, text, size);
    fputs(" },\n", c);
    free(text);
}

/* Two migrations with the same number: the second could never be applied. Paths are sorted. */
static void refuse_same_number(const char *before, const char *path)
{
    const char *file = strrchr(path, '/');
    size_t size = file != NULL ? (size_t)(file - path) + strlen("/NNNN") : 0;

    if (size == 0 || strncmp(before, path, size) != 0)
        return;
    fprintf(stderr, "%s\n%s: the same number; give one of them the next\n", before, path);
    exit(1);
}

static int embed_migrations(int argc, char **argv)
{
    FILE *c = open_out(argv[2]);

    fputs("/* Generated from migrations/. */\n#include \"migrate/migrate.h\"\n\n", c);
    fputs("const struct migration migrations_embedded[] = {\n", c);
    for (int i = 3; i < argc; i++) {
        if (i > 3)
            refuse_same_number(argv[i - 1], argv[i]);
        embed_one_migration(c, argv[i]);
    }
    fputs("    { .module = NULL },\n};\n", c);
    close_out(c, argv[2]);
    return 0;
}

static int embed_templates(int argc, char **argv)
{
    FILE *c = open_out(argv[2]);

    fputs("/* Generated from src/tools/templates/. */\n#include \"tools/templates.h\"\n\n", c);
    fputs("const struct template templates_embedded[] = {\n", c);
    for (int i = 3; i < argc; i++) {
        size_t size;
        char *text = read_file(argv[i], &size);
        const char *slash = strrchr(argv[i], '/');
        fprintf(c, "    { .name = \"%s\",\n      .text =", slash ? slash + 1 : argv[i]);
        write_literal(c, text, size);
        fputs(" },\n", c);
        free(text);
    }
    fputs("    { .name = NULL },\n};\n", c);
    close_out(c, argv[2]);
    return 0;
}

static int check_lists(int argc, char **argv)
{
    if (lists_check(argc - 3, argv + 3) > 0)
        return 1;
    close_out(open_out(argv[2]), argv[2]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "queries") == 0)
        return embed_queries(argv);
    if (argc >= 3 && strcmp(argv[1], "migrations") == 0)
        return embed_migrations(argc, argv);
    if (argc >= 3 && strcmp(argv[1], "templates") == 0)
        return embed_templates(argc, argv);
    if (argc >= 3 && strcmp(argv[1], "lists") == 0)
        return check_lists(argc, argv);
    fputs("usage: embed queries MODULE SYMBOL FILE.sql OUT.h OUT.c | embed migrations OUT.c "
          "FILE.sql… | embed templates OUT.c FILE.in… | embed lists OUT FILE.c…\n",
        stderr);
    return 2;
}
