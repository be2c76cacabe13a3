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

static err parse(struct ctx *c, const struct shape *s, const char *json, void *out)
{
    problem_clear(c);
    return shape_parse(c, s, json, strlen(json), out);
}

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
        char *json = arena_printf(c->arena, "{\"%s\":\" \\n \"}", members[i]);
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
    static const char bodies[][12] = { "{}\0", "\0{}", "{\"a\0\":1}", "{\"a\":\"\0\"}" };
    static const size_t sizes[] = { 3, 3, 8, 9 };
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_ptr_equal(
            shape_parse(c, &profile_patch_shape, bodies[i], sizes[i], &p), &ERR_BAD_JSON);
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

/* --- All parts of a request --- */

static const struct pair good_path[] = { { "org_id", "org_01h455vb4pex5vsknk084sn02q" },
    { "year", "2026" } };

static err parse_query(struct ctx *c, const struct pair *query, size_t n, struct search_in *out)
{
    problem_clear(c);
    return shape_parse_parts(
        c, &search_in_shape, good_path, COUNT(good_path), query, n, NULL, 0, out);
}

static void path_query_and_body_meet_in_one_struct(void **state)
{
    struct ctx *c = *state;
    struct search_in in;
    static const struct pair query[] = { { "limit", "20" }, { "include", "flags,orgs" },
        { "archived", "true" }, { "since", "2026-11-22T08:30:00Z" } };
    static const char body[] = "{\"note\":\"x\"}";
    assert_null(
        shape_parse_parts(c, &search_in_shape, good_path, 2, query, 4, body, strlen(body), &in));
    assert_int_equal(in.page.limit, 20);
    assert_int_equal(in.year, 2026);
    assert_false(uuid_is_nil(in.org_id));
    assert_int_equal(in.n_include, 2);
    assert_string_equal(in.include[1], "orgs");
    assert_true(in.archived);
    assert_true(in.since.us > 0);
    assert_string_equal(in.note, "x");
}

static void fallbacks_fill_what_was_not_said(void **state)
{
    struct ctx *c = *state;
    struct search_in in;
    assert_null(parse_query(c, NULL, 0, &in));
    assert_int_equal(in.page.limit, 50);
    assert_null(in.page.cursor);
    assert_false(in.archived);
    assert_true(in.factor == 1.5);
    assert_null(in.note);
}

static void a_wrong_query_value_is_refused_by_name(void **state)
{
    struct ctx *c = *state;
    static const struct {
        struct pair pair;
        const char *pointer, *code;
    } rows[] = {
        { { "limit", "0" }, "query:limit", "too_small" },
        { { "limit", "201" }, "query:limit", "too_large" },
        { { "limit", "99999999999999999999999" }, "query:limit", "too_large" },
        { { "limit", "-99999999999999999999999" }, "query:limit", "too_small" },
        { { "limit", "" }, "query:limit", "type" },
        { { "limit", "ten" }, "query:limit", "type" },
        { { "limit", "1e1" }, "query:limit", "type" },
        { { "cursor", "" }, "query:cursor", "too_short" },
        { { "cursor", "a b" }, "query:cursor", "format" },
        { { "archived", "1" }, "query:archived", "type" },
        { { "factor", "NaN" }, "query:factor", "type" },
        { { "since", "yesterday" }, "query:since", "format" },
        { { "after_id", "42" }, "query:after_id", "format" },
        { { "include", "orgs,secrets" }, "query:include", "one_of" },
        { { "include", "orgs," }, "query:include", "one_of" },
        { { "lim", "1" }, "query:lim", "unknown" },
        { { "note", "1" }, "query:note", "unknown" },
        { { "org_id", "org_01h455vb4pex5vsknk084sn02q" }, "query:org_id", "unknown" },
        { { "", "" }, "query:", "unknown" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct search_in in = { .year = 77 };
        assert_ptr_equal(parse_query(c, &rows[i].pair, 1, &in), &ERR_INVALID);
        assert_refused(c, rows[i].pointer, rows[i].code);
        assert_int_equal(in.year, 77);
    }
}

static void a_parameter_given_twice_is_refused(void **state)
{
    struct ctx *c = *state;
    struct search_in in;
    static const struct pair query[] = { { "limit", "1" }, { "limit", "1" } };
    assert_ptr_equal(parse_query(c, query, 2, &in), &ERR_INVALID);
    assert_refused(c, "query:limit", "repeated");
}

static void a_path_id_of_another_form_is_not_found(void **state)
{
    struct ctx *c = *state;
    static const char *const ids[] = { "", "1", "person_01h455vb4pex5vsknk084sn02q",
        "org_01h455vb4pex5vsknk084sn02", "org_81h455vb4pex5vsknk084sn02q",
        "ORG_01h455vb4pex5vsknk084sn02q", "org_01h455vb4pex5vsknk084sn02q/", "../../etc" };
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct search_in in;
        const struct pair path[] = { { "org_id", ids[i] }, { "year", "2026" } };
        problem_clear(c);
        assert_ptr_equal(
            shape_parse_parts(c, &search_in_shape, path, 2, NULL, 0, NULL, 0, &in), &ERR_NOT_FOUND);
    }
}

static void another_path_value_is_refused_by_name(void **state)
{
    struct ctx *c = *state;
    struct search_in in;
    const struct pair path[] = { good_path[0], { "year", "1492" } };
    assert_ptr_equal(
        shape_parse_parts(c, &search_in_shape, path, 2, NULL, 0, NULL, 0, &in), &ERR_INVALID);
    assert_refused(c, "path:year", "too_small");
}

static void query_and_body_problems_are_answered_together(void **state)
{
    struct ctx *c = *state;
    struct search_in in;
    const struct pair query[] = { { "limit", "0" } };
    assert_ptr_equal(
        shape_parse_parts(c, &search_in_shape, good_path, 2, query, 1, "{\"note\":1}", 10, &in),
        &ERR_INVALID);
    assert_refused(c, "query:limit", "too_small");
    assert_refused(c, "/note", "type");
}

static void no_body_leaves_required_members_missing(void **state)
{
    struct ctx *c = *state;
    struct sample s;
    assert_ptr_equal(
        shape_parse_parts(c, &sample_shape, NULL, 0, NULL, 0, NULL, 0, &s), &ERR_INVALID);
    assert_refused(c, "/text", "required");
    assert_int_equal(c->problem->n_fields, 11);
}

static void nothing_takes_only_an_empty_object(void **state)
{
    struct ctx *c = *state;
    struct nothing nothing;
    assert_null(parse(c, &nothing_shape, "{}", &nothing));
    assert_ptr_equal(parse(c, &nothing_shape, "{\"unused\":1}", &nothing), &ERR_INVALID);
    assert_null(shape_parse_parts(c, &nothing_shape, NULL, 0, NULL, 0, NULL, 0, &nothing));
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
        IN_CTX(hostile_json_is_refused_with_its_place),
        IN_CTX(a_nul_byte_in_the_text_is_refused),
        IN_CTX(limits_are_named_with_their_place),
        IN_CTX(the_answer_never_quotes_the_value_that_was_wrong),
        IN_CTX(open_json_keeps_what_was_sent),
        IN_CTX(path_query_and_body_meet_in_one_struct),
        IN_CTX(fallbacks_fill_what_was_not_said),
        IN_CTX(a_wrong_query_value_is_refused_by_name),
        IN_CTX(a_parameter_given_twice_is_refused),
        IN_CTX(a_path_id_of_another_form_is_not_found),
        IN_CTX(another_path_value_is_refused_by_name),
        IN_CTX(query_and_body_problems_are_answered_together),
        IN_CTX(no_body_leaves_required_members_missing),
        IN_CTX(nothing_takes_only_an_empty_object),
        IN_CTX(a_parser_without_memory_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
