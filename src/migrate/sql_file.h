/* Parser of .sql files: named queries and single statements. Fuzzed in tests/fuzz. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct sql_piece {
    const char *name; /* of a named query, not NUL-terminated. NULL for plain statements */
    size_t name_size;
    const char *sql; /* trimmed, without the final semicolon */
    size_t sql_size;
    int line; /* of its first line, from 1 */
};

/*
 * The next query of a file of "-- name: lock_org" lines, each followed by one statement. Advances
 * `*at`. False at the end, or when `*problem` was set to static text, with the line in `out->line`.
 * Problems are a name that is no identifier, text before the first name, and an empty or second
 * statement under a name.
 */
bool sql_file_next_query(
    const char **at, const char *end, int *line, struct sql_piece *out, const char **problem);

struct sql_token {
    const char *at; /* a word, a quoted text with its quotes, or one other character */
    size_t size;
};

/* The next token of a statement, without comments and white space. False at the end. */
bool sql_file_next_token(const char **at, const char *end, struct sql_token *out);

/*
 * The next statement of a script. Semicolons inside quotes, dollar quotes, comments and BEGIN
 * ATOMIC bodies do not end one. False at the end, or when `*problem` was set: an unclosed quote or
 * comment.
 */
bool sql_file_next_statement(
    const char **at, const char *end, int *line, struct sql_piece *out, const char **problem);

/* The highest n of its parameters $n. 0: it has none. Those in quotes and comments do not count. */
int sql_file_count_parameters(const char *sql, size_t size);
