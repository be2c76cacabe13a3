/* The directive lines of a migration: "-- phase: expand". */
#include "migration_file.h"
#include "sql_file.h"
#include <ashlar/text.h>
#include <sodium.h>

static const struct migration *files = migrations_embedded;

void migrate_use_files(const struct migration *list)
{
    files = list != NULL ? list : migrations_embedded;
}

const struct migration *migrate_files(void)
{
    return files;
}

struct line {
    const char *at;
    size_t size;
};

static bool next_line(const char **at, struct line *out)
{
    if (**at == '\0')
        return false;
    out->at = *at;
    out->size = strcspn(*at, "\n");
    *at += out->size + ((*at)[out->size] == '\n');
    while (out->size > 0 && strchr(" \t\r", out->at[out->size - 1]) != NULL)
        out->size--;
    return true;
}

/* "-- NAME: value" → value, in the arena. NULL: another line. */
static const char *directive(struct arena *a, struct line l, const char *name)
{
    size_t size = strlen(name);

    if (l.size <= size || strncmp(l.at, name, size) != 0)
        return NULL;
    return text_trim(a, arena_strndup(a, l.at + size, l.size - size));
}

static bool read_number(const char *name, int *out)
{
    int n = 0;

    for (int i = 0; i < 4; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        n = n * 10 + (name[i] - '0');
    }
    *out = n;
    return n > 0 && name[4] == '_' && name[5] != '\0';
}

static const char *read_phase(const char *value, struct migration_file *f)
{
    if (f->phase != NULL || !text_is_one_of("expand|contract", value, strlen(value)))
        return "the phase line must be one: \"-- phase: expand\" or \"-- phase: contract\"";
    f->phase = value;
    return NULL;
}

static const char *read_transaction(const char *value, struct migration_file *f)
{
    if (!text_equal(value, "none"))
        return "the only valid transaction line is \"-- transaction: none\"";
    f->in_transaction = false;
    return NULL;
}

static const char *read_oldest_binary(const char *value, struct migration_file *f)
{
    int major, minor, patch, end = 0;

    if (sscanf(value, "%d.%d.%d%n", &major, &minor, &patch, &end) != 3 || value[end] != '\0')
        return "the oldest binary is a version: \"-- oldest-binary: 0.2.0\"";
    f->oldest_binary = value;
    return NULL;
}

static const struct {
    const char *name;
    const char *(*read)(const char *value, struct migration_file *f);
} directives[] = {
    { "-- phase:", read_phase },
    { "-- transaction:", read_transaction },
    { "-- oldest-binary:", read_oldest_binary },
};

static const char *read_line(struct arena *a, struct line l, struct migration_file *f)
{
    for (size_t i = 0; i < COUNT(directives); i++) {
        const char *value = directive(a, l, directives[i].name);
        if (value != NULL)
            return directives[i].read(value, f);
    }
    return NULL;
}

static bool is_down_mark(struct line l)
{
    return l.size == 7 && memcmp(l.at, "-- down", 7) == 0;
}

/* A mark without a statement below it reverts nothing. */
static bool holds_statement(const char *at, const char *end)
{
    struct sql_token t;

    return sql_file_next_token(&at, end, &t);
}

static void write_checksum(const char *text, char *out)
{
    unsigned char hash[32];

    crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(out, 65, hash, sizeof(hash));
}

bool migration_file_parse(
    struct arena *a, const struct migration *m, struct migration_file *out, const char **problem)
{
    struct migration_file f = { .migration = m, .in_transaction = true, .up = m->sql };
    const char *at = m->sql;
    struct line l;

    *problem = NULL;
    if (!read_number(m->name, &f.number))
        *problem = "the file's name must be NNNN_verb_noun.sql";
    f.up_end = m->sql + strlen(m->sql);
    for (int line = 1; *problem == NULL && f.down == NULL && next_line(&at, &l); line++) {
        *problem = read_line(a, l, &f);
        if (is_down_mark(l)) {
            f.up_end = l.at;
            f.down = at;
            f.down_end = at + strlen(at);
            f.down_line = line + 1;
        }
    }
    if (f.down != NULL && !holds_statement(f.down, f.down_end))
        f.down = NULL;
    write_checksum(m->sql, f.checksum);
    if (*problem == NULL)
        *out = f;
    return *problem == NULL;
}

bool migration_file_allows(const struct migration *m, const char *rule)
{
    const char *at = m->sql;
    size_t size = strlen(rule);
    struct line l;

    while (next_line(&at, &l))
        if (l.size > 11 + size && memcmp(l.at, "-- allow: ", 10) == 0 &&
            memcmp(l.at + 10, rule, size) == 0 && l.at[10 + size] == ' ')
            return true;
    return false;
}
