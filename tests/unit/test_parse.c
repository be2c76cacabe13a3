/* JSON, path and query into structs: what is accepted, and what is said about the rest. */
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

/* good_sample with one member's value replaced. */
static char *with(struct ctx *c, const char *member, const char *value)
{
    json_t *tree = json_loads(good_sample, 0, NULL);
    json_t *other = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_non_null(other);
    json_object_set_new(tree, member, other);
    char *text = json_dumps(tree, JSON_COMPACT);
    char *kept = arena_strdup(c->arena, text);
    free(text);
    json_decref(tree);
    return kept;
}

static void every_kind_is_read(void **state)
{
    struct ctx *c = *state;
    struct sample s;
    assert_null(parse(c, &sample_shape, good_sample, &s));
    assert_string_equal(s.text, "Hi ä");
    assert_string_equal(s.role, "admin");
    assert_int_equal(s.count, 10);
    assert_true(s.ratio == 2.5);
    assert_true(s.active);
    assert_string_equal(typeid_text(c->arena, "person", s.owner_id), GOOD_OWNER);
    assert_true(s.at.us == INT64_C(1795336200000000));
    assert_string_equal(s.data, "{\"a\":[1,null,0.1]}");
    assert_string_equal(s.first->name, "x");
    assert_int_equal(s.n_lines, 2);
    assert_string_equal(s.lines[1].name, "z");
    assert_int_equal(s.lines[1].amount, 3);
    assert_int_equal(s.n_tags, 2);
    assert_string_equal(s.tags[1], "b");
}

static void a_value_of_another_kind_is_refused_at_its_pointer(void **state)
{
    struct ctx *c = *state;
    static const struct {
        const char *member, *value, *pointer, *code;
    } rows[] = {
        { "text", "1", "/text", "type" },
        { "text", "[\"a\"]", "/text", "type" },
        { "text", "null", "/text", "null" },
        { "text", "\"\"", "/text", "too_short" },
        { "text", "\"bell \\u0007\"", "/text", "format" },
        { "role", "\"owner\"", "/role", "one_of" },
        { "role", "\"admin|member\"", "/role", "one_of" },
        { "role", "\"adm\"", "/role", "one_of" },
        { "role", "true", "/role", "type" },
        { "count", "\"1\"", "/count", "type" },
        { "count", "1.0", "/count", "type" },
        { "count", "1e2", "/count", "type" },
        { "count", "11", "/count", "too_large" },
        { "count", "-6", "/count", "too_small" },
        { "count", "null", "/count", "null" },
        { "ratio", "\"2.5\"", "/ratio", "type" },
        { "ratio", "true", "/ratio", "type" },
        { "active", "1", "/active", "type" },
        { "active", "\"true\"", "/active", "type" },
        { "owner_id", "1", "/owner_id", "type" },
        { "owner_id", "\"\"", "/owner_id", "format" },
        { "owner_id", "\"org_01h455vb4pex5vsknk084sn02q\"", "/owner_id", "format" },
        { "owner_id", "\"01890a5d-ac96-774b-bcce-b302099a8057\"", "/owner_id", "format" },
        { "at", "1795336200", "/at", "type" },
        { "at", "\"2026-02-30T00:00:00Z\"", "/at", "format" },
        { "at", "\"2026-11-22\"", "/at", "format" },
        { "first", "[]", "/first", "type" },
        { "first", "\"x\"", "/first", "type" },
        { "first", "{\"name\":\"x\"}", "/first/amount", "required" },
        { "first", "{\"name\":\"x\",\"amount\":1,\"more\":2}", "/first/more", "unknown" },
        { "lines", "{}", "/lines", "type" },
        { "lines", "[]", "/lines", "too_few" },
        { "lines", "[1,2,3,4]", "/lines", "too_many" },
        { "lines", "[1]", "/lines/0", "type" },
        { "lines", "[{\"name\":\"x\",\"amount\":1},null]", "/lines/1", "type" },
        { "lines", "[{\"name\":\"x\",\"amount\":0}]", "/lines/0/amount", "too_small" },
        { "lines", "[{\"name\":\"a\\nb\",\"amount\":1}]", "/lines/0/name", "format" },
        { "lines", "[{\"name\":\"123456789012345678901\",\"amount\":1}]", "/lines/0/name",
            "too_long" },
        { "tags", "\"a,b\"", "/tags", "type" },
        { "tags", "[\"a\",1]", "/tags/1", "type" },
        { "tags", "[\"a\",\"\"]", "/tags/1", "too_short" },
        { "tags", "[\"a\",\"b\",\"c\",\"d\"]", "/tags", "too_many" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sample s = { .count = 77 };
        assert_ptr_equal(
            parse(c, &sample_shape, with(c, rows[i].member, rows[i].value), &s), &ERR_INVALID);
        assert_refused(c, rows[i].pointer, rows[i].code);
        assert_int_equal(c->problem->n_fields, 1);
        assert_int_equal(s.count, 77);
    }
}

static void integers_are_exact_up_to_two_to_the_53rd(void **state)
{
    struct ctx *c = *state;
    struct profile_patch p;
    assert_null(parse(c, &profile_patch_shape, "{\"age\":9007199254740991}", &p));
    assert_true(p.age == INT64_C(9007199254740991));
    assert_null(parse(c, &profile_patch_shape, "{\"age\":-9007199254740991}", &p));
    assert_ptr_equal(
        parse(c, &profile_patch_shape, "{\"age\":9007199254740992}", &p), &ERR_INVALID);
    assert_refused(c, "/age", "too_large");
    assert_ptr_equal(
        parse(c, &profile_patch_shape, "{\"age\":-9007199254740992}", &p), &ERR_INVALID);
    assert_refused(c, "/age", "too_small");
    assert_ptr_equal(
        parse(c, &profile_patch_shape, "{\"age\":9223372036854775807}", &p), &ERR_INVALID);
    assert_refused(c, "/age", "too_large");
}

static void all_that_is_wrong_is_said_at_once(void **state)
{
    struct ctx *c = *state;
    struct sample s;
    assert_ptr_equal(
        parse(c, &sample_shape,
            "{\"text\":1,\"role\":\"x\",\"more\":1,\"lines\":[{\"amount\":\"1\"}]}", &s),
        &ERR_INVALID);
    assert_refused(c, "/text", "type");
    assert_refused(c, "/role", "one_of");
    assert_refused(c, "/more", "unknown");
    assert_refused(c, "/count", "required");
    assert_refused(c, "/owner_id", "required");
    assert_refused(c, "/lines/0/name", "required");
    assert_refused(c, "/lines/0/amount", "type");
    assert_ptr_equal(c->problem->kind, &ERR_INVALID);
}

static void a_body_that_is_no_object_is_refused_as_a_whole(void **state)
{
    struct ctx *c = *state;
    struct sample s;
    static const char *const bodies[] = { "[]", "1", "\"x\"", "null", "true", "1.5" };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        assert_ptr_equal(parse(c, &sample_shape, bodies[i], &s), &ERR_INVALID);
        assert_refused(c, "", "type");
    }
}

static void unknown_members_are_named_and_escaped_in_the_pointer(void **state)
{
    struct ctx *c = *state;
    struct profile_patch p;
    assert_ptr_equal(
        parse(c, &profile_patch_shape, "{\"a/b~c\":1,\"present\":2}", &p), &ERR_INVALID);
    assert_refused(c, "/a~1b~0c", "unknown");
    assert_refused(c, "/present", "unknown");
    assert_non_null(strstr(c->problem->fields[0].message, "\"a/b~c\""));
}

static void a_very_long_unknown_name_is_cut_between_characters(void **state)
{
    struct ctx *c = *state;
    struct profile_patch p;
    struct buf b;
    buf_init(&b, c->arena, 1 << 16);
    buf_text(&b, "{\"");
    for (int i = 0; i < 5000; i++)
        buf_text(&b, "漢");
    buf_text(&b, "\":1}");
    assert_ptr_equal(parse(c, &profile_patch_shape, b.data, &p), &ERR_INVALID);
    const char *pointer = c->problem->fields[0].pointer;
    assert_true(strlen(pointer) < 80);
    assert_true(utf8_is_valid(pointer, strlen(pointer)));
}

static void formats_hold_in_bodies(void **state)
{
    struct ctx *c = *state;
    struct formats f;
    static const char *const members[] = { "line", "email", "url", "slug", "locale", "token" };
    assert_null(parse(c, &formats_shape,
        "{\"line\":\"x\",\"email\":\"a@b.de\",\"url\":\"https://b.de\",\"slug\":\"a-b\","
        "\"locale\":\"de\",\"token\":\"t\",\"password\":\" 12345678 \"}",
        &f));
    assert_string_equal(f.password, " 12345678 ");
    for (size_t i = 0; i < COUNT(members); i++) {
        char *json = arena_printf(c->arena, "{\"%s\":\" \\n x\"}", members[i]);
        assert_ptr_equal(parse(c, &formats_shape, json, &f), &ERR_INVALID);
        assert_refused(c, arena_printf(c->arena, "/%s", members[i]), "format");
    }
}

static void lengths_count_code_points(void **state)
{
    struct ctx *c = *state;
    struct formats f;
    assert_null(parse(c, &formats_shape, "{\"any\":\"漢漢漢漢漢漢漢漢漢😀\"}", &f));
    assert_ptr_equal(
        parse(c, &formats_shape, "{\"any\":\"漢漢漢漢漢漢漢漢漢漢漢\"}", &f), &ERR_INVALID);
    assert_refused(c, "/any", "too_long");
    assert_null(parse(c, &formats_shape, "{\"password\":\"ääääääääää\"}", &f));
    assert_ptr_equal(parse(c, &formats_shape, "{\"password\":\"äääää\"}", &f), &ERR_INVALID);
    assert_refused(c, "/password", "too_short");
}

static void e_mail_addresses_are_kept_in_lower_case(void **state)
{
    struct ctx *c = *state;
    struct formats f;
    assert_null(parse(c, &formats_shape, "{\"email\":\"Ann@Example.ORG\"}", &f));
    assert_string_equal(f.email, "ann@example.org");
}

static void what_is_optional_may_be_absent_or_null(void **state)
{
    struct ctx *c = *state;
    struct formats f;
    memset(&f, 0xFF, sizeof f);
    assert_null(parse(c, &formats_shape, "{\"email\":null}", &f));
    assert_null(f.email);
    assert_null(f.any);
}

static void a_patch_tells_absent_from_null(void **state)
{
    struct ctx *c = *state;
    struct profile_patch p;
    assert_null(parse(c, &profile_patch_shape, "{\"bio\":null}", &p));
    assert_true(PRESENT(profile_patch, &p, bio));
    assert_null(p.bio);
    assert_false(PRESENT(profile_patch, &p, name));
    assert_null(parse(c, &profile_patch_shape, "{\"name\":\"Ann\",\"bio\":\"\"}", &p));
    assert_true(PRESENT(profile_patch, &p, name));
    assert_string_equal(p.name, "Ann");
    assert_string_equal(p.bio, "");
    assert_null(parse(c, &profile_patch_shape, "{}", &p));
    assert_int_equal(p.present.bits, 0);
}

static void a_patch_takes_away_only_what_may_be_taken(void **state)
{
    struct ctx *c = *state;
    struct profile_patch p;
    assert_ptr_equal(parse(c, &profile_patch_shape, "{\"name\":null}", &p), &ERR_INVALID);
    assert_refused(c, "/name", "null");
}

static void presence_of_other_structs_is_false(void **state)
{
    (void)state;
    struct formats f = { 0 };
    assert_false(PRESENT(formats, &f, email));
}

static void the_answer_never_quotes_the_value_that_was_wrong(void **state)
{
    struct ctx *c = *state;
    struct formats f;
    assert_ptr_equal(parse(c, &formats_shape, "{\"password\":hunter2hunter2}", &f), &ERR_BAD_JSON);
    assert_null(strstr(c->problem->detail, "hunter2"));
    assert_ptr_equal(parse(c, &formats_shape, "{\"password\":\"hunter2\"}", &f), &ERR_INVALID);
    assert_null(strstr(c->problem->fields[0].message, "hunter2"));
}

static void open_json_keeps_what_was_sent(void **state)
{
    struct ctx *c = *state;
    static const char *const values[] = { "{}", "[]", "0", "-0.5", "1e+300", "0.1", "true",
        "\"a\\\"b\\\\c\\n\"", "[[[[1],{\"a\":{\"b\":[]}}]]]", "{\"b\":1,\"a\":2}",
        "{\"k\\\"\":[1,2,3]}", "9223372036854775807",
        "[0.1,123456789.125,1.7976931348623157e+308]" };
    for (size_t i = 0; i < COUNT(values); i++) {
        struct sample s;
        assert_null(parse(c, &sample_shape, with(c, "data", values[i]), &s));
        assert_string_equal(s.data, values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CTX(every_kind_is_read),
        IN_CTX(a_value_of_another_kind_is_refused_at_its_pointer),
        IN_CTX(integers_are_exact_up_to_two_to_the_53rd),
        IN_CTX(all_that_is_wrong_is_said_at_once),
        IN_CTX(a_body_that_is_no_object_is_refused_as_a_whole),
        IN_CTX(unknown_members_are_named_and_escaped_in_the_pointer),
        IN_CTX(a_very_long_unknown_name_is_cut_between_characters),
        IN_CTX(formats_hold_in_bodies),
        IN_CTX(lengths_count_code_points),
        IN_CTX(e_mail_addresses_are_kept_in_lower_case),
        IN_CTX(what_is_optional_may_be_absent_or_null),
        IN_CTX(a_patch_tells_absent_from_null),
        IN_CTX(a_patch_takes_away_only_what_may_be_taken),
        cmocka_unit_test(presence_of_other_structs_is_false),
        IN_CTX(the_answer_never_quotes_the_value_that_was_wrong),
        IN_CTX(open_json_keeps_what_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
