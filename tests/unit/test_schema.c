/* JSON Schema from shapes: what the OpenAPI document tells clients. */
#include "json_test.h"
#include "module/registry.h"
#include <jansson.h>

static void free_tree(void *tree)
{
    json_decref(tree);
}

static json_t *read_back(struct ctx *c, struct buf *b)
{
    json_error_t error;
    json_t *tree = json_loadb(b->data, b->size, JSON_REJECT_DUPLICATES, &error);
    if (!tree)
        print_error("%s in %s\n", error.text, b->data);
    assert_non_null(tree);
    arena_cleanup(c->arena, free_tree, tree);
    return tree;
}

/* Responses of the document have samples and their lines. */
static const struct shape *const outputs[] = { &sample_shape, &sample_line_shape, NULL };

static json_t *schema(struct ctx *c, const struct shape *s, bool for_input)
{
    struct buf b;
    buf_init(&b, c->arena, 1 << 16);
    shape_schema(&b, s, &(struct schema_use){ for_input, outputs });
    return read_back(c, &b);
}

static json_t *property(struct ctx *c, const struct shape *s, bool for_input, const char *name)
{
    return json_object_get(json_object_get(schema(c, s, for_input), "properties"), name);
}

/* The property's schema is this one, member order aside. */
static void assert_property(
    struct ctx *c, const struct shape *s, bool for_input, const char *name, const char *expected)
{
    json_t *wanted = json_loads(expected, 0, NULL);
    json_t *given = property(c, s, for_input, name);
    assert_non_null(wanted);
    if (!json_equal(wanted, given)) {
        char *text = json_dumps(given, JSON_ENCODE_ANY);
        print_error("%s: %s\n", name, text);
        free(text);
    }
    assert_true(json_equal(wanted, given));
    json_decref(wanted);
}

static bool is_required(json_t *schema_of, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(schema_of, "required"), i,
        item) if (strcmp(json_string_value(item), name) == 0) return true;
    return false;
}

static void every_kind_has_its_type_and_limits_in_requests(void **state)
{
    struct ctx *c = *state;
    static const char *const rows[][2] = {
        { "text", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000,"
                  "\"description\":\"Any text\",\"examples\":[\"Hello\"]}" },
        { "role", "{\"type\":\"string\",\"enum\":[\"admin\",\"member\"]}" },
        { "count", "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":-5,\"maximum\":10}" },
        { "ratio", "{\"type\":\"number\"}" },
        { "active", "{\"type\":\"boolean\"}" },
        { "owner_id",
            "{\"type\":\"string\",\"pattern\":\"^person_[0-7][0-9a-hjkmnp-tv-z]{25}$\"}" },
        { "at", "{\"type\":\"string\",\"format\":\"date-time\"}" },
        { "data", "{}" },
        { "first", "{\"$ref\":\"#/components/schemas/SampleLineInput\"}" },
        { "lines",
            "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/SampleLineInput\"},"
            "\"minItems\":1,\"maxItems\":3}" },
        { "tags", "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1,"
                  "\"maxLength\":1000},\"maxItems\":3}" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_property(c, &sample_shape, true, rows[i][0], rows[i][1]);
}

static void replies_promise_kinds_but_no_limits(void **state)
{
    struct ctx *c = *state;
    assert_property(
        c, &sample_shape, false, "count", "{\"type\":\"integer\",\"format\":\"int64\"}");
    assert_property(c, &sample_shape, false, "lines",
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/SampleLine\"}}");
    assert_property(
        c, &formats_shape, false, "email", "{\"type\":[\"string\",\"null\"],\"format\":\"email\"}");
}

static void formats_are_said_in_the_words_of_json_schema(void **state)
{
    struct ctx *c = *state;
    static const char *const rows[][2] = {
        { "email", "{\"type\":[\"string\",\"null\"],\"format\":\"email\",\"minLength\":1,"
                   "\"maxLength\":254}" },
        { "url", "{\"type\":[\"string\",\"null\"],\"format\":\"uri\",\"minLength\":1,"
                 "\"maxLength\":1000}" },
        { "slug", "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$\","
                  "\"minLength\":1,\"maxLength\":1000}" },
        { "password", "{\"type\":[\"string\",\"null\"],\"format\":\"password\",\"minLength\":10,"
                      "\"maxLength\":128,\"writeOnly\":true}" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_property(c, &formats_shape, true, rows[i][0], rows[i][1]);
}

static void requests_require_what_is_not_optional(void **state)
{
    struct ctx *c = *state;
    assert_int_equal(json_array_size(json_object_get(schema(c, &sample_shape, true), "required")),
        sample_shape.n_fields);
    assert_null(json_object_get(schema(c, &formats_shape, true), "required"));
    assert_null(json_object_get(schema(c, &profile_patch_shape, true), "required"));
}

static void replies_have_all_their_members_always(void **state)
{
    struct ctx *c = *state;
    json_t *response = schema(c, &formats_shape, false);
    assert_true(is_required(response, "email"));
    assert_int_equal(
        json_array_size(json_object_get(response, "required")), formats_shape.n_fields);
}

static void unknown_members_are_excluded(void **state)
{
    struct ctx *c = *state;
    assert_true(
        json_is_false(json_object_get(schema(c, &sample_shape, true), "additionalProperties")));
    assert_string_equal(
        json_string_value(json_object_get(schema(c, &sample_shape, true), "description")),
        "One of each kind");
}

static void a_request_body_has_only_its_body_fields(void **state)
{
    struct ctx *c = *state;
    json_t *properties = json_object_get(schema(c, &search_in_shape, true), "properties");
    assert_int_equal(json_object_size(properties), 1);
    assert_non_null(json_object_get(properties, "note"));
}

static void a_patch_may_say_null_only_where_it_takes_away(void **state)
{
    struct ctx *c = *state;
    assert_property(c, &profile_patch_shape, true, "bio",
        "{\"type\":[\"string\",\"null\"],\"minLength\":0,\"maxLength\":1000}");
    assert_property(c, &profile_patch_shape, true, "name",
        "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000}");
}

struct choice {
    const char *colour;
    const struct sample_line *line;
    int64_t size;
};
static const struct field choice_fields[] = {
    TEXT(choice, colour, .one_of = "red|green", .optional = true, .fallback = "red"),
    OBJECT(choice, line, sample_line, .optional = true),
    INT(choice, size, .fallback = "3", .min = 1, .max = 5, .example = "4"),
};
static SHAPE(choice);

static void null_is_one_of_the_words_where_it_is_allowed(void **state)
{
    struct ctx *c = *state;
    assert_property(c, &choice_shape, true, "colour",
        "{\"type\":[\"string\",\"null\"],\"enum\":[\"red\",\"green\",null],\"default\":\"red\"}");
}

static void an_object_that_may_be_null_is_a_choice(void **state)
{
    struct ctx *c = *state;
    assert_property(c, &choice_shape, false, "line",
        "{\"anyOf\":[{\"$ref\":\"#/components/schemas/SampleLine\"},{\"type\":\"null\"}]}");
}

static void fallbacks_and_examples_are_values_of_their_kind(void **state)
{
    struct ctx *c = *state;
    assert_property(c, &choice_shape, true, "size",
        "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1,\"maximum\":5,\"default\":3,"
        "\"examples\":[4]}");
    assert_false(is_required(schema(c, &choice_shape, true), "size"));
}

static void a_parameter_is_a_schema_of_its_own(void **state)
{
    struct ctx *c = *state;
    struct buf b;
    buf_init(&b, c->arena, 4096);
    field_schema(&b, &search_in_fields[0], true);
    assert_string_equal(b.data,
        "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1,\"maximum\":200,"
        "\"description\":\"Maximum number of items in the response. Large items reduce "
        "it.\",\"default\":50}");
    buf_clear(&b);
    field_schema(&b, &search_in_fields[4], true);
    assert_non_null(strstr(b.data, "\"type\":\"string\""));
}

static void a_shape_without_fields_is_an_empty_object(void **state)
{
    struct ctx *c = *state;
    struct buf b;
    buf_init(&b, c->arena, 4096);
    shape_schema(&b, &nothing_shape, &(struct schema_use){ .for_input = false });
    assert_string_equal(
        b.data, "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}");
}

static void components_of_requests_and_replies_do_not_collide(void **state)
{
    struct ctx *c = *state;
    const struct schema_use in = { true, outputs }, out = { false, outputs };
    assert_string_equal(schema_name(c->arena, &sample_shape, &out), "Sample");
    assert_string_equal(schema_name(c->arena, &sample_shape, &in), "SampleInput");
    assert_string_equal(schema_name(c->arena, &profile_patch_shape, &in), "ProfilePatch");
}

/* Of modules whose names begin alike the longest one counts. */
static void a_name_is_the_structs_without_its_module(void **state)
{
    static const struct module shop = { .name = "shop" }, floor = { .name = "shop_floor" };
    static const struct module *const modules[] = { &shop, &floor, NULL };
    static const char *const rows[][2] = {
        { "shop_order", "Order" },
        { "shop__create_order", "CreateOrder" },
        { "shop_floor_area", "Area" },
        { "shopping_list", "ShoppingList" },
        { "shop", "Shop" },
        { "shop_", "Shop" },
        { "line2_of_3", "Line2Of3" },
    };
    const struct module *const *before = registry_linked();
    struct ctx *c = *state;

    registry_link(modules);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct shape s = { .name = rows[i][0] };
        assert_string_equal(
            schema_name(c->arena, &s, &(struct schema_use){ .for_input = true }), rows[i][1]);
    }
    registry_link(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CTX(every_kind_has_its_type_and_limits_in_requests),
        IN_CTX(replies_promise_kinds_but_no_limits),
        IN_CTX(formats_are_said_in_the_words_of_json_schema),
        IN_CTX(requests_require_what_is_not_optional),
        IN_CTX(replies_have_all_their_members_always),
        IN_CTX(unknown_members_are_excluded),
        IN_CTX(a_request_body_has_only_its_body_fields),
        IN_CTX(a_patch_may_say_null_only_where_it_takes_away),
        IN_CTX(null_is_one_of_the_words_where_it_is_allowed),
        IN_CTX(an_object_that_may_be_null_is_a_choice),
        IN_CTX(fallbacks_and_examples_are_values_of_their_kind),
        IN_CTX(a_parameter_is_a_schema_of_its_own),
        IN_CTX(a_shape_without_fields_is_an_empty_object),
        IN_CTX(components_of_requests_and_replies_do_not_collide),
        IN_CTX(a_name_is_the_structs_without_its_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
