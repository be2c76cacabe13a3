/* Shapes that together use every kind and format, and a ctx for each test. For the tests and fuzz
 * targets of src/json. */
#pragma once
#include "base/ctx_open.h"
#include "base/problem.h"
#include "shape/shape_json.h"
#include <ashlar/log.h>
#include <ashlar/page.h>

struct sample_line {
    const char *name;
    int64_t amount;
};
static const struct field sample_line_fields[] = {
    TEXT(sample_line, name, .format = LINE, .max = 20),
    INT(sample_line, amount, .min = 1, .max = 1000),
};
static SHAPE(sample_line);

/* Every kind, none optional. */
struct sample {
    const char *text;
    const char *role;
    int64_t count;
    double ratio;
    bool active;
    struct uuid owner_id;
    struct instant at;
    const char *data;
    const struct sample_line *first;
    const struct sample_line *lines;
    size_t n_lines;
    const char *const *tags;
    size_t n_tags;
};
static const struct field sample_fields[] = {
    TEXT(sample, text, .doc = "Any text", .example = "Hello"),
    TEXT(sample, role, .one_of = "admin|member"),
    INT(sample, count, .min = -5, .max = 10),
    NUMBER(sample, ratio),
    BOOL(sample, active),
    ID(sample, owner_id, "person"),
    TIME(sample, at),
    OPEN_JSON(sample, data),
    OBJECT(sample, first, sample_line),
    LIST(sample, lines, sample_line, .min = 1, .max = 3),
    TEXTS(sample, tags, .max = 3),
};
static SHAPE(sample, .doc = "One of each kind");

/* Every format, each member may be left out. */
struct formats {
    const char *any, *line, *email, *url, *slug, *locale, *token, *password;
};
static const struct field formats_fields[] = {
    TEXT(formats, any, .optional = true, .max = 10),
    TEXT(formats, line, .optional = true, .format = LINE),
    TEXT(formats, email, .optional = true, .format = EMAIL),
    TEXT(formats, url, .optional = true, .format = URL),
    TEXT(formats, slug, .optional = true, .format = SLUG),
    TEXT(formats, locale, .optional = true, .format = LOCALE),
    TEXT(formats, token, .optional = true, .format = TOKEN),
    TEXT(formats, password, .optional = true, .format = PASSWORD, .min = 10, .max = 128,
        .secret = true),
};
static SHAPE(formats);

/* A PATCH body. */
struct profile_patch {
    struct present present;
    const char *name;
    const char *bio;
    int64_t age;
};
static const struct field profile_patch_fields[] = {
    TEXT(profile_patch, name, .format = LINE),
    TEXT(profile_patch, bio, .nullable = true, .empty = true),
    INT(profile_patch, age),
};
static PATCH_SHAPE(profile_patch);

/* A request with all its parts. */
struct search_in {
    struct page_in page;
    struct uuid org_id;
    int64_t year;
    struct uuid after_id;
    struct instant since;
    bool archived;
    double factor;
    const char *const *include;
    size_t n_include;
    const char *note;
};
static const struct field search_in_fields[] = {
    PAGE_IN_FIELDS(search_in),
    ID(search_in, org_id, "org", .in = PATH),
    INT(search_in, year, .in = PATH, .min = 1900, .max = 2100),
    ID(search_in, after_id, "person", .in = QUERY, .optional = true),
    TIME(search_in, since, .in = QUERY, .optional = true),
    BOOL(search_in, archived, .in = QUERY, .fallback = "false"),
    NUMBER(search_in, factor, .in = QUERY, .fallback = "1.5"),
    TEXTS(search_in, include, .in = QUERY, .one_of = "orgs|flags", .optional = true),
    TEXT(search_in, note, .optional = true),
};
static SHAPE(search_in);

/* Not every file uses every shape. */
__attribute__((unused)) static const struct shape *const sample_shapes[] = { &sample_shape,
    &formats_shape, &profile_patch_shape, &search_in_shape };

static inline struct ctx *sample_ctx_open(void)
{
    struct ctx *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    ctx_open(c, arena_new(0), "test");
    return c;
}

static inline void sample_ctx_close(struct ctx *c)
{
    arena_free(c->arena);
    free(c);
}
