/*
 * Check of a module's lists for defects that the compiler cannot find, reported at build time with
 * file and line:
 *
 *   - a table without its end row, or a list of pointers without its NULL: readers would continue
 *     into the memory behind it.
 *   - a declared object in no list of its kind: a job without worker, an event unknown to its
 *     consumers, an unused setting.
 *
 * It reads the text of the sources, which shows a whole module.
 */
#include "lists.h"
#include "tokens.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Arrays of these types end with an empty row. */
static const char *const tables[] = { "authenticator", "command", "constraint", "job_worker",
    "extension", "permission", "route", "subscription", "table", NULL };

enum { NOTIFICATIONS = 3 };

/* Arrays of pointers to these types end with NULL. If the row has a form of declaration, all
 * declared objects must be in one: `macro(NAME, …)`, or for types without a macro `struct kind NAME
 * = {`. */
static const struct listed {
    const char *kind;
    const char *macros[2];
    bool is_declared_plainly;
    const char *list; /* list of the module that must contain it */
} all_listed[] = {
    { "job_kind", { "JOB_KIND", "SWEEP_JOB" }, false, ".jobs" },
    { "event_kind", { "EVENT_KIND" }, false, ".events" },
    { "stream_event", { "STREAM_EVENT" }, false, "its stream's .events" },
    [NOTIFICATIONS] = { "notifications_kind", { "NOTIFICATION_KIND" }, false,
        "NOTIFICATIONS_KINDS()" },
    { "setting", { NULL }, true, ".settings" },
    { "flag", { NULL }, true, ".flags" },
    { "metric", { NULL }, true, ".metrics" },
    { "entitlement", { NULL }, true, ".entitlements" },
    { "error_kind", { NULL }, false, ".errors" },
    { "route", { NULL }, false, ".routes" },
    { "module", { NULL }, false, "the modules" },
};
enum { N_LISTED = sizeof(all_listed) / sizeof(all_listed[0]) };

struct source {
    const char *path;
    char *text;
    struct tokens tokens;
};

/* A name that is declared, or in a list. */
struct name {
    const struct source *source;
    const struct token *token;
    const struct listed *of;
};

struct names {
    struct name *list;
    size_t n, room;
};

struct check {
    struct names declared, in_lists;
    int defects;
};

static void add_name(struct names *names, struct name name)
{
    if (names->n == names->room) {
        names->room = names->room ? names->room * 2 : 64;
        names->list = realloc(names->list, names->room * sizeof(*names->list));
        if (names->list == NULL) {
            perror("embed");
            exit(1);
        }
    }
    names->list[names->n++] = name;
}

static bool is_one_of(const struct token *t, const char *const *words)
{
    for (; *words != NULL; words++)
        if (token_is(t, *words))
            return true;
    return false;
}

static const struct listed *find_listed(const struct token *t)
{
    for (size_t i = 0; i < N_LISTED; i++)
        if (token_is(t, all_listed[i].kind))
            return &all_listed[i];
    return NULL;
}

/* --- Arrays --- */

/* One array with its initializer: struct `type` [`*`] `name` [] = { … }, or ( … []) { … }. */
struct array {
    const struct token *name; /* NULL: unnamed */
    const struct token *type;
    bool of_pointers;
    const struct token *open; /* { */
};

static const struct token *before(const struct token *first, const struct token *t)
{
    return t > first ? t - 1 : NULL;
}

/* The token after the "]" that closes "[". */
static const struct token *behind(const struct token *bracket)
{
    const struct token *t = bracket;

    while (t->size > 0 && !token_is(t, "]"))
        t++;
    return t->size > 0 ? t + 1 : t;
}

/* From the name or "[" backwards over const and * to the type. NULL: none. */
static const struct token *read_type(
    const struct token *first, const struct token *t, bool *of_pointers)
{
    do {
        t = before(first, t);
        *of_pointers = *of_pointers || (t != NULL && token_is(t, "*"));
    } while (t != NULL && (token_is(t, "const") || token_is(t, "*")));
    return t;
}

/* `bracket` is the "[" of "[] = {" or "[]) {", with any content. False: another construct. */
static bool read_array(const struct token *first, const struct token *bracket, struct array *out)
{
    const struct token *next = behind(bracket);
    const bool is_named = token_is(next, "=");

    if ((!is_named && !token_is(next, ")")) || !token_is(next + 1, "{"))
        return false;
    *out = (struct array){ .name = is_named ? before(first, bracket) : NULL, .open = next + 1 };
    if (is_named && out->name == NULL)
        return false;
    out->type = read_type(first, is_named ? out->name : bracket, &out->of_pointers);
    return out->type != NULL;
}

/* Whether it is the list of required modules' names, which also ends with NULL. */
static bool is_requires(const struct array *a)
{
    const struct token *name = a->name;

    /* .requires = (const char *const[]){ */
    if (name == NULL)
        name = a->type - 4;
    return a->of_pointers && token_is(a->type, "char") && token_is(name, "requires");
}

static bool must_end(const struct token *first, const struct array *a)
{
    if (a->of_pointers && token_is(a->type, "char"))
        return a->type - first >= 4 && is_requires(a);
    if (a->type == first || !token_is(a->type - 1, "struct"))
        return false;
    return a->of_pointers ? find_listed(a->type) != NULL : is_one_of(a->type, tables);
}

static int depth_of(const struct token *t)
{
    if (token_is(t, "{") || token_is(t, "(") || token_is(t, "["))
        return 1;
    return token_is(t, "}") || token_is(t, ")") || token_is(t, "]") ? -1 : 0;
}

/* The bracket that closes the one at `open`, or the end of the file. */
static const struct token *find_close(const struct token *open)
{
    const struct token *t = open;

    for (int depth = 0; t->size > 0; t++) {
        depth += depth_of(t);
        if (depth == 0)
            break;
    }
    return t;
}

/* End of the row that starts at `row`: its comma, or `close`. */
static const struct token *row_end(const struct token *row, const struct token *close)
{
    const struct token *t = row;

    while (t < close && !token_is(t, ","))
        t = depth_of(t) > 0 ? find_close(t) + 1 : t + 1;
    return t < close ? t : close;
}

/* {}, { 0 }, { NULL, NULL }, { .name = NULL } */
static bool is_end_row(const struct token *row, const struct token *close)
{
    for (const struct token *t = row; t < close; t++) {
        const bool is_member = token_is_word(t) && t > row && token_is(t - 1, ".");
        if (!is_member && !token_is(t, "NULL") && !token_is(t, "0") && !token_is(t, "{") &&
            !token_is(t, "}") && !token_is(t, ",") && !token_is(t, ".") && !token_is(t, "="))
            return false;
    }
    return row < close;
}

static void defect(
    struct check *k, const struct source *s, int line, const struct token *name, const char *what)
{
    fprintf(stderr, "%s:%d: error: %.*s %s\n", s->path, line, (int)(name ? name->size : 8),
        name ? name->at : "the list", what);
    k->defects++;
}

/* &NAME and &NAME.kind, in any list. */
static void note_rows(struct check *k, const struct source *s, const struct listed *of,
    const struct token *open, const struct token *close)
{
    for (const struct token *t = open + 1; t < close; t++)
        if (token_is(t - 1, "&") && token_is_word(t))
            add_name(&k->in_lists, (struct name){ s, t, of });
}

/* Rows of a macro include their comma: { ALL(ROW) NULL } */
static bool is_end(const struct array *a, const struct token *row, const struct token *end)
{
    return a->of_pointers ? end > row && token_is(end - 1, "NULL") : is_end_row(row, end);
}

/* The end row must be the last row, and the last row the end row. */
static void check_end(
    struct check *k, const struct source *s, const struct array *a, const struct token *close)
{
    const struct token *row = a->open + 1, *end = row_end(row, close);

    for (; end + 1 < close; row = end + 1, end = row_end(row, close))
        if (is_end(a, row, end))
            defect(k, s, row->line, a->name, "ends here: rows after this one are ignored");
    if (!is_end(a, row, end))
        defect(k, s, (end > row ? end - 1 : end)->line, a->name,
            a->of_pointers ? "must end with NULL: add \", NULL\" behind its last row"
                           : "must end with an empty row: add \"{ 0 },\" behind its last row");
}

static void check_array(struct check *k, const struct source *s, const struct token *bracket)
{
    const struct token *close;
    struct array a;

    if (!read_array(s->tokens.list, bracket, &a) || !must_end(s->tokens.list, &a))
        return;
    close = find_close(a.open);
    if (a.of_pointers && find_listed(a.type) != NULL)
        note_rows(k, s, find_listed(a.type), a.open, close);
    check_end(k, s, &a, close);
}

/* --- Declarations --- */

/* `macro` ( NAME , */
static void note_by_macro(struct check *k, const struct source *s, const struct token *t)
{
    for (size_t i = 0; i < N_LISTED; i++)
        for (size_t m = 0; m < 2 && all_listed[i].macros[m] != NULL; m++)
            if (token_is(t, all_listed[i].macros[m]) && token_is(t + 1, "(") &&
                token_is_word(t + 2))
                add_name(&k->declared, (struct name){ s, t + 2, &all_listed[i] });
    if (token_is(t, "NOTIFICATIONS_KINDS") && token_is(t + 1, "("))
        note_rows(k, s, &all_listed[NOTIFICATIONS], t + 1, find_close(t + 1));
}

/* struct kind NAME = { */
static void note_plain(struct check *k, const struct source *s, const struct token *t)
{
    const struct listed *of = token_is(t, "struct") ? find_listed(t + 1) : NULL;

    if (of != NULL && of->is_declared_plainly && token_is_word(t + 2) && token_is(t + 3, "=") &&
        token_is(t + 4, "{"))
        add_name(&k->declared, (struct name){ s, t + 2, of });
}

static void read_source(struct check *k, const struct source *s)
{
    for (size_t i = 0; i < s->tokens.n; i++) {
        const struct token *t = &s->tokens.list[i];
        note_by_macro(k, s, t);
        if (i + 4 < s->tokens.n) {
            note_plain(k, s, t);
            if (token_is(t, "["))
                check_array(k, s, t);
        }
    }
}

static bool is_in_a_list(const struct check *k, const struct name *declared)
{
    for (size_t i = 0; i < k->in_lists.n; i++) {
        const struct token *t = k->in_lists.list[i].token;
        if (k->in_lists.list[i].of == declared->of && t->size == declared->token->size &&
            memcmp(t->at, declared->token->at, t->size) == 0)
            return true;
    }
    return false;
}

static void check_declared(struct check *k)
{
    char what[128];

    for (size_t i = 0; i < k->declared.n; i++) {
        const struct name *name = &k->declared.list[i];
        if (is_in_a_list(k, name))
            continue;
        snprintf(what, sizeof what, "is in no list: add it to %s of the module", name->of->list);
        defect(k, name->source, name->token->line, name->token, what);
    }
}

int lists_check(int n, char **paths)
{
    struct check k = { .defects = 0 };
    struct source *sources = calloc((size_t)n + 1, sizeof(*sources));

    for (int i = 0; sources != NULL && i < n; i++) {
        sources[i].path = paths[i];
        sources[i].text = embed_read_file(paths[i]);
        sources[i].tokens = tokens_of(sources[i].text);
        read_source(&k, &sources[i]);
    }
    check_declared(&k);
    for (int i = 0; sources != NULL && i < n; i++) {
        free(sources[i].tokens.list);
        free(sources[i].text);
    }
    free(k.declared.list);
    free(k.in_lists.list);
    free(sources);
    return k.defects;
}
