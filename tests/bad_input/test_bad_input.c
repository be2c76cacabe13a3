/* Every field of every route × what a client may get wrong. Generated from the route table: no
 * route is named here. Each answer must be a 4xx problem that points at the field; none may be a
 * 5xx. */
#include "routes.h"

enum { SHOWN = 40, TEXT_ROOM = 2 << 20 };

struct run {
    struct t *t;
    struct person *owner, *staff;
    struct org *org;
    const struct route *route;
    const struct field *field;
    int cells, misses;
};

static void begin(struct run *run, struct t *t)
{
    run->t = t;
    run->org = make_org(t);
    run->owner = run->org->owner;
    run->staff = make_staff(t, "superadmin");
}

static bool points_at(struct t *t, const char *pointer)
{
    size_t n = member_of(t, "errors") ? count_of(t, "errors") : 0;

    for (size_t i = 0; i < n; i++)
        if (text_equal(member_of(t, at(t, "errors.%zu.pointer", i)), pointer))
            return true;
    return false;
}

/* A problem with one of the statuses (0 ends), pointing at `pointer` unless it is NULL. */
static void judge(struct run *run, const char *what, const int *statuses, const char *pointer)
{
    struct t *t = run->t;
    const char *type = header_of(t, "Content-Type");
    bool good = false;

    for (; *statuses; statuses++)
        good = good || status_of(t) == *statuses;
    good = good && type && text_starts_with(type, "application/problem+json") &&
           member_of(t, "code") && member_of(t, "request_id");
    /* Broken JSON has a line and a column instead of a field. */
    good = good && (pointer == NULL || status_of(t) != 422 || points_at(t, pointer));
    run->cells++;
    if (!good && ++run->misses <= SHOWN)
        print_error("%s %s, %s: got %d %.600s\n", method_of(run->route), run->route->path, what,
            status_of(t), body_of(t));
}

/* As the owner, so that nothing but the input is wrong. */
static void send_input(struct run *run, const char *path, const void *body, size_t size)
{
    struct t *t = run->t;

    as_nobody(t);
    if (run->route->auth == AUTH_SESSION || run->route->auth == AUTH_SESSION_OR_KEY)
        as_person(t, run->route->scope == SCOPE_STAFF ? run->staff : run->owner);
    if (run->route->auth == AUTH_TOKEN && setting_text(run->route->token))
        with_header(t, "Authorization", at(t, "Bearer %s", setting_text(run->route->token)));
    if (run->route->idempotency == KEY_REQUIRED)
        with_header(t, "Idempotency-Key", typeid_text(arena_of(t), "key", uuid_new()));
    SEND(t, method_of(run->route), path, body ? "application/json" : NULL, body, size);
}

static const char *own_path(struct run *run)
{
    return path_of(run->t, run->route, run->org->id_text);
}

/* --- Body fields --- */

static const int refused[] = { 422, 0 }, refused_or_broken[] = { 400, 422, 0 };
static const int broken[] = { 400, 0 }, unfound[] = { 404, 0 }, bad_path[] = { 400, 404, 422, 0 };

static void try_value(struct run *run, const char *what, const char *json, const int *statuses)
{
    struct t *t = run->t;
    const char *name = run->field->name;
    const char *body = arena_printf(arena_of(t), "{\"%s\":%s}", name, json);

    send_input(run, own_path(run), body, strlen(body));
    judge(run, at(t, "%s is %s", name, what), statuses, at(t, "/%s", name));
}

static const char *wrong_type(enum field_kind kind)
{
    switch (kind) {
    case KIND_INT:
    case KIND_NUMBER:
    case KIND_BOOL:
        return "\"word\"";
    case KIND_JSON:
        return NULL;
    default:
        return "42";
    }
}

static const char *quoted_run(struct t *t, char c, int64_t n)
{
    char *text = arena_alloc(arena_of(t), (size_t)n + 3);

    memset(text + 1, c, (size_t)n);
    text[0] = text[n + 1] = '"';
    return text;
}

static int64_t longest(const struct field *f)
{
    if (f->max)
        return f->max;
    return f->format == EMAIL ? 254 : 1000;
}

static void try_formats(struct run *run)
{
    static const char *const bad[] = {
        [EMAIL] = "\"no-address\"",
        [URL] = "\"not a url\"",
        [SLUG] = "\"Not A Slug\"",
        [LOCALE] = "\"!!\"",
        [TOKEN] = "\"two words\"",
        [LINE] = "\"two\\nlines\"",
        [MAILED_NAME] = "\"Claim at www.evil.example\"",
    };
    enum text_format format = run->field->format;

    if (format < COUNT(bad) && bad[format])
        try_value(run, "in another format", bad[format], refused);
    if (run->field->one_of)
        try_value(run, "none of the words", "\"zzz\"", refused);
}

static void try_text(struct run *run)
{
    const struct field *f = run->field;

    if (!f->one_of)
        try_value(run, "too long", quoted_run(run->t, 'a', longest(f) + 1), refused);
    if (!f->empty)
        try_value(run, "empty", "\"\"", refused);
    if (f->format != PASSWORD && f->format != VERBATIM)
        try_value(run, "with a control character", "\"a\\u0001b\"", refused);
    try_value(run, "with an escaped NUL", "\"a\\u0000b\"", refused_or_broken);
    try_value(run, "with a lone surrogate", "\"\\ud800\"", refused_or_broken);
    try_formats(run);
}

static void try_number(struct run *run)
{
    const struct field *f = run->field;

    try_value(run, "huge", "123456789012345678901234567890", refused_or_broken);
    try_value(run, "beyond any number", "1e999", refused_or_broken);
    if (f->kind == KIND_INT) {
        try_value(run, "a fraction", "1.5", refused);
        try_value(run, "beyond exact", "9007199254740993", refused);
    }
    if (f->kind == KIND_INT && (f->min || f->max)) {
        try_value(run, "too small", at(run->t, "%lld", (long long)f->min - 1), refused);
        try_value(run, "too large", at(run->t, "%lld", (long long)f->max + 1), refused);
    }
}

static void try_id(struct run *run)
{
    try_value(run, "no id", "\"nonsense\"", refused);
    try_value(run, "empty", "\"\"", refused);
    try_value(run, "an id of another kind",
        at(run->t, "\"%s\"", typeid_text(arena_of(run->t), "zzz", uuid_new())), refused);
    try_value(run, "an id in capitals",
        at(run->t, "\"%s_7ZZZZZZZZZZZZZZZZZZZZZZZZZ\"", run->field->prefix), refused);
}

static void try_list(struct run *run)
{
    int64_t max = run->field->max ? run->field->max : 100;
    struct buf b;

    buf_init(&b, arena_of(run->t), TEXT_ROOM);
    for (int64_t i = 0; i <= max; i++)
        buf_text(&b, i ? ",\"a\"" : "[\"a\"");
    buf_char(&b, ']');
    if (run->field->kind == KIND_TEXTS)
        try_value(run, "too many", b.data, refused);
    try_value(run, "an object", "{}", refused);
}

/* What its kind alone makes wrong. */
static void try_kind(struct run *run)
{
    switch (run->field->kind) {
    case KIND_TEXT:
        try_text(run);
        break;
    case KIND_INT:
    case KIND_NUMBER:
        try_number(run);
        break;
    case KIND_ID:
        try_id(run);
        break;
    case KIND_TIME:
        try_value(run, "no time", "\"yesterday\"", refused);
        break;
    case KIND_LIST:
    case KIND_TEXTS:
        try_list(run);
        break;
    default:
        break;
    }
}

static void try_field(struct run *run)
{
    const struct field *f = run->field;
    bool patch = run->route->handler->in->present_at != 0;

    if (wrong_type(f->kind))
        try_value(run, "of another type", wrong_type(f->kind), refused);
    if (!f->nullable && (patch || !f->optional) && f->kind != KIND_JSON)
        try_value(run, "null", "null", refused);
    if (!patch && !f->optional && !f->fallback) {
        send_input(run, own_path(run), "{}", 2);
        judge(run, at(run->t, "%s is missing", f->name), refused, at(run->t, "/%s", f->name));
    }
    try_kind(run);
}

/* --- Whole runs --- */

static void for_each_route(struct run *run, bool with_body, void (*fn)(struct run *run))
{
    const struct route *const *routes;
    size_t n = routes_in_test(run->t, &routes);

    for (size_t i = 0; i < n; i++) {
        run->route = routes[i];
        /* A credential of an operator that is not set: such a route answers 404 to everything. */
        if (run->route->auth == AUTH_TOKEN && !setting_text(run->route->token))
            continue;
        if (!with_body || has_body_fields(run->route))
            fn(run);
    }
    print_message("%d cells\n", run->cells);
    assert_int_equal(run->misses, 0);
    assert_true(run->cells > 0);
}

static void try_body_fields(struct run *run)
{
    for (size_t i = 0; i < run->route->handler->in->n_fields; i++) {
        run->field = &run->route->handler->in->fields[i];
        if (run->field->in == BODY)
            try_field(run);
    }
    send_input(run, own_path(run), "{\"zz_unknown\":1}", 16);
    judge(run, "an unknown member", refused, "/zz_unknown");
}

static void every_body_field_is_refused_when_wrong(void **state)
{
    struct run run = { 0 };

    begin(&run, *state);
    for_each_route(&run, true, try_body_fields);
}

static void try_body(struct run *run, const char *what, const char *body, size_t size,
    const int *statuses, const char *detail)
{
    struct t *t = run->t;
    const char *said;

    send_input(run, own_path(run), body, size);
    judge(run, what, statuses, NULL);
    said = member_of(t, "detail");
    if (detail && (said == NULL || strstr(said, detail) == NULL) && ++run->misses <= SHOWN)
        print_error("%s %s, %s: the detail has no \"%s\": %s\n", method_of(run->route),
            run->route->path, what, detail, body_of(t));
}

#define TRY_BODY(run, what, text, ...) try_body(run, what, text, sizeof(text) - 1, __VA_ARGS__)

static char *nested(struct t *t, int depth)
{
    char *text = arena_alloc(arena_of(t), (size_t)depth * 5 + 8);
    size_t n = 0;

    for (int i = 0; i < depth; i++, n += 5)
        memcpy(text + n, "{\"a\":", 5);
    return text;
}

static void try_bodies(struct run *run)
{
    static const int media[] = { 415, 0 }, large[] = { 413, 0 }, lengthless[] = { 411, 0 };
    static const int refused_or_media[] = { 415, 422, 0 };
    size_t too_large = run->route->body_max ? run->route->body_max : 65536;
    char *blank = arena_alloc(arena_of(run->t), too_large + 3);
    const char *deep = nested(run->t, 200);

    TRY_BODY(run, "bad UTF-8", "{\"name\":\"\xff\xfe\"}", broken, NULL);
    TRY_BODY(run, "an overlong form", "{\"name\":\"\xc0\xaf\"}", broken, NULL);
    TRY_BODY(run, "duplicate members", "{\"a\":1,\"a\":2}", refused_or_broken, NULL);
    TRY_BODY(run, "broken JSON", "{\n  \"a\": oops}", broken, "line 2");
    TRY_BODY(run, "half an object", "{\"a\":", broken, "line 1");
    TRY_BODY(run, "something behind the end", "{} {}", broken, NULL);
    TRY_BODY(run, "an array", "[]", refused_or_broken, NULL);
    TRY_BODY(run, "a number", "1", refused_or_broken, NULL);
    TRY_BODY(run, "null", "null", refused_or_broken, NULL);
    TRY_BODY(run, "a NUL byte", "{\"a\":\"\0\"}", broken, NULL);
    TRY_BODY(run, "a byte order mark", "\xef\xbb\xbf{}", broken, NULL);
    try_body(run, "too deep", deep, strlen(deep), broken, NULL);
    memset(blank, ' ', too_large + 2);
    memcpy(blank, "{}", 2);
    try_body(run, "too large", blank, too_large + 1, large, NULL);
    with_header(run->t, "Content-Encoding", "gzip");
    TRY_BODY(run, "compressed", "\x1f\x8b\x08", media, NULL);
    with_header(run->t, "Transfer-Encoding", "chunked");
    TRY_BODY(run, "in chunks", "{}", lengthless, NULL);
    with_header(run->t, "Content-Type", "text/plain");
    TRY_BODY(run, "another content type", "{}", media, NULL);
    with_header(run->t, "Content-Type", "application/x-www-form-urlencoded");
    TRY_BODY(run, "a form", "a=b", media, NULL);
    with_header(run->t, "Content-Type", "application/json; charset=latin1");
    TRY_BODY(run, "another charset", "{\"zz\":1}", refused_or_media, NULL);
}

static void every_body_that_is_no_json_object_is_refused(void **state)
{
    struct run run = { 0 };

    begin(&run, *state);
    for_each_route(&run, true, try_bodies);
}

/* --- Query --- */

static void try_query_text(
    struct run *run, const char *what, const char *query, const char *name, const int *statuses)
{
    struct t *t = run->t;
    bool body = has_body_fields(run->route);

    send_input(run, at(t, "%s?%s", own_path(run), query), body ? "{}" : NULL, body ? 2 : 0);
    judge(run, at(t, "query %s", what), statuses, at(t, "query:%s", name));
}

static void try_query(struct run *run, const char *what, const char *query, const char *name)
{
    try_query_text(run, what, query, name, refused);
}

/* A list of something that the path names, and that is looked for before the cursor is. */
static bool is_of_something(const struct route *r)
{
    const char *at = strchr(r->path, '{');

    return at != NULL && (strncmp(at, "{org_id}", 8) != 0 || strchr(at + 1, '{') != NULL);
}

static void try_query_twice(struct run *run, const struct field *f)
{
    struct t *t = run->t;
    const char *good = f->kind == KIND_INT ? "1" : "a";

    if (f->kind != KIND_TEXTS)
        try_query(run, "repeated", at(t, "%s=%s&%s=%s", f->name, good, f->name, good), f->name);
    else if (f->one_of != NULL)
        try_query(run, "of other items", at(t, "%s=zzz&%s=zzz", f->name, f->name), f->name);
}

static void try_query_field(struct run *run, const struct field *f)
{
    struct t *t = run->t;
    struct buf b;

    try_query_twice(run, f);
    try_query_text(run, "with bad UTF-8", at(t, "%s=%%ff", f->name), f->name, refused_or_broken);
    try_query_text(run, "with a NUL", at(t, "%s=%%00", f->name), f->name, refused_or_broken);
    if (f->kind != KIND_TEXT && !(f->kind == KIND_TEXTS && f->one_of == NULL))
        try_query(run, "of another type", at(t, "%s=zzz", f->name), f->name);
    if (f->kind == KIND_INT && (f->min || f->max)) {
        try_query(run, "too small", at(t, "%s=%lld", f->name, (long long)f->min - 1), f->name);
        try_query(run, "too large", at(t, "%s=%lld", f->name, (long long)f->max + 1), f->name);
        try_query(run, "huge", at(t, "%s=99999999999999999999", f->name), f->name);
    }
    if (f->kind == KIND_TEXT) {
        buf_init(&b, arena_of(t), TEXT_ROOM);
        buf_printf(&b, "%s=", f->name);
        for (int64_t i = 0; i <= longest(f); i++)
            buf_char(&b, 'a');
        try_query(run, "too long", b.data, f->name);
    }
    if (text_equal(f->name, "cursor") && !is_of_something(run->route))
        try_query(run, "made up", "cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "cursor");
}

static void try_queries(struct run *run)
{
    try_query(run, "unknown", "zz_unknown=1", "zz_unknown");
    for (size_t i = 0; i < run->route->handler->in->n_fields; i++)
        if (run->route->handler->in->fields[i].in == QUERY)
            try_query_field(run, &run->route->handler->in->fields[i]);
}

static void every_query_is_refused_when_wrong(void **state)
{
    struct run run = { 0 };

    begin(&run, *state);
    for_each_route(&run, false, try_queries);
}

/* --- Path --- */

static void try_path_value(struct run *run, const char *name, const char *value, const int *ok)
{
    struct t *t = run->t;
    bool body = has_body_fields(run->route);

    send_input(run, path_with(t, run->route, run->org->id_text, name, value), body ? "{}" : NULL,
        body ? 2 : 0);
    judge(run, at(t, "{%s} is %s", name, value), ok, NULL);
}

static void try_path_name(struct run *run, const char *name)
{
    const char *other = typeid_text(arena_of(run->t), "zzz", uuid_new());

    try_path_value(run, name, "nonsense", unfound);
    try_path_value(run, name, other, unfound);
    /* Of the dispatcher's organisation alone it is known before the body is read. */
    try_path_value(run, name, "org_00000000000000000000000000",
        run->route->scope == SCOPE_ORG || !has_body_fields(run->route) ? unfound : bad_path);
    try_path_value(run, name, "'; DROP TABLE users.org; --", bad_path);
    try_path_value(run, name, "%00", bad_path);
    try_path_value(run, name, "%ff", bad_path);
    try_path_value(run, name, "..", bad_path);
    try_path_value(run, name, "%2e%2e%2f", bad_path);
    try_path_value(run, name, "%", bad_path);
}

static void try_paths(struct run *run)
{
    const char *p = run->route->path;

    while ((p = strchr(p, '{')) != NULL) {
        size_t size = strcspn(++p, "}");
        const char *name = arena_strndup(arena_of(run->t), p, size);
        const struct field *f = field_of(run->route, name, PATH);
        if (text_equal(name, "org_id") || (f && f->kind == KIND_ID))
            try_path_name(run, name);
    }
}

static void every_path_parameter_is_refused_when_wrong(void **state)
{
    struct run run = { 0 };

    begin(&run, *state);
    for_each_route(&run, false, try_paths);
}

int main(void)
{
    return run_db_tests(every_body_field_is_refused_when_wrong,
        every_body_that_is_no_json_object_is_refused, every_query_is_refused_when_wrong,
        every_path_parameter_is_refused_when_wrong);
}
