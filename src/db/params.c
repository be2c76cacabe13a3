/* Values of a statement's parameters. */
#include "conn.h"
#include <inttypes.h>

struct arg arg_text(const char *v)
{
    return (struct arg){ .kind = ARG_TEXT, .text = v };
}

struct arg arg_int(int64_t v)
{
    return (struct arg){ .kind = ARG_INT, .integer = v };
}

struct arg arg_bool(bool v)
{
    return (struct arg){ .kind = ARG_BOOL, .boolean = v };
}

struct arg arg_number(double v)
{
    return (struct arg){ .kind = ARG_NUMBER, .number = v };
}

struct arg arg_uuid(struct uuid v)
{
    return (struct arg){ .kind = ARG_UUID, .uuid = v };
}

struct arg arg_time(struct instant v)
{
    return (struct arg){ .kind = ARG_TIME, .time = v };
}

struct arg arg_bytes(struct bytes v)
{
    return (struct arg){ .kind = ARG_BYTES, .bytes = v };
}

static const char *uuid_value(struct arena *a, struct uuid id)
{
    char *text;

    if (uuid_is_nil(id))
        return NULL;
    text = arena_alloc(a, UUID_TEXT_SIZE + 1);
    uuid_format(id, text);
    return text;
}

static const char *time_value(struct arena *a, struct instant at)
{
    char *text;

    if (at.us == 0)
        return NULL;
    text = arena_alloc(a, INSTANT_TEXT_SIZE);
    instant_format(at, text);
    return text;
}

static const char *text_value(struct arena *a, const struct arg *arg)
{
    switch (arg->kind) {
    case ARG_TEXT:
        return arg->text;
    case ARG_INT:
        return arena_printf(a, "%" PRId64, arg->integer);
    case ARG_BOOL:
        return arg->boolean ? "t" : "f";
    case ARG_NUMBER:
        return arena_printf(a, "%.17g", arg->number);
    case ARG_UUID:
        return uuid_value(a, arg->uuid);
    case ARG_TIME:
        return time_value(a, arg->time);
    case ARG_BYTES:
        break;
    }
    return NULL;
}

struct params params_make(struct arena *a, const struct arg *args, size_t n_args)
{
    struct params p = { .n = (int)n_args };

    if (n_args == 0)
        return p;
    p.values = arena_array(a, n_args, sizeof(*p.values));
    p.sizes = arena_array(a, n_args, sizeof(*p.sizes));
    p.formats = arena_array(a, n_args, sizeof(*p.formats));
    for (size_t i = 0; i < n_args; i++) {
        if (args[i].kind != ARG_BYTES) {
            p.values[i] = text_value(a, &args[i]);
            continue;
        }
        p.values[i] = args[i].bytes.data;
        p.sizes[i] = (int)args[i].bytes.size; /* an arena's limit is far below INT_MAX */
        p.formats[i] = 1;
    }
    return p;
}
