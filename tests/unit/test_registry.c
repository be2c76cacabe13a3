/* Modules, permissions, units of work, problems: what needs no database. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "base/ctx_open.h"
#include "base/problem.h"
#include "modules.h"
#include "module/registry.h"
#include <ashlar/permission.h>
#include <ashlar/text.h>
#include <limits.h>

static const struct permission lower_permissions[] = {
    { "lower.read", "owner|admin|member", "Read" },
    { "lower.write", "owner|admin", "Write" },
    { NULL },
};

static char trail[64];

static err note(const char *who)
{
    size_t size = strlen(trail);
    snprintf(trail + size, sizeof trail - size, "%s ", who);
    return NULL;
}

static err erase_lower(struct ctx *unused, struct uuid person)
{
    (void)unused, (void)person;
    return note("lower");
}

static err erase_upper(struct ctx *unused, struct uuid person)
{
    (void)unused, (void)person;
    return note("upper");
}

static err refuse_purge(struct ctx *unused)
{
    (void)unused;
    return &ERR_CONFLICT;
}

static const struct module lower = {
    .name = "lower",
    .permissions = lower_permissions,
    .erase_person = erase_lower,
};
static const struct module upper = {
    .name = "upper",
    .erase_person = erase_upper,
    .purge_org = refuse_purge,
};
static const struct module *const both[] = { &lower, &upper, NULL };

static struct arena *a;
static struct ctx c;

static int begin(void **state)
{
    (void)state;
    a = arena_new(0);
    ctx_open(&c, a, "test");
    registry_set(both);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void the_platform_comes_first_and_once(void **state)
{
    (void)state;
    const struct module *const with[] = { &platform_module, &lower, NULL };
    registry_set(with);
    const struct module *const *list = registry_modules();
    assert_ptr_equal(list[0], &platform_module);
    assert_ptr_equal(list[1], &lower);
    assert_null(list[2]);
    assert_ptr_equal(registry_find("lower"), &lower);
    assert_null(registry_find("upper"));
}

static void roles_hold_what_the_tables_say(void **state)
{
    (void)state;
    assert_true(registry_role_may("member", "lower.read"));
    assert_false(registry_role_may("member", "lower.write"));
    assert_false(registry_role_may("mem", "lower.read"));
    assert_false(registry_role_may("", "lower.read"));
    assert_false(registry_role_may(NULL, "lower.read"));
    assert_false(registry_role_may("owner", "lower.fly"));
    assert_non_null(registry_permission("lower.write", false));
    assert_null(registry_permission("lower.fly", false));
}

static void only_members_and_the_system_may(void **state)
{
    (void)state;
    assert_false(ctx_may(&c, "lower.read"));
    c.actor.kind = ACTOR_PERSON;
    assert_false(ctx_may(&c, "lower.read"));
    c.role = "member";
    assert_true(ctx_may(&c, "lower.read"));
    assert_false(ctx_may(&c, "lower.write"));
    assert_ptr_equal(ctx_require(&c, "lower.write"), &ERR_FORBIDDEN);
    assert_non_null(strstr(c.problem->detail, "lower.write"));
    assert_null(ctx_require(&c, "lower.read"));
    c.actor.kind = ACTOR_NONE;
    assert_false(ctx_may(&c, "lower.read"));
    c.actor.kind = ACTOR_SYSTEM;
    assert_true(ctx_may(&c, "lower.write"));
}

static void hooks_run_from_the_top_down_and_stop_at_an_error(void **state)
{
    (void)state;
    trail[0] = '\0';
    assert_null(modules_erase_person(&c, uuid_new()));
    assert_string_equal(trail, "upper lower ");
    assert_ptr_equal(modules_purge_org(&c), &ERR_CONFLICT);
}

static void a_unit_of_work_begins_with_ids_of_its_own(void **state)
{
    (void)state;
    struct ctx other;
    struct uuid id;
    ctx_open(&other, a, "test");
    assert_true(typeid_parse("req", c.request_id, strlen(c.request_id), &id));
    assert_int_equal(strlen(c.trace_id), 32);
    assert_int_equal(strlen(c.span_id), 16);
    assert_string_not_equal(c.request_id, other.request_id);
    assert_string_not_equal(c.trace_id, other.trace_id);
    assert_int_equal(ctx_left_ms(&c), INT_MAX);
    c.deadline_us = clock_monotonic_us() + SECONDS(2);
    assert_in_range(ctx_left_ms(&c), 1000, 2000);
    c.deadline_us = 1;
    assert_int_equal(ctx_left_ms(&c), 0);
}

static void a_good_trace_goes_on_with_a_span_of_ours(void **state)
{
    (void)state;
    assert_true(ctx_continue_trace(&c, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    assert_string_equal(c.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_not_equal(c.span_id, "00f067aa0ba902b7");
}

static void a_bad_trace_is_replaced(void **state)
{
    (void)state;
    const char *const bad[] = { "", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01" };
    assert_false(ctx_continue_trace(&c, NULL));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (ctx_continue_trace(&c, bad[i]))
            fail_msg("accepted \"%s\"", bad[i]);
        assert_int_equal(strlen(c.trace_id), 32);
        assert_null(strstr(bad[i], c.trace_id));
    }
}

static void a_problem_keeps_its_detail_and_field(void **state)
{
    (void)state;
    err e = problem(&c, &ERR_INVALID, "email", "%s is taken", "x@y");
    assert_ptr_equal(e, &ERR_INVALID);
    assert_ptr_equal(c.problem->kind, &ERR_INVALID);
    assert_string_equal(c.problem->detail, "x@y is taken");
    assert_int_equal(c.problem->n_fields, 1);
    assert_string_equal(c.problem->fields[0].pointer, "/email");
    assert_string_equal(c.problem->fields[0].code, "invalid-fields");
    assert_string_equal(c.problem->fields[0].message, "x@y is taken");
    problem_clear(&c);
    assert_int_equal(c.problem->n_fields, 0);
    assert_null(c.problem->kind);
    e = problem(&c, &ERR_BAD_REQUEST, "query:limit", "no");
    assert_ptr_equal(e, &ERR_BAD_REQUEST);
    assert_string_equal(c.problem->fields[0].pointer, "query:limit");
}

static void at_most_32_fields_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        problem_add(&c, "/x", "too-long", "%d", i);
    assert_int_equal(c.problem->n_fields, PROBLEM_FIELDS_MAX);
    assert_string_equal(c.problem->fields[31].message, "31");
}

static void every_kind_is_complete_and_unique(void **state)
{
    (void)state;
    size_t n = 0;
    for (; error_platform_kinds[n]; n++) {
        const struct error_kind *k = error_platform_kinds[n];
        assert_in_range(k->status, 400, 599);
        assert_true(k->code && k->title && k->help && !strchr(k->code, '/'));
        for (size_t j = 0; j < n; j++)
            assert_string_not_equal(k->code, error_platform_kinds[j]->code);
    }
    assert_in_range(n, 19, 64);
}

static size_t n_enabled(const char *list)
{
    size_t n = 0;
    registry_enable(list);
    for (const struct module *const *m = registry_modules(); *m; m++)
        n++;
    return n - 1; /* the platform is always there */
}

static void a_list_enables_linked_modules_in_their_own_order(void **state)
{
    (void)state;
    size_t n_linked = 0;
    while (modules_linked[n_linked + 1]) /* after the platform */
        n_linked++;
    assert_int_equal(n_enabled(NULL), n_linked);
    assert_int_equal(n_enabled(""), n_linked);
    assert_int_equal(n_enabled(", \t"), 0);
    assert_int_equal(n_enabled("user,usersx,sers"), 0);
    assert_int_equal(n_enabled(" auth,\tusers, nothing "), 2);
    assert_string_equal(registry_modules()[1]->name, "users");
    assert_string_equal(registry_modules()[2]->name, "auth");
}

static const struct authorizer authorizer = { .role_names = "owner|admin" };
static const struct staff_gate gate = { .role_names = "support" };
static const struct module roles_module = {
    .name = "roles", .authorize = &authorizer, .staff = &gate
};

/* What is said of a module with one more permission for members and one for staff. */
static const char *told_of(const char *roles, const char *staff_roles)
{
    const struct permission rows[] = { { "more.read", roles, "Read" }, { NULL, NULL, NULL } };
    const struct permission staff[] = { { "more.look", staff_roles, "Look" },
        { NULL, NULL, NULL } };
    const struct module more = { .name = "more", .permissions = rows, .staff_permissions = staff };
    const struct module *const list[] = { &more, &roles_module, NULL };
    struct buf problems;
    bool fine;

    buf_init(&problems, a, 4096);
    fine = permissions_check(list, &problems);
    assert_int_equal(fine, problems.size == 0);
    return problems.size > 0 ? problems.data : "";
}

static void a_role_nobody_declares_is_told(void **state)
{
    (void)state;
    assert_string_equal(told_of("owner|admin", "support"), "");
    assert_string_equal(told_of("owner|client", "support"),
        "more: permission more.read: unknown role \"client\", the roles are "
        "\"owner|admin\"\n");
    assert_non_null(strstr(told_of("owner", "owner"), "more.look: unknown role"));
    assert_non_null(strstr(told_of("own", "support"), "\"own\""));
    assert_non_null(strstr(told_of("Owner", "support"), "\"Owner\""));
    assert_non_null(strstr(told_of("owner|", "support"), "unknown role \"\""));
    assert_non_null(strstr(told_of("owner, admin", "support"), "\"owner, admin\""));
    assert_non_null(strstr(told_of("", "support"), "unknown role \"\""));
    assert_non_null(strstr(told_of(NULL, "support"), "unknown role \"\""));
}

static void a_permission_that_two_tables_have_is_told(void **state)
{
    static const struct permission rows[] = { { "a.read", "owner", "Read" },
        { "a.read", "admin", "Read" }, { NULL, NULL, NULL } };
    static const struct module twice = { .name = "a", .permissions = rows };
    const struct module *const list[] = { &twice, &roles_module, NULL };
    struct buf problems;

    (void)state;
    buf_init(&problems, a, 4096);
    assert_false(permissions_check(list, &problems));
    assert_string_equal(problems.data, "a: permission a.read: it is declared twice\n");
}

static void the_modules_of_this_binary_name_roles_there_are(void **state)
{
    struct buf problems;

    (void)state;
    registry_set(modules_linked);
    buf_init(&problems, a, 4096);
    if (!permissions_check(registry_modules(), &problems))
        fail_msg("%s", problems.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_role_nobody_declares_is_told, begin, end),
        cmocka_unit_test_setup_teardown(a_permission_that_two_tables_have_is_told, begin, end),
        cmocka_unit_test_setup_teardown(
            the_modules_of_this_binary_name_roles_there_are, begin, end),
        cmocka_unit_test_setup_teardown(the_platform_comes_first_and_once, begin, end),
        cmocka_unit_test_setup_teardown(
            a_list_enables_linked_modules_in_their_own_order, begin, end),
        cmocka_unit_test_setup_teardown(roles_hold_what_the_tables_say, begin, end),
        cmocka_unit_test_setup_teardown(only_members_and_the_system_may, begin, end),
        cmocka_unit_test_setup_teardown(
            hooks_run_from_the_top_down_and_stop_at_an_error, begin, end),
        cmocka_unit_test_setup_teardown(a_unit_of_work_begins_with_ids_of_its_own, begin, end),
        cmocka_unit_test_setup_teardown(a_good_trace_goes_on_with_a_span_of_ours, begin, end),
        cmocka_unit_test_setup_teardown(a_bad_trace_is_replaced, begin, end),
        cmocka_unit_test_setup_teardown(a_problem_keeps_its_detail_and_field, begin, end),
        cmocka_unit_test_setup_teardown(at_most_32_fields_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(every_kind_is_complete_and_unique, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
