/* Counting a JSON text before it is parsed. */
#include "json_test.h"

static const char *scan(const char *json, int *line, int *column)
{
    return json_scan(json, strlen(json), 32, 10000, line, column);
}

static bool is_fine(const char *json)
{
    int line, column;
    return scan(json, &line, &column) == NULL;
}

/* `before`, then `middle` n times, then `after`. */
static char *repeat(struct ctx *c, const char *before, const char *middle, int n, const char *after)
{
    struct buf b;
    buf_init(&b, c->arena, 1 << 20);
    buf_text(&b, before);
    for (int i = 0; i < n; i++)
        buf_text(&b, middle);
    buf_text(&b, after);
    return b.data;
}

static void ordinary_texts_pass(void **state)
{
    (void)state;
    assert_true(is_fine("{\"a\":[1,2,{\"b\":null}],\"c\":\"x\"}"));
    assert_true(is_fine(""));
    assert_true(is_fine("\"only a string\""));
}

static void depth_32_passes_and_33_does_not(void **state)
{
    struct ctx *c = *state;
    int line, column;
    assert_null(scan(repeat(c, "", "[", 32, ""), &line, &column));
    assert_string_equal(scan(repeat(c, "", "[", 33, ""), &line, &column), "nested too deeply");
    assert_int_equal(line, 1);
    assert_int_equal(column, 33);
    assert_non_null(scan(repeat(c, "", "{\"a\":", 33, ""), &line, &column));
}

static void siblings_do_not_add_depth(void **state)
{
    struct ctx *c = *state;
    assert_true(is_fine(repeat(c, "[", "[{}],", 1000, "0]")));
}

static void value_10000_passes_and_10001_does_not(void **state)
{
    struct ctx *c = *state;
    int line, column;
    static const char *const items[] = { "0,", "{},", "[],", "\"\",", "true,", " \"a\" ," };
    for (size_t i = 0; i < COUNT(items); i++) {
        assert_true(is_fine(repeat(c, "[", items[i], 9998, "0]")));
        assert_string_equal(
            scan(repeat(c, "[", items[i], 9999, "0]"), &line, &column), "too many values");
    }
}

static void keys_are_no_values(void **state)
{
    struct ctx *c = *state;
    int line, column;
    assert_true(is_fine(repeat(c, "{", "\"k\":1,", 9998, "\"k\":1}")));
    assert_non_null(scan(repeat(c, "{", "\"k\":1,", 9999, "\"k\":1}"), &line, &column));
}

static void a_string_as_the_value_too_many_is_noticed_at_the_end(void **state)
{
    struct ctx *c = *state;
    int line, column;
    assert_string_equal(
        scan(repeat(c, "[", "0,", 9999, "\"x\"]"), &line, &column), "too many values");
}

static void brackets_and_commas_in_strings_do_not_count(void **state)
{
    (void)state;
    assert_true(is_fine("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""));
    assert_true(is_fine("\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""));
    assert_false(is_fine("\"\\\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["));
}

static void lines_and_code_points_are_counted_from_one(void **state)
{
    (void)state;
    int line, column;
    const char *json = "[\n \"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\", [1]]";
    assert_string_equal(json_scan(json, strlen(json), 1, 100, &line, &column), "nested too deeply");
    assert_int_equal(line, 2);
    assert_int_equal(column, 9);
}

static void unfinished_texts_end_where_they_end(void **state)
{
    (void)state;
    static const char *const texts[] = { "\"", "\"\\", "[\"a", "tru", "{\"a\"", "\\", "\"\\\"" };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_true(is_fine(texts[i]));
    int line, column;
    assert_null(json_scan("[1]garbage beyond size", 3, 32, 10, &line, &column));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_texts_pass),
        IN_CTX(depth_32_passes_and_33_does_not),
        IN_CTX(siblings_do_not_add_depth),
        IN_CTX(value_10000_passes_and_10001_does_not),
        IN_CTX(keys_are_no_values),
        IN_CTX(a_string_as_the_value_too_many_is_noticed_at_the_end),
        cmocka_unit_test(brackets_and_commas_in_strings_do_not_count),
        cmocka_unit_test(lines_and_code_points_are_counted_from_one),
        cmocka_unit_test(unfinished_texts_end_where_they_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
