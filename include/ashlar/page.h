/*
 * page — keyset pagination: `{data, next_cursor}`, `limit` 50 (at most 200), an opaque cursor.
 *
 * A page with a next_cursor may have fewer items than `limit`: large items end it early
 * (LIMIT_PAGE). Only a null next_cursor marks the end.
 *
 * A list is ordered by its id (UUIDv7: creation order). Its input is page_in_shape. With filters it
 * is a shape with PAGE_IN_FIELDS and a `struct page_in page` as the struct's first member. Declare
 * the response with LIST_OF.
 *
 * Home: cursor.c.
 */
#pragma once
#include "shape.h"

struct page_in {
    int64_t limit;      /* 1 … 200 */
    const char *cursor; /* as sent by the client. NULL: from the start */
};
#define PAGE_FIELDS_(S, limit_member, cursor_member)                                               \
    { .name = "limit",                                                                             \
        .kind = KIND_INT,                                                                          \
        .offset = FIELD_AT_(S, limit_member, int64_t),                                             \
        .in = QUERY,                                                                               \
        .min = 1,                                                                                  \
        .max = 200,                                                                                \
        .fallback = "50",                                                                          \
        .doc = "Maximum number of items in the response. Large items reduce it." },                \
    {                                                                                              \
        .name = "cursor", .kind = KIND_TEXT, .offset = FIELD_AT_(S, cursor_member, const char *),  \
        .in = QUERY, .format = TOKEN, .max = 200, .optional = true,                                \
        .doc = "Cursor: next_cursor of the previous response. Default: the first page."            \
    }
#define PAGE_IN_FIELDS(S) PAGE_FIELDS_(S, page.limit, page.cursor)

/* Input of a list without filters. */
PUBLIC extern const struct shape page_in_shape;

/* struct users_member_list { data, n_data, next_cursor } */
#define LIST_OF(E)                                                                                 \
    struct E##_list {                                                                              \
        const struct E *data;                                                                      \
        size_t n_data;                                                                             \
        const char *next_cursor;                                                                   \
    }
#define LIST_SHAPE(E)                                                                              \
    static const struct field E##_list_fields[] = {                                                \
        LIST(E##_list, data, E, .max = 200, .doc = "The items of this page"),                      \
        TEXT(E##_list, next_cursor, .optional = true,                                              \
            .doc = "Cursor of the next page. Null on the last page, regardless of its length."),   \
    };                                                                                             \
    SHAPE(E##_list)

/* Opaque, signed and bound to the tenant. Parsing fails with ERR_INVALID on "query:cursor". */
PUBLIC char *cursor_format(struct ctx *c, struct uuid last);
PUBLIC CHECKED err cursor_parse(struct ctx *c, const char *text, struct uuid *out);
