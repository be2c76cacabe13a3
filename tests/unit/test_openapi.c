/* The OpenAPI document and the docs page say what the tables say. */
#include "http/documents/openapi.h"
#include "http_world.h"
#include <jansson.h>

static const struct error_kind TAKEN = { "test/taken", 409, "Taken", "Take another." };

static const struct permission permissions[] = {
    { "test.write", "owner", "Write" },
    { NULL },
};

struct part {
    const char *label;
};
static const struct field part_fields[] = {
    TEXT(part, label, .doc = "Label"),
};
static SHAPE(part);

struct thing {
    struct uuid id;
    const char *name;
    int64_t version;
    const struct part *parts;
    size_t n_parts;
};
static const struct field thing_fields[] = {
    ID(thing, id, "thing", .doc = "Id"),
    TEXT(thing, name, .doc = "Name"),
    INT(thing, version, .etag = true, .doc = "Version"),
    LIST(thing, parts, part, .doc = "Parts"),
};
static SHAPE(thing);

struct thing_in {
    struct uuid id;
    const char *name, *colour;
    const char *const *sizes;
    size_t n_sizes;
};
static const struct field thing_in_fields[] = {
    ID(thing_in, id, "thing", .in = PATH, .doc = "Which"),
    TEXT(thing_in, name, .max = 20, .doc = "Its <name>"),
    TEXT(thing_in, colour, .in = QUERY, .one_of = "red|blue", .optional = true, .doc = "Colour"),
    TEXTS(thing_in, sizes, .in = QUERY, .max = 3, .optional = true, .doc = "Sizes"),
};
static SHAPE(thing_in);

HANDLER(change, thing_in, thing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

HANDLER(put, thing_in, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

HANDLER(follow, nothing, stream_from)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

HANDLER(look, nothing, thing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

static STREAM_EVENT(ADDED, part, .name = "part.added", .doc = "A part is new");
static err pull(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch)
{
    (void)c, (void)topic, (void)after, (void)batch;
    return NULL;
}

static const struct stream_kind PARTS = { .doc = "Parts",
    .events = (const struct stream_event *const[]){ &ADDED.kind, NULL },
    .pull = pull };

static const struct route routes[] = {
    { .method = PATCH,
        .path = "/v1/orgs/{org_id}/things/{id}",
        .id = "changeThing",
        .summary = "Update a thing",
        .auth = AUTH_SESSION,
        .scope = SCOPE_ORG,
        .permission = "test.write",
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&TAKEN),
        .deprecated = "2027-01-01",
        .handler = BY(change) },
    { .method = PUT,
        .path = "/v1/orgs/{org_id}/things/{id}",
        .id = "putThing",
        .summary = "Put a thing",
        .auth = AUTH_SESSION,
        .scope = SCOPE_ORG,
        .permission = "test.write",
        .rate = RATE_WRITE,
        .status = 204,
        .errors = NO_ERRORS,
        .idempotency = KEY_REQUIRED,
        .handler = BY(put) },
    { .method = GET,
        .path = "/v1/me/parts/stream",
        .id = "followParts",
        .summary = "Stream parts",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .stream = &PARTS,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(follow) },
    { .method = GET,
        .path = "/hidden",
        .id = "getHidden",
        .summary = "Get nothing",
        .auth = AUTH_PUBLIC,
        .rate = RATE_NONE,
        .status = 200,
        .errors = NO_ERRORS,
        .hidden = true,
        .handler = BY(look) },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Things", .routes = ROUTES(routes), .permissions = permissions
};

static json_t *document;

static int begin(void **state)
{
    struct bytes text;
    json_error_t error;

    (void)state;
    world_start(&test_module, NULL);
    text = openapi_document();
    document = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL)
        fail_msg("line %d, column %d: %s", error.line, error.column, error.text);
    return 0;
}

static int end(void **state)
{
    (void)state;
    json_decref(document);
    world_end();
    return 0;
}

/* The value at a path of member names. */
#define at(...) at_path((const char *const[]){ __VA_ARGS__, NULL })
static json_t *at_path(const char *const *names)
{
    json_t *value = document;
    for (; *names && value; names++)
        value = json_object_get(value, *names);
    return value;
}
#define THINGS "/v1/orgs/{org_id}/things/{id}"

static json_t *parameter(json_t *operation, const char *name)
{
    size_t i;
    json_t *p;
    json_array_foreach(json_object_get(operation, "parameters"), i, p)
    {
        const char *ref = json_string_value(json_object_get(p, "$ref"));
        const char *own = json_string_value(json_object_get(p, "name"));
        if ((ref && strcmp(strrchr(ref, '/') + 1, name) == 0) || (own && strcmp(own, name) == 0))
            return p;
    }
    return NULL;
}

static void visible_rows_are_operations_and_hidden_ones_are_not(void **state)
{
    (void)state;
    assert_string_equal(json_string_value(at("openapi")), "3.1.0");
    assert_int_equal(json_object_size(at("paths")), 2);
    assert_string_equal(
        json_string_value(at("paths", THINGS, "patch", "operationId")), "changeThing");
    assert_string_equal(json_string_value(at("paths", THINGS, "put", "operationId")), "putThing");
    assert_true(json_is_true(at("paths", THINGS, "patch", "deprecated")));
    assert_string_equal(
        json_string_value(at("paths", THINGS, "patch", "x-permission")), "test.write");
}

static void parameters_come_from_the_input_and_the_rules(void **state)
{
    json_t *patch = at("paths", THINGS, "patch"), *put = at("paths", THINGS, "put");
    (void)state;
    assert_non_null(parameter(patch, "org_id"));
    assert_true(json_is_true(json_object_get(parameter(patch, "id"), "required")));
    assert_true(json_is_false(json_object_get(parameter(patch, "colour"), "required")));
    assert_string_equal(
        json_string_value(json_object_get(parameter(patch, "sizes"), "style")), "form");
    assert_true(json_is_true(json_object_get(parameter(patch, "sizes"), "explode")));
    assert_null(parameter(patch, "name"));
    assert_non_null(parameter(patch, "IfMatch"));
    assert_null(parameter(patch, "IdempotencyKey"));
    assert_non_null(parameter(put, "RequiredIdempotencyKey"));
    assert_null(parameter(put, "IfMatch"));
}

static void replies_list_success_and_every_status_of_failure(void **state)
{
    json_t *responses = at("paths", THINGS, "patch", "responses");
    static const char *const wanted[] = { "200", "400", "401", "403", "404", "409", "412", "413",
        "415", "422", "429", "500", "503", "default" };
    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_non_null(json_object_get(responses, wanted[i]));
    assert_non_null(
        strstr(json_string_value(at("paths", THINGS, "patch", "responses", "409", "description")),
            "`test/taken`"));
    assert_null(at("paths", THINGS, "put", "responses", "204", "content"));
    assert_null(at("paths", THINGS, "put", "responses", "412"));
}

static void schemas_are_components_with_their_nested_ones(void **state)
{
    (void)state;
    assert_non_null(at("components", "schemas", "Problem"));
    assert_non_null(at("components", "schemas", "Thing", "properties", "version"));
    assert_non_null(at("components", "schemas", "Part", "properties", "label"));
    assert_non_null(at("components", "schemas", "ThingIn", "properties", "name"));
    assert_null(at("components", "schemas", "ThingIn", "properties", "colour"));
}

static void check_refs(json_t *value)
{
    const char *name;
    size_t i;
    json_t *member;

    json_array_foreach(value, i, member) check_refs(member);
    json_object_foreach(value, name, member)
    {
        check_refs(member);
        if (strcmp(name, "$ref") == 0) {
            char kind[64], target[128];
            assert_int_equal(
                sscanf(json_string_value(member), "#/components/%63[^/]/%127s", kind, target), 2);
            if (at("components", kind, target) == NULL)
                fail_msg("leads nowhere: %s", json_string_value(member));
        }
    }
}

static bool names_parameter(json_t *operation, const char *ref)
{
    json_t *parameter;
    size_t i;

    json_array_foreach(json_object_get(operation, "parameters"), i, parameter)
    {
        const char *is = json_string_value(json_object_get(parameter, "$ref"));
        if (is && strcmp(is, ref) == 0)
            return true;
    }
    return false;
}

static void streams_say_what_each_event_holds(void **state)
{
    json_t *get = at("paths", "/v1/me/parts/stream", "get");
    json_t *success = at("paths", "/v1/me/parts/stream", "get", "responses", "200");

    (void)state;
    assert_non_null(json_object_get(json_object_get(success, "content"), "text/event-stream"));
    assert_non_null(json_object_get(json_object_get(success, "content"), "application/x-ndjson"));
    assert_string_equal(json_string_value(at("paths", "/v1/me/parts/stream", "get", "responses",
                            "200", "x-events", "part.added", "data", "$ref")),
        "#/components/schemas/Part");
    assert_true(names_parameter(get, "#/components/parameters/After"));
    assert_true(names_parameter(get, "#/components/parameters/LastEventId"));
    assert_null(json_object_get(json_object_get(success, "headers"), "ETag"));
}

static void every_reference_leads_somewhere(void **state)
{
    (void)state;
    check_refs(document);
}

static void the_page_for_people_tells_the_same(void **state)
{
    (void)state;
    ask("GET", "/docs");
    assert_int_equal(response.status, 200);
    assert_told("id=\"changeThing\"");
    assert_told("<code>/v1/orgs/{org_id}/things/{id}</code>");
    assert_told("Its &lt;name&gt;");
    assert_told("<code>test.write</code>");
    assert_told("/errors/test/taken");
    assert_false(told("<script"));
    assert_false(told("src="));
    assert_false(told("getHidden"));
    ask("GET", "/openapi.json");
    assert_int_equal(response.body.size, openapi_document().size);
}

struct thing_ {
    int64_t n;
};
static const struct field thing__fields[] = { INT(thing_, n, .doc = "Number") };
static SHAPE(thing_);

HANDLER(count, nothing, thing_)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

#define PUBLIC_GET(p, i, fn)                                                                       \
    {                                                                                              \
        .method = GET, .path = p, .id = i, .summary = "Get a thing", .auth = AUTH_PUBLIC,          \
        .rate = RATE_READ, .status = 200, .errors = NO_ERRORS, .handler = BY(fn)                   \
    }

static const struct route twins[] = {
    PUBLIC_GET("/v1/thing", "getThing", look),
    PUBLIC_GET("/v1/count", "getCount", count),
    { .id = NULL },
};
static const struct module twin_module = {
    .name = "test", .summary = "Things", .routes = ROUTES(twins)
};

/* A generated client would have one of them only. */
static void two_shapes_of_one_schema_name_are_refused_at_start(void **state)
{
    struct buf problems;

    (void)state;
    buf_init(&problems, world_arena, 4096);
    http_stop();
    registry_set((const struct module *const[]){ &twin_module, NULL });
    assert_false(http_start(&problems));
    assert_string_equal(problems.data, "struct thing_: its schema Thing has the name of another "
                                       "one (thing). Rename the struct.\n");
    registry_set((const struct module *const[]){ &test_module, NULL });
    assert_true(http_start(&problems));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visible_rows_are_operations_and_hidden_ones_are_not),
        cmocka_unit_test(parameters_come_from_the_input_and_the_rules),
        cmocka_unit_test(replies_list_success_and_every_status_of_failure),
        cmocka_unit_test(schemas_are_components_with_their_nested_ones),
        cmocka_unit_test(streams_say_what_each_event_holds),
        cmocka_unit_test(every_reference_leads_somewhere),
        cmocka_unit_test(the_page_for_people_tells_the_same),
        cmocka_unit_test(two_shapes_of_one_schema_name_are_refused_at_start),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
