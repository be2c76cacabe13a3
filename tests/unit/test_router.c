/* From a raw path to its row: what matches, what wins, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "http/table/routes.h"

HANDLER(none, nothing, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

#define ROW(m, p)                                                                                  \
    {                                                                                              \
        .method = m, .path = p, .id = p, .handler = BY(none)                                       \
    }
static const struct route rows[] = {
    ROW(GET, "/"),
    ROW(GET, "/v1/me"),
    ROW(PATCH, "/v1/me"),
    ROW(GET, "/v1/orgs/{org_id}"),
    ROW(GET, "/v1/orgs/current"),
    ROW(DELETE_, "/v1/orgs/{org_id}"),
    ROW(GET, "/v1/orgs/{org_id}/members/{id}"),
    ROW(GET, "/v1/orgs/{org_id}/{thing}/count"),
    ROW(POST, "/v1/orgs/{org_id}/members"),
    { .method = GET,
        .path = "/dev/mails",
        .id = "d",
        .only_in = ENV_DEVELOPMENT,
        .handler = BY(none) },
    { .method = POST, .path = "/v1/import", .id = "i", .lenient = true, .handler = BY(none) },
    { .id = NULL },
};
static const struct route staff_rows[] = {
    { .method = GET, .path = "/v1/admin/me", .id = "s", .scope = SCOPE_STAFF, .handler = BY(none) },
    { .id = NULL },
};
static const struct staff_gate gate = { .grant = NULL };
static const struct module elsewhere = { .name = "shop", .routes = ROUTES(staff_rows) };
static const struct module knows = { .name = "admin", .staff = &gate };
static const struct module test_module = { .name = "test", .routes = ROUTES(rows) };
static const struct module *const modules[] = { &test_module, NULL };

static struct router *router;

static int begin(void **state)
{
    (void)state;
    router = router_new(modules, ENV_TEST);
    return 0;
}

static int end(void **state)
{
    (void)state;
    router_free(router);
    return 0;
}

static struct match find(enum http_method method, const char *raw)
{
    struct target t;
    struct match m;
    assert_null(target_split(raw, &t));
    router_match(router, method, &t, &m);
    return m;
}

static const char *path_found(enum http_method method, const char *raw)
{
    struct match m = find(method, raw);
    return m.row ? m.row->route->path : "nothing";
}

static void literal_and_parameter_segments_match(void **state)
{
    (void)state;
    assert_string_equal(path_found(GET, "/"), "/");
    assert_string_equal(path_found(GET, "/v1/me"), "/v1/me");
    assert_string_equal(path_found(GET, "/v1/orgs/org_1"), "/v1/orgs/{org_id}");
    assert_string_equal(
        path_found(GET, "/v1/orgs/a/members/b?x=1"), "/v1/orgs/{org_id}/members/{id}");
    assert_string_equal(path_found(GET, "/v1"), "nothing");
    assert_string_equal(path_found(GET, "/v1/me/too"), "nothing");
}

static void a_literal_wins_over_a_parameter(void **state)
{
    (void)state;
    assert_string_equal(path_found(GET, "/v1/orgs/current"), "/v1/orgs/current");
    assert_string_equal(path_found(GET, "/v1/orgs/x/members/count"),
        "/v1/orgs/{org_id}/members/{id}"); /* decided at the first segment that differs */
    assert_string_equal(
        path_found(GET, "/v1/orgs/x/other/count"), "/v1/orgs/{org_id}/{thing}/count");
}

static void a_trailing_slash_names_something_else(void **state)
{
    (void)state;
    assert_string_equal(path_found(GET, "/v1/me/"), "nothing");
    assert_string_equal(path_found(GET, "/v1/orgs/"), "nothing");
}

static void but_a_lenient_row_overlooks_it(void **state)
{
    (void)state;
    assert_string_equal(path_found(POST, "/v1/import"), "/v1/import");
    assert_string_equal(path_found(POST, "/v1/import/"), "/v1/import");
    assert_string_equal(path_found(POST, "/v1/import/?x=1"), "/v1/import");
    assert_string_equal(path_found(POST, "/v1/import/more"), "nothing");
    assert_string_equal(path_found(POST, "/"), "nothing");
    assert_int_equal(find(GET, "/v1/import/").allowed, 1u << POST);
}

static void matching_does_not_decode(void **state)
{
    (void)state;
    assert_string_equal(path_found(GET, "/v1/%6de"), "nothing");
    assert_string_equal(path_found(GET, "/V1/me"), "nothing");
}

static void parameters_are_handed_over_encoded(void **state)
{
    struct match m = find(GET, "/v1/orgs/o%20o/members/%C3%A9");
    (void)state;
    assert_int_equal(m.n_params, 2);
    assert_memory_equal(m.params[0].name.at, "org_id", 6);
    assert_memory_equal(m.params[0].value.at, "o%20o", 5);
    assert_int_equal(m.params[0].value.size, 5);
    assert_memory_equal(m.params[1].value.at, "%C3%A9", 6);
}

static void methods_of_a_path_are_known_when_the_asked_one_is_missing(void **state)
{
    struct match m = find(POST, "/v1/orgs/org_1");
    (void)state;
    assert_null(m.row);
    assert_int_equal(m.allowed, 1u << GET | 1u << DELETE_);
    assert_int_equal(find(0, "/v1/me").allowed, 1u << GET | 1u << PATCH);
    assert_int_equal(find(0, "/nowhere").allowed, 0);
}

static size_t rows_of(const struct router *r, const struct route *const **out)
{
    router_install(r);
    return routes_installed(out);
}

static void rows_of_other_environments_do_not_exist(void **state)
{
    struct router *development = router_new(modules, ENV_DEVELOPMENT);
    const struct route *const *all;
    (void)state;
    assert_string_equal(path_found(GET, "/dev/mails"), "nothing");
    assert_int_equal(rows_of(development, &all), 11);
    assert_int_equal(rows_of(router, &all), 10);
    assert_ptr_equal(route_row(all[0])->module, &test_module);
    router_install(NULL);
    router_free(development);
}

static void staffs_rows_exist_only_where_a_module_knows_who_is_staff(void **state)
{
    struct router *alone = router_new((const struct module *const[]){ &elsewhere, NULL }, ENV_TEST);
    struct router *together =
        router_new((const struct module *const[]){ &elsewhere, &knows, NULL }, ENV_TEST);
    const struct route *const *all;
    (void)state;
    assert_int_equal(rows_of(alone, &all), 0);
    assert_int_equal(rows_of(together, &all), 1);
    router_install(NULL);
    router_free(alone);
    router_free(together);
}

static void ambiguous_targets_are_refused(void **state)
{
    static const char *const bad[] = { "", "v1/me", "http://host/v1/me", "*", "//", "/v1//me",
        "/v1/../me", "/v1/.", "/./v1", "/%2e%2e/v1", "/v1/.%2E", "/v1/%2e", "/a%00b", "/a%2fb",
        "/a%2Fb", "/a%5cb", "/a\\b", "/a%", "/a%4", "/a%zz", "/a b", "/a\tb", "/a\nb", "/a\x7f",
        "/\xc3\xa9", "/a#b", "/a%0a", "/a%7F", "/v1/me?a=\x01", "/v1//", "/..", "/..?x" };
    struct target t;
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (target_split(bad[i], &t) == NULL)
            fail_msg("let in: %s", bad[i]);
    }
    assert_null(target_split("/v1/a.b..c/...", &t));
    assert_null(target_split("/v1/me?redirect=/../x", &t));
}

static void targets_have_a_ceiling(void **state)
{
    char *raw = malloc(TARGET_MAX + 2);
    struct target t;
    (void)state;
    memset(raw, 'a', TARGET_MAX + 1);
    raw[0] = '/';
    raw[TARGET_MAX + 1] = '\0';
    assert_non_null(target_split(raw, &t));
    raw[TARGET_MAX] = '\0';
    assert_null(target_split(raw, &t));
    assert_non_null(target_split("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", &t));
    assert_non_null(target_split("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/", &t));
    free(raw);
}

static void queries_are_pairs_in_order(void **state)
{
    struct arena *a = arena_new(0);
    struct pair *pairs;
    size_t n;
    (void)state;
    assert_null(target_pairs(a, "a=1&b=x+y%2Bz&&flag&e=%C3%A9&", &pairs, &n));
    assert_int_equal(n, 4);
    assert_string_equal(pairs[1].value, "x y+z");
    assert_string_equal(pairs[2].name, "flag");
    assert_string_equal(pairs[2].value, "");
    assert_string_equal(pairs[3].value, "\xc3\xa9");
    assert_null(target_pairs(a, NULL, &pairs, &n));
    assert_int_equal(n, 0);
    assert_non_null(target_pairs(a, "a=%zz", &pairs, &n));
    assert_non_null(target_pairs(a, "a=%00", &pairs, &n));
    assert_non_null(target_pairs(a, "a=%ff", &pairs, &n));
    arena_free(a);
}

static void a_query_has_at_most_64_parameters(void **state)
{
    struct arena *a = arena_new(0);
    struct buf q;
    struct pair *pairs;
    size_t n;
    (void)state;
    buf_init(&q, a, 1024);
    for (int i = 0; i < TARGET_PAIRS_MAX; i++)
        buf_text(&q, "a&");
    assert_null(target_pairs(a, q.data, &pairs, &n));
    buf_text(&q, "a");
    assert_non_null(target_pairs(a, q.data, &pairs, &n));
    arena_free(a);
}

static void a_modules_tables_follow_each_other(void **state)
{
    static const struct route none[] = { { .id = NULL } };
    static const struct route more[] = { ROW(GET, "/v1/more"), { .id = NULL } };
    const struct module without = { .name = "without" };
    const struct module several = { .name = "several", .routes = ROUTES(more, none, rows) };
    const struct module *const list[] = { &without, &several, &test_module, NULL };
    struct route_walk w = { .module = list };
    const struct route *last = NULL;
    size_t n = 0;

    (void)state;
    for (const struct route *r = route_next(&w); r; r = route_next(&w), n++) {
        assert_true(*w.module == (n < COUNT(rows) ? &several : &test_module));
        assert_true(n == 0 ? r == more : r != last);
        last = r;
    }
    assert_int_equal(n, 1 + 2 * (COUNT(rows) - 1));
    assert_null(route_next(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(literal_and_parameter_segments_match, begin, end),
        cmocka_unit_test_setup_teardown(a_literal_wins_over_a_parameter, begin, end),
        cmocka_unit_test_setup_teardown(a_trailing_slash_names_something_else, begin, end),
        cmocka_unit_test_setup_teardown(but_a_lenient_row_overlooks_it, begin, end),
        cmocka_unit_test_setup_teardown(matching_does_not_decode, begin, end),
        cmocka_unit_test_setup_teardown(parameters_are_handed_over_encoded, begin, end),
        cmocka_unit_test_setup_teardown(
            methods_of_a_path_are_known_when_the_asked_one_is_missing, begin, end),
        cmocka_unit_test_setup_teardown(rows_of_other_environments_do_not_exist, begin, end),
        cmocka_unit_test(a_modules_tables_follow_each_other),
        cmocka_unit_test(staffs_rows_exist_only_where_a_module_knows_who_is_staff),
        cmocka_unit_test(ambiguous_targets_are_refused),
        cmocka_unit_test(targets_have_a_ceiling),
        cmocka_unit_test(queries_are_pairs_in_order),
        cmocka_unit_test(a_query_has_at_most_64_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
