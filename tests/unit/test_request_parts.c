/* Path, query and body of one request into one struct. */
#include "json_test.h"

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

static void a_list_comes_with_commas_or_item_by_item(void **state)
{
    struct ctx *c = *state;
    static const struct {
        struct pair query[4];
        size_t n;
    } rows[] = {
        { { { "include", "flags,orgs" } }, 1 },
        { { { "include", "flags" }, { "include", "orgs" } }, 2 },
        { { { "include", "flags" }, { "limit", "20" }, { "include", "orgs" } }, 3 },
        { { { "include", "" }, { "include", "flags,orgs" }, { "include", "" } }, 3 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct search_in in;
        assert_null(parse_query(c, rows[i].query, rows[i].n, &in));
        assert_int_equal(in.n_include, 2);
        assert_string_equal(in.include[0], "flags");
        assert_string_equal(in.include[1], "orgs");
    }
}

static void items_of_a_list_that_came_one_by_one_are_judged_as_any(void **state)
{
    struct ctx *c = *state;
    struct search_in in;
    static const struct pair wrong[] = { { "include", "orgs" }, { "include", "secrets" } };
    static const struct pair empty[] = { { "include", "orgs" }, { "include", "flags,,orgs" } };
    static const struct pair none[] = { { "include", "" }, { "include", "" } };

    assert_ptr_equal(parse_query(c, wrong, 2, &in), &ERR_INVALID);
    assert_refused(c, "query:include", "one_of");
    assert_ptr_equal(parse_query(c, empty, 2, &in), &ERR_INVALID);
    assert_refused(c, "query:include", "one_of");
    assert_null(parse_query(c, none, 2, &in));
    assert_int_equal(in.n_include, 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CTX(a_list_comes_with_commas_or_item_by_item),
        IN_CTX(items_of_a_list_that_came_one_by_one_are_judged_as_any),
        IN_CTX(path_query_and_body_meet_in_one_struct),
        IN_CTX(fallbacks_fill_what_was_not_said),
        IN_CTX(a_wrong_query_value_is_refused_by_name),
        IN_CTX(a_parameter_given_twice_is_refused),
        IN_CTX(a_path_id_of_another_form_is_not_found),
        IN_CTX(another_path_value_is_refused_by_name),
        IN_CTX(query_and_body_problems_are_answered_together),
        IN_CTX(no_body_leaves_required_members_missing),
        IN_CTX(nothing_takes_only_an_empty_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
