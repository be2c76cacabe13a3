/* Texts that mean harm or are simply no JSON, and a parser without memory. */
#include "json_test.h"
#include <ashlar/text.h>
#include <jansson.h>

#define GOOD_OWNER "person_01h455vb4pex5vsknk084sn02q"

static const char good_sample[] = "{\"text\":\"Hi \\u00e4\",\"role\":\"admin\",\"count\":10,"
                                  "\"ratio\":2.5,\"active\":true,\"owner_id\":\"" GOOD_OWNER "\","
                                  "\"at\":\"2026-11-22T08:30:00Z\",\"data\":{\"a\":[1,null,0.1]},"
                                  "\"first\":{\"name\":\"x\",\"amount\":1},"
                                  "\"lines\":[{\"name\":\"y\",\"amount\":2},"
                                  "{\"name\":\"z\",\"amount\":3}],\"tags\":[\"a\",\"b\"]}";

static void hostile_json_is_refused_with_its_place(void **state)
{
    struct ctx *c = *state;
    static const struct {
        const char *json, *says;
    } rows[] = {
        { "", "line 1, column 1: " },
        { " ", "line 1, column 1: " },
        { "{", "too early" },
        { "{\"name\":\"x\"", "too early" },
        { "{\"name\"", "too early" },
        { "{\"name", "too early" },
        { "[[[[", "too early" },
        { "{\"name\":\"x\"}}", "line 1, column 13: more text" },
        { "{\"name\":\"x\"}\n\nx", "line 3, column 1: more text" },
        { "{}{}", "more text" },
        { "{}//", "" },
        { "{'name':1}", "line 1, column 2: " },
        { "{name:1}", "" },
        { "{\"name\":'x'}", "" },
        { "{\"name\":\"x\",}", "" },
        { "{,}", "" },
        { "{\"name\"}", "" },
        { "{\"name\":}", "" },
        { "{\"name\" \"x\"}", "':' expected" },
        { "{\"name\"::\"x\"}", "" },
        { "{1:1}", "" },
        { "[1,]", "" },
        { "[1 2]", "" },
        { "[,1]", "" },
        { "[1}", "" },
        { "{\"a\":1]", "" },
        { "tru", "" },
        { "True", "" },
        { "nul", "" },
        { "NaN", "" },
        { "[NaN]", "" },
        { "[Infinity]", "" },
        { "[-]", "" },
        { "[+1]", "" },
        { "[01]", "" },
        { "[-01]", "" },
        { "[1.]", "" },
        { "[.5]", "" },
        { "[1e]", "" },
        { "[1e+]", "" },
        { "[0x10]", "" },
        { "[1_000]", "" },
        { "[1e999]", "too large" },
        { "[-1e999]", "too large" },
        { "[1e99999999999999999999999]", "too large" },
        { "{\"age\":9223372036854775808}", "line 1, column 26: a number too large" },
        { "{\"age\":-9223372036854775809}", "too large" },
        { "[\"\\x41\"]", "" },
        { "[\"\\u12\"]", "" },
        { "[\"\\uD800\"]", "Unicode" },
        { "[\"\\uDC00\"]", "Unicode" },
        { "[\"\\uD800\\u0041\"]", "Unicode" },
        { "[\"\\u0000\"]", "\\u0000 is not allowed" },
        { "{\"\\u0000\":1}", "\\u0000 is not allowed" },
        { "{\"na\\u0000me\":1}", "\\u0000 is not allowed" },
        { "[\"tab\there\"]", "" },
        { "[\"new\nline\"]", "" },
        { "[\"\x01\"]", "" },
        { "[\"\xFF\"]", "not UTF-8" },
        { "[\"\xC0\xAF\"]", "not UTF-8" },
        { "[\"\xED\xA0\x80\"]", "not UTF-8" },
        { "[\"\xF4\x90\x80\x80\"]", "not UTF-8" },
        { "[\"\xE2\x82\"]", "not UTF-8" },
        { "{\"\xFF\":1}", "not UTF-8" },
        { "\xEF\xBB\xBF{}", "" },
        { "\xFF\xFE{\0}\0", "not UTF-8" },
        { "{\"name\":\"a\",\"name\":\"b\"}", "the key \"name\" appears twice" },
        { "{\"name\":\"a\",\n\"n\\u0061me\":\"b\"}", "line 2, column 11: the key \"n\\u0061me\"" },
        { "{\"a\\\"b\":1,\"a\\\"b\":1}", "the key \"a\\\"b\" appears twice" },
        { "{\"\":1,\"\":1}", "the key \"\" appears twice" },
        { "{\"\\\\\":1,\"\\\\\":1}", "the key \"\\\\\" appears twice" },
        { "{\"bio\":{\"a_name_of_more_than_twenty_letters\":1,"
          "\"a_name_of_more_than_twenty_letters\":2}}",
            "the key \"a_name_of_more_than_twenty_letters\" appears twice" },
        { "<x/>", "" },
        { "name=x&age=1", "" },
        { "--boundary", "" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct profile_patch p = { .age = 77 };
        err e = parse(c, &profile_patch_shape, rows[i].json, &p);
        if (e != &ERR_BAD_JSON || !strstr(c->problem->detail, rows[i].says))
            print_error("%s: %s\n", rows[i].json, e ? c->problem->detail : "accepted");
        assert_ptr_equal(e, &ERR_BAD_JSON);
        assert_non_null(strstr(c->problem->detail, rows[i].says));
        assert_int_equal(strncmp(c->problem->detail, "line ", 5), 0);
        assert_true(utf8_is_valid(c->problem->detail, strlen(c->problem->detail)));
        assert_int_equal(p.age, 77);
    }
}

static void a_nul_byte_in_the_text_is_refused(void **state)
{
    struct ctx *c = *state;
    struct profile_patch p;
    static const char bodies[][12] = { "{}\0", "\0{}", "{\"a\0\":1}", "{\"a\":\"\0\"}",
        "{\"age\":1\0}" };
    static const size_t sizes[] = { 3, 3, 8, 9, 9 };
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_ptr_equal(shape_parse(c, profile_patch, bodies[i], sizes[i], &p), &ERR_BAD_JSON);
}

static void limits_are_named_with_their_place(void **state)
{
    struct ctx *c = *state;
    struct sample s;
    struct buf b;
    buf_init(&b, c->arena, 1 << 20);
    buf_text(&b, "{\"data\":\n");
    for (int i = 0; i < 32; i++)
        buf_char(&b, '[');
    assert_ptr_equal(parse(c, &sample_shape, b.data, &s), &ERR_BAD_JSON);
    assert_string_equal(c->problem->detail, "line 2, column 32: nested too deeply");
    buf_clear(&b);
    buf_text(&b, "{\"data\":[0");
    for (int i = 0; i < 10000; i++)
        buf_text(&b, ",{}");
    buf_text(&b, "]}");
    assert_ptr_equal(parse(c, &sample_shape, b.data, &s), &ERR_BAD_JSON);
    assert_non_null(strstr(c->problem->detail, "too many values"));
}

/* --- The public suite: tests/data/json --- */

struct wrapped {
    const char *data;
};
static const struct field wrapped_fields[] = { OPEN_JSON(wrapped, data) };
static SHAPE(wrapped);

static void free_tree(void *tree)
{
    json_decref(tree);
}

static json_t *suite(struct ctx *c)
{
    json_t *list = json_load_file("tests/data/json/parsing.json", JSON_ALLOW_NUL, NULL);
    assert_non_null(list);
    arena_cleanup(c->arena, free_tree, list);
    return list;
}

/* What JSON leaves open and this house does not allow. */
static bool is_refused_here(const char *name)
{
    return strstr(name, "duplicated_key") || strstr(name, "null_escape") ||
           strstr(name, "escaped_null");
}

static void what_the_public_suite_calls_json_is_accepted(void **state)
{
    struct ctx *c = *state;
    size_t i, n = 0;
    json_t *row;
    json_array_foreach(suite(c), i, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        json_t *input = json_object_get(row, "input");
        struct wrapped out;
        if (name[0] != 'y')
            continue;
        char *body = arena_printf(c->arena, "{\"data\":%s}", json_string_value(input));
        problem_clear(c);
        err e = shape_parse(c, wrapped, body, strlen(body), &out);
        bool null = strcmp(json_string_value(input), "null") == 0;
        if ((e == NULL) == (is_refused_here(name) || null))
            print_error("%s: %s\n", name, body);
        assert_int_equal(e == NULL, !is_refused_here(name) && !null);
        n++;
    }
    assert_true(n > 90);
}

static void what_the_public_suite_calls_no_json_is_refused(void **state)
{
    struct ctx *c = *state;
    size_t i, n = 0;
    json_t *row;
    json_array_foreach(suite(c), i, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        json_t *input = json_object_get(row, "input");
        struct wrapped out;
        if (name[0] != 'n')
            continue;
        problem_clear(c);
        err e = shape_parse(c, wrapped, json_string_value(input), json_string_length(input), &out);
        if (e != &ERR_BAD_JSON)
            print_error("%s\n", name);
        assert_ptr_equal(e, &ERR_BAD_JSON);
        n++;
    }
    assert_true(n > 170);
}

static void what_the_public_suite_leaves_open_has_an_answer(void **state)
{
    struct ctx *c = *state;
    size_t i;
    json_t *row;
    json_array_foreach(suite(c), i, row)
    {
        json_t *input = json_object_get(row, "input");
        struct wrapped out = { NULL };
        if (json_string_value(json_object_get(row, "name"))[0] != 'i')
            continue;
        char *body = arena_printf(c->arena, "{\"data\":%s}", json_string_value(input));
        problem_clear(c);
        err e = shape_parse(c, wrapped, body, strlen(body), &out);
        assert_true(e == NULL ? out.data != NULL : e == &ERR_BAD_JSON);
    }
}

static void very_deep_texts_are_refused_at_once(void **state)
{
    struct ctx *c = *state;
    static const char *const units[] = { "[", "[{\"\":", "{\"a\":" };
    for (size_t i = 0; i < COUNT(units); i++) {
        struct buf b;
        struct wrapped out;
        buf_init(&b, c->arena, 1 << 20);
        for (int n = 0; n < 100000; n++)
            buf_text(&b, units[i]);
        assert_ptr_equal(shape_parse(c, wrapped, b.data, b.size, &out), &ERR_BAD_JSON);
        assert_non_null(strstr(c->problem->detail, "nested too deeply"));
    }
}

/* --- Memory --- */

/* More than there is: malloc says NULL, under sanitizers too, instead of ending the process. */
PUBLIC const char *__asan_default_options(void);
PUBLIC const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

PUBLIC const char *__tsan_default_options(void);
PUBLIC const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static int allocations_left;
static json_malloc_t usual_malloc;

static void *failing_malloc(size_t size)
{
    return usual_malloc(allocations_left-- > 0 ? size : PTRDIFF_MAX);
}

static void a_parser_without_memory_is_unavailable(void **state)
{
    struct ctx *c = *state;
    struct sample s;
    json_free_t usual_free;
    assert_null(parse(c, &sample_shape, good_sample, &s));
    json_get_alloc_funcs(&usual_malloc, &usual_free);
    json_set_alloc_funcs(failing_malloc, usual_free);
    err e = &ERR_UNAVAILABLE;
    int n = 0;
    for (; n < 1000 && e == &ERR_UNAVAILABLE; n++) {
        allocations_left = n;
        e = parse(c, &sample_shape, good_sample, &s);
    }
    json_set_alloc_funcs(usual_malloc, usual_free);
    assert_null(e);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CTX(hostile_json_is_refused_with_its_place),
        IN_CTX(a_nul_byte_in_the_text_is_refused),
        IN_CTX(limits_are_named_with_their_place),
        IN_CTX(what_the_public_suite_calls_json_is_accepted),
        IN_CTX(what_the_public_suite_calls_no_json_is_refused),
        IN_CTX(what_the_public_suite_leaves_open_has_an_answer),
        IN_CTX(very_deep_texts_are_refused_at_once),
        IN_CTX(a_parser_without_memory_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
