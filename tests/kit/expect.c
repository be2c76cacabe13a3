/* What a response must look like, and how a test says that it does not. Knows JSON, no module. */
#include "kit.h"

void kit_fail(struct t *t, const char *file, int line, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = arena_vprintf(t->arena, format, args);
    va_end(args);
    if (t->remembers) {
        if (t->failure == NULL)
            t->failure = arena_printf(t->arena, "%s:%d: %s", file, line, text);
        return;
    }
    print_error("%s\n", text);
    _fail(file, line);
}

/* "data.0.email" from the response; NULL: not there. */
static json_t *find(struct t *t, const char *path)
{
    json_t *at = t->json;
    char part[128];
    int64_t index;

    while (at && *path) {
        size_t size = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)size, path);
        if (json_is_array(at))
            at = text_to_int(part, &index) && index >= 0 ? json_array_get(at, (size_t)index) : NULL;
        else
            at = json_object_get(at, part);
        path += size + (path[size] == '.');
    }
    return at;
}

static const char *as_text(struct t *t, const json_t *value)
{
    char *dump;
    const char *text;

    if (value == NULL)
        return NULL;
    if (json_is_string(value))
        return arena_strdup(t->arena, json_string_value(value));
    dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    text = arena_strdup(t->arena, dump);
    free(dump);
    return text;
}

const char *member_of(struct t *t, const char *path)
{
    return as_text(t, find(t, path));
}

const char *id_of(struct t *t)
{
    const char *id = member_of(t, "id");

    if (id == NULL) {
        kit_fail(t, __FILE__, __LINE__, "%s: no id in %d %s", t->sent, status_of(t), body_of(t));
        return "";
    }
    return id;
}

size_t count_of(struct t *t, const char *path)
{
    json_t *list = find(t, path);

    if (!json_is_array(list))
        kit_fail(t, __FILE__, __LINE__, "%s: \"%s\" is no array in %d %s", t->sent, path,
            status_of(t), body_of(t));
    return json_array_size(list);
}

void testkit_expect(
    struct t *t, const char *file, int line, int status, const char *const *members, size_t n)
{
    if (status_of(t) != status) {
        kit_fail(
            t, file, line, "%s: expected %d, got %d %s", t->sent, status, status_of(t), body_of(t));
        return;
    }
    for (size_t i = 0; i + 3 < n; i += 2) {
        const char *value = member_of(t, members[i]);
        if (!text_equal(value, members[i + 1])) {
            kit_fail(t, file, line, "%s: expected %s = %s, got %s in %s", t->sent, members[i],
                members[i + 1] ? members[i + 1] : "(absent)", value ? value : "(absent)",
                body_of(t));
            return;
        }
    }
}

/* A field is named by its JSON pointer or by where else it travels. */
static bool names_field(const char *pointer, const struct expected_problem *wanted)
{
    const char *colon = pointer ? strchr(pointer, ':') : NULL;

    if (pointer == NULL)
        return false;
    if (wanted->pointer)
        return text_equal(pointer, wanted->pointer);
    return (*pointer == '/' && text_equal(pointer + 1, wanted->field)) ||
           (colon && text_equal(colon + 1, wanted->field));
}

static bool has_pointer(struct t *t, const struct expected_problem *wanted)
{
    json_t *list = find(t, "errors");
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        if (names_field(json_string_value(json_object_get(one, "pointer")), wanted))
            return true;
    }
    return false;
}

/* What every problem of the house has (RFC 9457, and a request_id). */
static const char *form_defect(struct t *t)
{
    const char *type = header_of(t, "Content-Type");

    if (!type || !text_starts_with(type, "application/problem+json"))
        return "is not application/problem+json";
    if (!text_equal(member_of(t, "status"), at(t, "%d", status_of(t))))
        return "has another status in its body";
    if (member_of(t, "request_id") == NULL || member_of(t, "title") == NULL)
        return "has no request_id or no title";
    return NULL;
}

static const char *problem_defect(
    struct t *t, int status, const char *code, const struct expected_problem *more)
{
    const char *detail = member_of(t, "detail");
    bool names = more->field || more->pointer;

    if (status_of(t) != status)
        return "has another status";
    if (!text_equal(member_of(t, "code"), code))
        return "has another code";
    if (names && !has_pointer(t, more))
        return "does not name the field";
    if (more->detail && (!detail || !strstr(detail, more->detail)))
        return "has another detail";
    return form_defect(t);
}

void testkit_expect_problem(struct t *t, const char *file, int line, int status, const char *code,
    const struct expected_problem *more)
{
    const char *defect = problem_defect(t, status, code, more);

    if (defect)
        kit_fail(t, file, line, "%s: expected problem %d %s%s%s, but the response %s: %d %s",
            t->sent, status, code, more->field || more->pointer ? " at " : "",
            more->pointer ? more->pointer
            : more->field ? more->field
                          : "",
            defect, status_of(t), body_of(t));
}
