/* JSON text to tree: the only caller of the parser. */
#include "tree.h"
#include "shape_json.h"
#include <ashlar/log.h>
#include <ashlar/text.h>
#include <malloc.h>
#include <pthread.h>

/* The parser continues after some failed allocations, with a lost byte or a wrong error, so
 * failures are recorded here. Never read across a wait. */
static _Thread_local bool memory_failed;

static void *allocate(size_t size)
{
    void *data = malloc(size);
    if (!data)
        memory_failed = true;
    return data;
}

/* Bodies contain passwords and tokens, and the parser copies them. So all memory it frees is
 * wiped. */
static void free_wiped(void *data)
{
    if (data)
        explicit_bzero(data, malloc_usable_size(data));
    free(data);
}

static void start_once(void)
{
    json_set_alloc_funcs(allocate, free_wiped);
    /* Otherwise the first object seeds it, which is a race between two threads. */
    json_object_seed(0);
}

static void start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_once);
}

static void release(void *tree)
{
    json_decref(tree);
}

/* The error position is directly after the key's closing quote. Before the opening quote there are
 * only blanks, a comma or a brace. So going back, the first unescaped quote is the opening one. */
static char *repeated_key(struct arena *a, const char *json, size_t after)
{
    size_t close = after - 1, open = close;
    bool escaped;
    do {
        open--;
        size_t slashes = 0;
        while (slashes < open && json[open - 1 - slashes] == '\\')
            slashes++;
        escaped = slashes % 2 == 1;
    } while (open > 0 && (json[open] != '"' || escaped));
    return text_cut(a, json + open + 1, close - open - 1, NAME_SHOWN_MAX);
}

/* The library's message without its quotation of the input, which may be a secret. */
static char *syntax_message(struct arena *a, const json_error_t *error)
{
    const char *quoted = strstr(error->text, " near ");
    size_t size = quoted ? (size_t)(quoted - error->text) : strlen(error->text);
    return arena_strndup(a, error->text, size);
}

static const char *what_is_wrong(
    struct arena *a, const char *json, size_t size, const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_invalid_utf8:
        return "not UTF-8";
    case json_error_premature_end_of_input:
        return "the text ends too early";
    case json_error_end_of_input_expected:
        return "more text after the end of the value";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "the character \\u0000 is not allowed";
    case json_error_numeric_overflow:
        return "a number too large to be kept";
    case json_error_stack_overflow:
        return "nested too deeply";
    case json_error_duplicate_key:
        if (error->position < 2 || (size_t)error->position > size)
            return "a key appears twice";
        return arena_printf(
            a, "the key \"%s\" appears twice", repeated_key(a, json, (size_t)error->position));
    default:
        return syntax_message(a, error);
    }
}

static const char *said_where(struct arena *a, int line, int column, const char *what)
{
    return arena_printf(a, "line %d, column %d: %s", line, column > 0 ? column : 1, what);
}

static err no_memory(struct ctx *c, size_t size)
{
    log_error(c, "json.memory_exhausted", log_int("body_bytes", (int64_t)size));
    return problem(c, &ERR_UNAVAILABLE, /* field= */ NULL,
        "The server is short of memory. Try again in a moment.");
}

/* An upper bound of the number of values: each but the first follows one of these characters. */
static size_t most_values(const char *json, size_t size)
{
    size_t n = 1;

    for (size_t i = 0; i < size; i++)
        n += json[i] == ',' || json[i] == '[' || json[i] == '{';
    return n;
}

err tree_read(
    struct ctx *c, const char *json, size_t size, int values_max, json_t **out, const char **why)
{
    int line, column;
    const char *limit;

    *out = NULL;
    TRY(ctx_fits(c));
    limit = json_scan(json, size, JSON_DEPTH_MAX, values_max, &line, &column);
    if (limit) {
        *why = said_where(c->arena, line, column, limit);
        return NULL;
    }
    arena_count(c->arena, size + most_values(json, size) * VALUE_COST);
    TRY(ctx_fits(c));

    start();
    memory_failed = false;
    json_error_t error = { .text = "" };
    json_t *tree = json_loadb(json, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (tree)
        arena_cleanup(c->arena, release, tree);
    if (memory_failed)
        return no_memory(c, size);
    if (tree)
        *out = tree;
    else
        *why = said_where(
            c->arena, error.line, error.column, what_is_wrong(c->arena, json, size, &error));
    return NULL;
}

err tree_load(struct ctx *c, const char *json, size_t size, int values_max, json_t **out)
{
    const char *why = NULL;
    json_t *tree;

    TRY(tree_read(c, json, size, values_max, &tree, &why));
    if (tree == NULL)
        return problem(c, &ERR_BAD_JSON, /* field= */ NULL, "%s", why);
    *out = tree;
    return NULL;
}
