/* Names of the three roles, and their replacement in SQL. */
#include "roles.h"
#include "config/platform_settings.h"
#include <ashlar/buf.h>
#include <ctype.h>
#include <stdio.h>

/* PostgreSQL's default maximum of an identifier. */
enum { NAME_SIZE = 64, GROWS_AT_MOST = NAME_SIZE };

static const char written[] = "ashlar_";
static const char *const kinds[DB_ROLES] = {
    [DB_APP] = "app",
    [DB_SYSTEM] = "system",
    [DB_OWNER] = "owner",
};

const char *db_role_name(enum db_role role)
{
    static _Thread_local char names[DB_ROLES][NAME_SIZE];

    snprintf(
        names[role], sizeof names[role], "%s%s", setting_text(&ASHLAR_DB_ROLE_PREFIX), kinds[role]);
    return names[role];
}

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* The role whose whole name is this word. NULL: another word. */
static const char *kind_of(const char *word, size_t size)
{
    size_t stem = sizeof written - 1;

    for (size_t i = 0; i < DB_ROLES; i++) {
        if (size == stem + strlen(kinds[i]) && memcmp(word, written, stem) == 0 &&
            memcmp(word + stem, kinds[i], size - stem) == 0)
            return kinds[i];
    }
    return NULL;
}

const char *roles_in_sql_with(struct arena *a, const char *prefix, const char *sql, size_t size)
{
    struct buf out;
    size_t at = 0;

    buf_init(&out, a, (size / sizeof written + 1) * GROWS_AT_MOST + size);
    while (at < size) {
        size_t word = at;
        const char *kind;
        while (word < size && is_of_word(sql[word]))
            word++;
        kind = kind_of(sql + at, word - at);
        if (kind)
            buf_printf(&out, "%s%s", prefix, kind);
        else
            buf_add(&out, sql + at, word - at);
        if (word < size)
            buf_char(&out, sql[word++]);
        at = word;
    }
    return out.data;
}

const char *roles_in_sql(struct arena *a, const char *sql, size_t size)
{
    return roles_in_sql_with(a, setting_text(&ASHLAR_DB_ROLE_PREFIX), sql, size);
}
