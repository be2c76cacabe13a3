/* Parser of .sql files: a small scanner for quotes and comments. */
#include "sql_file.h"
#include <string.h>
#include <strings.h>

enum { PARAMETERS_MAX = 65535 };

struct scanner {
    const char *at, *end;
    int line;
};

static bool looking_at(const struct scanner *s, const char *word)
{
    size_t size = strlen(word);
    return (size_t)(s->end - s->at) >= size && memcmp(s->at, word, size) == 0;
}

static void advance(struct scanner *s, size_t n)
{
    for (; n > 0 && s->at < s->end; n--, s->at++)
        if (*s->at == '\n')
            s->line++;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip_line(struct scanner *s)
{
    while (s->at < s->end && *s->at != '\n')
        s->at++;
}

/* PostgreSQL nests block comments. */
static bool skip_block_comment(struct scanner *s)
{
    int depth = 0;
    do {
        if (looking_at(s, "/*")) {
            depth++;
            advance(s, 2);
        } else if (looking_at(s, "*/")) {
            depth--;
            advance(s, 2);
        } else {
            advance(s, 1);
        }
    } while (depth > 0 && s->at < s->end);
    return depth == 0;
}

/* A doubled quote is a quote. A backslash escapes only in E'…' strings. */
static bool skip_quoted(struct scanner *s, char quote, bool backslash)
{
    advance(s, 1);
    while (s->at < s->end) {
        if (backslash && *s->at == '\\') {
            advance(s, 2);
        } else if (*s->at != quote) {
            advance(s, 1);
        } else if (s->end - s->at > 1 && s->at[1] == quote) {
            advance(s, 2);
        } else {
            advance(s, 1);
            return true;
        }
    }
    return false;
}

/* Length of the opening tag "$$" or "$tag$" here. 0 when there is none. */
static size_t dollar_tag(const struct scanner *s)
{
    const char *p = s->at + 1;
    if (p < s->end && *p >= '0' && *p <= '9')
        return 0; /* $1 is a parameter */
    while (p < s->end && is_word(*p))
        p++;
    return p < s->end && *p == '$' ? (size_t)(p - s->at) + 1 : 0;
}

static bool skip_dollar_quoted(struct scanner *s, size_t tag_size)
{
    const char *tag = s->at;
    advance(s, tag_size);
    while (s->at < s->end) {
        if ((size_t)(s->end - s->at) >= tag_size && memcmp(s->at, tag, tag_size) == 0) {
            advance(s, tag_size);
            return true;
        }
        advance(s, 1);
    }
    return false;
}

static bool skip_comment(struct scanner *s, const char **problem)
{
    if (looking_at(s, "--")) {
        skip_line(s);
        return true;
    }
    if (looking_at(s, "/*") && !skip_block_comment(s))
        *problem = "this block comment is never closed";
    return *problem == NULL;
}

static void skip_space_and_comments(struct scanner *s, const char **problem)
{
    while (s->at < s->end && *problem == NULL) {
        if (is_space(*s->at))
            advance(s, 1);
        else if (looking_at(s, "--") || looking_at(s, "/*"))
            skip_comment(s, problem);
        else
            return;
    }
}

static bool begins_escape_string(const struct scanner *s)
{
    return s->end - s->at > 1 && (*s->at == 'E' || *s->at == 'e') && s->at[1] == '\'';
}

/* Advances past a quoted text, if one starts here. */
static bool skip_literal(struct scanner *s, const char **problem)
{
    bool escapes = begins_escape_string(s);
    size_t tag = *s->at == '$' ? dollar_tag(s) : 0;

    if (tag > 0) {
        if (!skip_dollar_quoted(s, tag))
            *problem = "this dollar quote is never closed";
        return true;
    }
    if (!escapes && *s->at != '\'' && *s->at != '"')
        return false;
    advance(s, escapes ? 1 : 0);
    if (!skip_quoted(s, *s->at, escapes))
        *problem = "this quote is never closed";
    return true;
}

/* Advances past one token that may contain a semicolon, or one character. */
static void skip_token(struct scanner *s, const char **problem)
{
    if (looking_at(s, "--") || looking_at(s, "/*")) {
        skip_comment(s, problem);
    } else if (skip_literal(s, problem)) {
        return;
    } else if (is_word(*s->at)) {
        /* A dollar sign inside a name starts no quote. */
        while (s->at < s->end && (is_word(*s->at) || *s->at == '$'))
            s->at++;
    } else {
        advance(s, 1);
    }
}

static bool is_keyword(const char *at, size_t size, const char *keyword)
{
    return size == strlen(keyword) && strncasecmp(at, keyword, size) == 0;
}

/* Position of the statement inside CREATE FUNCTION … BEGIN ATOMIC …; END, whose body is not
 * quoted. */
struct routine {
    int words;
    bool creates, is_routine, begins;
    int depth;
};

/* CREATE [OR REPLACE] FUNCTION or PROCEDURE. */
static void note_head(struct routine *r, const char *at, size_t size)
{
    if (r->words == 1)
        r->creates = is_keyword(at, size, "CREATE");
    else if (r->creates && (is_keyword(at, size, "FUNCTION") || is_keyword(at, size, "PROCEDURE")))
        r->is_routine = true;
}

static void note_word(struct routine *r, const char *at, size_t size)
{
    bool begins = r->begins;

    r->words++;
    r->begins = is_keyword(at, size, "BEGIN");
    if (r->words <= 4)
        note_head(r, at, size);
    if (r->depth == 0)
        r->depth = r->is_routine && begins && is_keyword(at, size, "ATOMIC") ? 1 : 0;
    else if (is_keyword(at, size, "CASE"))
        r->depth++;
    else if (is_keyword(at, size, "END"))
        r->depth--;
}

/* Advances to the semicolon that ends the statement, or the end. */
static void skip_statement(struct scanner *s, const char **problem)
{
    struct routine r = { 0 };

    while (s->at < s->end && (*s->at != ';' || r.depth > 0) && *problem == NULL) {
        const char *start = s->at;
        skip_token(s, problem);
        if (is_word(*start))
            note_word(&r, start, (size_t)(s->at - start));
    }
}

bool sql_file_next_token(const char **at, const char *end, struct sql_token *out)
{
    struct scanner s = { *at, end, 0 };
    const char *problem = NULL;

    skip_space_and_comments(&s, &problem);
    out->at = s.at;
    if (s.at < s.end && problem == NULL)
        skip_token(&s, &problem);
    out->size = (size_t)(s.at - out->at);
    *at = s.at;
    return problem == NULL && out->size > 0;
}

int sql_file_count_parameters(const char *sql, size_t size)
{
    const char *at = sql, *end = sql + size;
    struct sql_token token;
    int most = 0;

    while (sql_file_next_token(&at, end, &token)) {
        int number = 0;
        if (token.size != 1 || *token.at != '$')
            continue;
        for (const char *p = at; p < end && *p >= '0' && *p <= '9' && number <= PARAMETERS_MAX; p++)
            number = number * 10 + (*p - '0');
        most = number > most ? number : most;
    }
    return most;
}

bool sql_file_next_statement(
    const char **at, const char *end, int *line, struct sql_piece *out, const char **problem)
{
    struct scanner s = { *at, end, *line };
    const char *stop;

    *problem = NULL;
    do {
        skip_space_and_comments(&s, problem);
        *out = (struct sql_piece){ .sql = s.at, .line = s.line };
        skip_statement(&s, problem);
        stop = s.at;
        if (s.at < end)
            advance(&s, 1);
        while (stop > out->sql && is_space(stop[-1]))
            stop--;
        out->sql_size = (size_t)(stop - out->sql);
    } while (out->sql_size == 0 && s.at < end && *problem == NULL);

    *at = s.at;
    *line = s.line;
    return *problem == NULL && out->sql_size > 0;
}

static bool is_name(const char *name, size_t size)
{
    if (size == 0 || size > 63 || name[0] < 'a' || name[0] > 'z')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_word(name[i]) || (name[i] >= 'A' && name[i] <= 'Z'))
            return false;
    return true;
}

static const char NAME_MARK[] = "-- name:";

/* Advances past comments before the first name line. False when other text is there. */
static bool find_name(struct scanner *s, const char **problem)
{
    while (s->at < s->end) {
        if (is_space(*s->at))
            advance(s, 1);
        else if (looking_at(s, NAME_MARK))
            return true;
        else if (looking_at(s, "--") || looking_at(s, "/*")) {
            if (!skip_comment(s, problem))
                return false;
        } else {
            *problem = "a statement is before the first \"-- name:\" line";
            return false;
        }
    }
    return false;
}

static void read_name(struct scanner *s, struct sql_piece *out)
{
    advance(s, sizeof(NAME_MARK) - 1);
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
    out->name = s->at;
    skip_line(s);
    out->name_size = (size_t)(s->at - out->name);
    while (out->name_size > 0 && is_space(out->name[out->name_size - 1]))
        out->name_size--;
}

/* End of this query's text: the next name line or the end of the file. */
static const char *end_of_query(struct scanner s)
{
    while (s.at < s.end) {
        bool at_line_start = s.at[-1] == '\n';
        if (at_line_start && looking_at(&s, NAME_MARK))
            return s.at;
        s.at++;
    }
    return s.end;
}

bool sql_file_next_query(
    const char **at, const char *end, int *line, struct sql_piece *out, const char **problem)
{
    struct scanner s = { *at, end, *line };
    struct sql_piece statement, second;
    const char *stop;

    *problem = NULL;
    *out = (struct sql_piece){ .line = s.line };
    if (!find_name(&s, problem)) {
        out->line = s.line;
        return false;
    }
    out->line = s.line;
    read_name(&s, out);
    if (!is_name(out->name, out->name_size)) {
        *problem = "a query's name is lower-case letters, digits and underscores";
        return false;
    }
    stop = end_of_query(s);
    if (!sql_file_next_statement(&s.at, stop, &s.line, &statement, problem)) {
        if (*problem == NULL)
            *problem = "no statement follows this name";
        return false;
    }
    out->sql = statement.sql;
    out->sql_size = statement.sql_size;
    if (sql_file_next_statement(&s.at, stop, &s.line, &second, problem))
        *problem = "a second statement follows under this name";
    *at = stop;
    *line = s.line;
    return *problem == NULL;
}
