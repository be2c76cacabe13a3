/* What a plan allows, asked through the hook of whoever sells plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "base/ctx_open.h"
#include "base/problem.h"
#include "module/registry.h"
#include <ashlar/text.h>

static const struct entitlement SEATS = {
    .name = "lower.seats",
    .doc = "Seats",
    .kind = ENTITLEMENT_LIMIT,
};
static const struct entitlement EXPORT = {
    .name = "lower.export",
    .doc = "Export",
    .kind = ENTITLEMENT_FEATURE,
};

static struct entitlement_grant answer;

static err check(struct ctx *unused, const struct entitlement *e, struct entitlement_grant *out)
{
    (void)unused, (void)e;
    *out = answer;
    return NULL;
}

static const struct module lower = {
    .name = "lower",
    .entitlements = (const struct entitlement *const[]){ &SEATS, &EXPORT, NULL },
};
static const struct module seller = { .name = "seller", .check_entitlement = check };
static const struct module *const without[] = { &lower, NULL };
static const struct module *const with[] = { &lower, &seller, NULL };

static struct arena *a;
static struct ctx c;

static int begin(void **state)
{
    (void)state;
    a = arena_new(0);
    ctx_open(&c, a, "test");
    registry_set(with);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void without_a_seller_everything_is_allowed(void **state)
{
    (void)state;
    registry_set(without);
    assert_null(entitlement_require(&c, &SEATS, INT64_MAX));
    assert_null(entitlement_require(&c, &EXPORT, 1));
}

static void a_limit_is_reached_but_not_passed(void **state)
{
    (void)state;
    answer = (struct entitlement_grant){ .limit = 2, .plan = "free" };
    assert_null(entitlement_require(&c, &SEATS, 2));
    assert_ptr_equal(entitlement_require(&c, &SEATS, 3), &ENTITLEMENT_EXCEEDED);
    assert_non_null(strstr(c.problem->detail, "\"free\" allows 2 of lower.seats"));
    assert_non_null(strstr(c.problem->detail, "needs 3"));
    assert_non_null(strstr(c.problem->detail, "/billing"));
}

static void an_unlimited_plan_allows_any_number(void **state)
{
    (void)state;
    answer = (struct entitlement_grant){ .unlimited = true, .plan = "big" };
    assert_null(entitlement_require(&c, &SEATS, INT64_MAX));
}

static void a_feature_is_included_or_not(void **state)
{
    (void)state;
    answer = (struct entitlement_grant){ .unlimited = true, .plan = "big" };
    assert_null(entitlement_require(&c, &EXPORT, 1));
    answer = (struct entitlement_grant){ .limit = 5, .plan = "free" };
    assert_ptr_equal(entitlement_require(&c, &EXPORT, 1), &ENTITLEMENT_EXCEEDED);
    assert_non_null(strstr(c.problem->detail, "does not include lower.export"));
}

static void a_frozen_plan_adds_nothing(void **state)
{
    (void)state;
    answer = (struct entitlement_grant){ .unlimited = true, .frozen = true, .plan = "big" };
    assert_ptr_equal(entitlement_require(&c, &SEATS, 1), &ENTITLEMENT_EXCEEDED);
    assert_non_null(strstr(c.problem->detail, "overdue"));
}

static void what_modules_declare_is_listed_in_their_order(void **state)
{
    size_t n;
    const struct entitlement *const *all = entitlements_declared(a, &n);

    (void)state;
    assert_int_equal(n, 2);
    assert_ptr_equal(all[0], &SEATS);
    assert_ptr_equal(all[1], &EXPORT);
    assert_null(all[2]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_seller_everything_is_allowed),
        TEST(a_limit_is_reached_but_not_passed),
        TEST(an_unlimited_plan_allows_any_number),
        TEST(a_feature_is_included_or_not),
        TEST(a_frozen_plan_adds_nothing),
        TEST(what_modules_declare_is_listed_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
