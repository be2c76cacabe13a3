/* Any bytes as a .sql file: no piece outside the file, always an end. */
#include "migrate/sql_file.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *start, const char *end, const struct sql_piece *p)
{
    if (p->sql < start || p->sql + p->sql_size > end || p->sql_size == 0 || p->line < 1)
        abort();
    if (p->name != NULL && (p->name < start || p->name + p->name_size > end))
        abort();
}

static void read_tokens(const char *start, const char *end)
{
    struct sql_token t;

    for (const char *at = start; sql_file_next_token(&at, end, &t);)
        if (t.at < start || t.at + t.size > end || at != t.at + t.size)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *start = (const char *)data, *end = start + size, *at = start, *problem;
    struct sql_piece piece;
    int line = 1;

    while (sql_file_next_statement(&at, end, &line, &piece, &problem)) {
        check(start, end, &piece);
        read_tokens(piece.sql, piece.sql + piece.sql_size);
    }
    for (at = start, line = 1; sql_file_next_query(&at, end, &line, &piece, &problem);)
        check(start, end, &piece);
    return 0;
}
