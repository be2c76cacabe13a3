/* Lines of a host's settings file. */
#include "settings_file.h"
#include <stdio.h>
#include <stdlib.h>

enum { PATH_SIZE = 512, LINE_SIZE = 8192, NAME_SIZE = 128 };

struct line {
    char text[LINE_SIZE];
    const char *name, *value;
};

/* False when it is not NAME=value. */
static bool split(struct line *l)
{
    char *name = l->text + strspn(l->text, " \t"), *value;
    size_t size;

    name[strcspn(name, "\n")] = '\0';
    value = strchr(name, '=');
    if (name[0] == '#' || name[0] == ';' || value == NULL)
        return false;
    *value++ = '\0';
    size = strlen(value);
    if (size >= 2 && (value[0] == '"' || value[0] == '\'') && value[size - 1] == value[0]) {
        value[size - 1] = '\0';
        value++;
    }
    l->name = name;
    l->value = value;
    return true;
}

static FILE *open_in(const char *folder)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/environment", folder);
    return fopen(path, "re");
}

void settings_file_take(const char *folder)
{
    FILE *f = open_in(folder);
    struct line l;

    while (f && fgets(l.text, sizeof l.text, f)) {
        if (split(&l))
            setenv(l.name, l.value, 1);
    }
    if (f)
        fclose(f);
}

static void keep(const char *value, char *out, size_t size)
{
    size_t n = strlen(value);

    out[0] = '\0';
    if (n < size)
        memcpy(out, value, n + 1);
}

static void find(const char *folder, const char *name, char *out, size_t size)
{
    const char *own = getenv(name);
    FILE *f = open_in(folder);
    struct line l;

    keep(own ? own : "", out, size);
    while (f && fgets(l.text, sizeof l.text, f)) {
        if (split(&l) && strcmp(l.name, name) == 0)
            keep(l.value, out, size);
    }
    if (f)
        fclose(f);
}

void settings_file_find(const char *folder, const char *name, char *out, size_t size)
{
    char other[NAME_SIZE], path[PATH_SIZE], text[PATH_SIZE];
    FILE *f;

    find(folder, name, out, size);
    if (out[0] != '\0' || (size_t)snprintf(other, sizeof other, "%s_FILE", name) >= sizeof other)
        return;
    find(folder, other, path, sizeof path);
    f = path[0] != '\0' ? fopen(path, "re") : NULL;
    if (f && fgets(text, sizeof text, f)) {
        text[strcspn(text, "\n")] = '\0';
        keep(text, out, size);
    }
    if (f)
        fclose(f);
}
