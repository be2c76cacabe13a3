/* Structs as JSON: what is written is what was meant, and it reads back as the same. */
#include "json_test.h"
#include <ashlar/text.h>
#include <jansson.h>
#include <math.h>

static const char *render(struct ctx *c, const struct shape *s, const void *in)
{
    struct buf b;
    buf_init(&b, c->arena, 1 << 20);
    shape_render_(&b, s, in);
    assert_false(buf_is_full(&b));
    return b.data;
}

static struct sample sample_of_all(void)
{
    static const struct sample_line first = { "first", 1 };
    static const struct sample_line lines[] = { { "a", 1 }, { "b \"quoted\"", 1000 } };
    static const char *const tags[] = { "x", "y\\z" };
    struct sample s = {
        .text = "Zoë \"said\"\n\t\\ \x01 \x7F 漢 \U0001F600 </script>",
        .role = "admin",
        .count = -5,
        .ratio = 0.1,
        .active = true,
        .at = { INT64_C(1795336200000001) },
        .data = "{\"a\":[1,2]}",
        .first = &first,
        .lines = lines,
        .n_lines = 2,
        .tags = tags,
        .n_tags = 2,
    };
    assert_true(typeid_parse("person", "person_01h455vb4pex5vsknk084sn02q", 33, &s.owner_id));
    return s;
}

static void every_kind_is_written(void **state)
{
    struct ctx *c = *state;
    struct sample s = sample_of_all();
    s.text = "a\"b\\c\n\x1F";
    assert_string_equal(render(c, &sample_shape, &s),
        "{\"text\":\"a\\\"b\\\\c\\n\\u001f\",\"role\":\"admin\",\"count\":-5,\"ratio\":0.1,"
        "\"active\":true,\"owner_id\":\"person_01h455vb4pex5vsknk084sn02q\","
        "\"at\":\"2026-11-22T08:30:00.000001Z\",\"data\":{\"a\":[1,2]},"
        "\"first\":{\"name\":\"first\",\"amount\":1},"
        "\"lines\":[{\"name\":\"a\",\"amount\":1},{\"name\":\"b \\\"quoted\\\"\",\"amount\":1000}],"
        "\"tags\":[\"x\",\"y\\\\z\"]}");
}

static void the_zero_value_of_required_members_is_what_it_is(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    assert_string_equal(render(c, &sample_shape, &s),
        "{\"text\":null,\"role\":null,\"count\":0,\"ratio\":0,\"active\":false,"
        "\"owner_id\":\"person_00000000000000000000000000\",\"at\":null,\"data\":null,"
        "\"first\":null,\"lines\":[],\"tags\":[]}");
}

struct maybe {
    const char *text;
    int64_t count;
    double ratio;
    bool flag;
    struct uuid id;
    struct instant at;
    const struct sample_line *lines;
    size_t n_lines;
};
static const struct field maybe_fields[] = {
    TEXT(maybe, text, .optional = true),
    INT(maybe, count, .optional = true),
    NUMBER(maybe, ratio, .optional = true),
    BOOL(maybe, flag, .optional = true),
    ID(maybe, id, "x", .optional = true),
    TIME(maybe, at, .optional = true),
    LIST(maybe, lines, sample_line, .optional = true),
};
static SHAPE(maybe);

static void the_zero_value_of_optional_members_is_null(void **state)
{
    struct ctx *c = *state;
    struct maybe m = { 0 };
    assert_string_equal(render(c, &maybe_shape, &m),
        "{\"text\":null,\"count\":null,\"ratio\":null,\"flag\":null,\"id\":null,\"at\":null,"
        "\"lines\":null}");
    m = (struct maybe){ .text = "", .count = 1, .lines = (struct sample_line[1]){ { 0 } } };
    assert_string_equal(render(c, &maybe_shape, &m),
        "{\"text\":\"\",\"count\":1,\"ratio\":null,\"flag\":null,\"id\":null,\"at\":null,"
        "\"lines\":[]}");
}

static void what_is_rendered_reads_back_as_the_same(void **state)
{
    struct ctx *c = *state;
    struct sample s = sample_of_all(), back;
    s.text = "Zoë \"said\"\n\t\\ 漢 \U0001F600 </script>";
    const char *json = render(c, &sample_shape, &s);
    assert_null(shape_parse(c, sample, json, strlen(json), &back));
    assert_string_equal(back.text, s.text);
    assert_true(back.count == s.count && back.ratio == s.ratio && back.active == s.active);
    assert_true(uuid_equal(back.owner_id, s.owner_id));
    assert_true(back.at.us == s.at.us);
    assert_string_equal(back.data, s.data);
    assert_int_equal(back.n_lines, 2);
    assert_string_equal(back.lines[1].name, s.lines[1].name);
    assert_string_equal(back.tags[1], s.tags[1]);
    assert_string_equal(render(c, &sample_shape, &back), json);
}

static void optional_members_read_back_from_null(void **state)
{
    struct ctx *c = *state;
    struct maybe m = { .count = 3 }, back;
    const char *json = render(c, &maybe_shape, &m);
    assert_null(shape_parse(c, maybe, json, strlen(json), &back));
    assert_int_equal(back.count, 3);
    assert_null(back.text);
}

static void what_was_stored_is_read_without_the_limits_of_outsiders(void **state)
{
    struct ctx *c = *state;
    struct sample s = { .text = "bell \a", .count = 4711 }, back;
    const char *json = render(c, &sample_shape, &s);
    assert_ptr_equal(shape_parse(c, sample, json, strlen(json), &back), &ERR_INVALID);
    assert_null(shape_parse_stored(c, &sample_shape, json, strlen(json), &back));
    assert_string_equal(back.text, "bell \a");
    assert_int_equal(back.count, 4711);
    assert_null(back.role);
    assert_string_equal(render(c, &sample_shape, &back), json);
}

static void what_a_newer_version_added_is_passed_over(void **state)
{
    struct ctx *c = *state;
    struct sample_line line;
    const char *json = "{\"name\":\"x\",\"new\":{\"a\":1},\"amount\":5}";
    assert_null(shape_parse_stored(c, &sample_line_shape, json, strlen(json), &line));
    assert_int_equal(line.amount, 5);
}

static void what_was_stored_by_another_shape_is_refused(void **state)
{
    struct ctx *c = *state;
    struct sample_line line = { .amount = 77 };
    static const char *const others[] = { "{}", "[]", "{\"name\":1,\"amount\":1}",
        "{\"name\":\"x\",\"amount\":\"1\"}" };
    for (size_t i = 0; i < COUNT(others); i++)
        assert_ptr_equal(
            shape_parse_stored(c, &sample_line_shape, others[i], strlen(others[i]), &line),
            &ERR_INVALID);
    assert_int_equal(line.amount, 77);
}

/* "a", the code point in UTF-8, "z". */
static void text_around(uint32_t point, char *out)
{
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = { 0, 0xC0, 0xE0, 0xF0 };
    *out++ = 'a';
    *out++ = (char)(marks[more] | point >> 6 * more);
    while (more-- > 0)
        *out++ = (char)(0x80 | (point >> 6 * more & 0x3F));
    *out++ = 'z';
    *out = '\0';
}

static void assert_library_reads(const char *text)
{
    const struct formats f = { .any = text };
    struct buf b;
    buf_init(&b, NULL, 4096);
    shape_render(&b, formats, &f);
    json_t *tree = json_loadb(b.data, b.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(tree);
    assert_string_equal(json_string_value(json_object_get(tree, "any")), text);
    json_decref(tree);
    buf_release(&b);
}

static void the_library_reads_every_text_we_write(void **state)
{
    (void)state;
    for (uint32_t point = 1; point < 0x110000; point += point < 0x900 ? 1 : 251) {
        char text[8];
        if (point >= 0xD800 && point < 0xE000)
            continue;
        text_around(point, text);
        assert_library_reads(text);
    }
}

static void an_escape_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const char special[] = { '"', '\\', '\n', 0x1F, 0x01 };
    char text[40];
    for (size_t size = 1; size < sizeof text; size++) {
        for (size_t at = 0; at < size; at++) {
            memset(text, 'x', size);
            text[size] = '\0';
            text[at] = special[(size + at) % COUNT(special)];
            assert_library_reads(text);
        }
    }
}

static void numbers_read_back_as_the_same_double(void **state)
{
    struct ctx *c = *state;
    static const double values[] = { 0.1, 1.0 / 3, 1e300, -1e-300, 5e-324, 1.7976931348623157e308,
        123456789.123456789, 9007199254740993.0, 1e21, -0.0, 2.5, 100 };
    for (size_t i = 0; i < COUNT(values); i++) {
        struct sample s = { .ratio = values[i] };
        json_t *tree = json_loads(render(c, &sample_shape, &s), 0, NULL);
        assert_non_null(tree);
        assert_true(json_number_value(json_object_get(tree, "ratio")) == values[i]);
        json_decref(tree);
    }
}

static void numbers_json_cannot_say_are_null(void **state)
{
    struct ctx *c = *state;
    const double values[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < COUNT(values); i++) {
        struct sample s = { .ratio = values[i] };
        assert_non_null(strstr(render(c, &sample_shape, &s), "\"ratio\":null"));
    }
}

static void integers_are_written_to_their_ends(void **state)
{
    struct ctx *c = *state;
    struct sample_line line = { "x", INT64_MIN };
    assert_string_equal(
        render(c, &sample_line_shape, &line), "{\"name\":\"x\",\"amount\":-9223372036854775808}");
    line.amount = INT64_MAX;
    assert_string_equal(
        render(c, &sample_line_shape, &line), "{\"name\":\"x\",\"amount\":9223372036854775807}");
}

struct keeper {
    const char *name, *token;
    const struct formats *inner;
    int64_t pin;
};
static const struct field keeper_fields[] = {
    TEXT(keeper, name),
    TEXT(keeper, token, .secret = true),
    OBJECT(keeper, inner, formats),
    INT(keeper, pin, .secret = true, .optional = true),
};
static SHAPE(keeper);

static void secrets_are_redacted_wherever_they_are(void **state)
{
    struct ctx *c = *state;
    const struct formats inner = { .password = "correct horse" };
    const struct keeper k = { "n", "s3cr3t", &inner, 0 };
    struct buf b;
    buf_init(&b, c->arena, 4096);
    shape_render_redacted(&b, keeper, &k);
    assert_null(strstr(b.data, "s3cr3t"));
    assert_null(strstr(b.data, "correct horse"));
    assert_non_null(strstr(b.data, "\"token\":\"[secret]\""));
    assert_non_null(strstr(b.data, "\"password\":\"[secret]\""));
    assert_non_null(strstr(b.data, "\"pin\":\"[secret]\""));
    assert_non_null(strstr(render(c, &keeper_shape, &k), "s3cr3t"));
}

static void shapes_know_of_secrets_inside_them(void **state)
{
    (void)state;
    assert_true(shape_has_secrets(&formats_shape));
    assert_true(shape_has_secrets(&keeper_shape));
    assert_false(shape_has_secrets(&sample_shape));
    assert_false(shape_has_secrets(&nothing_shape));
}

static void a_patch_says_again_only_what_it_said(void **state)
{
    struct ctx *c = *state;
    struct profile_patch p;
    static const char json[] = "{\"bio\":null,\"age\":3}";
    assert_null(shape_parse(c, profile_patch, json, strlen(json), &p));
    assert_string_equal(render(c, &profile_patch_shape, &p), json);
    assert_null(shape_parse(c, profile_patch, "{}", 2, &p));
    assert_string_equal(render(c, &profile_patch_shape, &p), "{}");
}

static void lists_follow_each_other_at_every_depth(void **state)
{
    struct ctx *c = *state;
    struct sample_line lines[3] = { { "a", 1 }, { "b", 2 }, { "c", 3 } };
    struct sample s = { .lines = lines, .n_lines = 3, .first = &lines[2] };
    json_t *tree = json_loads(render(c, &sample_shape, &s), 0, NULL);
    assert_int_equal(json_array_size(json_object_get(tree, "lines")), 3);
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(tree, "lines"), 2), "name")),
        "c");
    json_decref(tree);
}

static void a_full_buffer_stays_full_and_within_its_ceiling(void **state)
{
    struct ctx *c = *state;
    struct sample s = sample_of_all();
    struct buf b;
    buf_init(&b, c->arena, 64);
    shape_render(&b, sample, &s);
    assert_true(buf_is_full(&b));
    assert_true(b.size <= 64);
}

/* --- Shapes that cannot be used --- */

extern const struct shape endless_shape;
struct endless {
    const struct endless *next;
};
static const struct field endless_fields[] = { OBJECT(endless, next, endless) };
SHAPE(endless);

struct wrong {
    const char *text;
    int64_t number;
    struct present present;
};

static const char *complaint(struct ctx *c, const struct field *field, bool patch)
{
    const struct shape s = { .name = "wrong",
        .size = sizeof(struct wrong),
        .fields = field,
        .n_fields = 1,
        .present_at = patch ? 1 + offsetof(struct wrong, present) : 0 };
    const char *text = shape_check(c->arena, &s);
    return text ? text : "";
}

static void good_shapes_pass_the_check(void **state)
{
    struct ctx *c = *state;
    for (size_t i = 0; i < COUNT(sample_shapes); i++)
        assert_null(shape_check(c->arena, sample_shapes[i]));
    assert_null(shape_check(c->arena, &nothing_shape));
}

static void shapes_without_end_are_refused(void **state)
{
    struct ctx *c = *state;
    assert_string_equal(
        shape_check(c->arena, &endless_shape), "shape endless: nested deeper than 16");
}

static void shapes_that_contradict_themselves_are_refused(void **state)
{
    struct ctx *c = *state;
    static const struct {
        struct field field;
        bool patch;
        const char *says;
    } rows[] = {
        { TEXT(wrong, text, .min = 5, .max = 4), false, "min is above max" },
        { TEXT(wrong, text, .max = -1), false, "negative" },
        { TEXT(wrong, text, .format = EMAIL, .fallback = "nobody"), false, "fallback" },
        { INT(wrong, number, .fallback = "x"), false, "fallback" },
        { INT(wrong, number, .min = 1, .max = 9, .fallback = "10"), false, "fallback" },
        { INT(wrong, number, .fallback = "1"), true, "absent must stay absent" },
        { INT(wrong, number, .one_of = "1|2"), false, "only texts" },
        { OPEN_JSON(wrong, text, .in = QUERY), false, "path or query" },
        { TEXT(wrong, text, .in = PATH, .optional = true), false, "always there" },
        { TEXT(wrong, text, .in = PATH, .format = VERBATIM), false, "cannot contain" },
        { { .name = "x", .kind = KIND_LIST }, false, "what it contains" },
        { { .name = "x", .kind = KIND_ID }, false, "prefix" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_non_null(strstr(complaint(c, &rows[i].field, rows[i].patch), rows[i].says));
}

static void two_fields_of_one_name_are_refused(void **state)
{
    struct ctx *c = *state;
    static const struct field twice[] = { TEXT(wrong, text), TEXT(wrong, text) };
    const struct shape s = {
        .name = "twice", .size = sizeof(struct wrong), .fields = twice, .n_fields = 2
    };
    assert_string_equal(
        shape_check(c->arena, &s), "shape twice, field text: the name is used twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CTX(every_kind_is_written),
        IN_CTX(the_zero_value_of_required_members_is_what_it_is),
        IN_CTX(the_zero_value_of_optional_members_is_null),
        IN_CTX(what_is_rendered_reads_back_as_the_same),
        IN_CTX(optional_members_read_back_from_null),
        IN_CTX(what_was_stored_is_read_without_the_limits_of_outsiders),
        IN_CTX(what_a_newer_version_added_is_passed_over),
        IN_CTX(what_was_stored_by_another_shape_is_refused),
        IN_CTX(the_library_reads_every_text_we_write),
        cmocka_unit_test(an_escape_is_found_wherever_it_stands),
        IN_CTX(numbers_read_back_as_the_same_double),
        IN_CTX(numbers_json_cannot_say_are_null),
        IN_CTX(integers_are_written_to_their_ends),
        IN_CTX(secrets_are_redacted_wherever_they_are),
        cmocka_unit_test(shapes_know_of_secrets_inside_them),
        IN_CTX(a_patch_says_again_only_what_it_said),
        IN_CTX(lists_follow_each_other_at_every_depth),
        IN_CTX(a_full_buffer_stays_full_and_within_its_ceiling),
        IN_CTX(good_shapes_pass_the_check),
        IN_CTX(shapes_without_end_are_refused),
        IN_CTX(shapes_that_contradict_themselves_are_refused),
        IN_CTX(two_fields_of_one_name_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
