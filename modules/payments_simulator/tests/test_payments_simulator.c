/* The simulator as payments finds it, and its calendar. */
#include "payments_factory.h"
#include "module/registry.h"
#include "modules.h"
#include "payments_simulator_internal.h"

static void who_bought_on_the_31st_pays_on_the_last_of_february(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    sql_run(t, "UPDATE payments_simulator.clock SET ahead = '2028-03-01T12:00Z' - platform.now()");
    sql_run(t, "UPDATE payments_simulator.subscription SET created_at = '2028-01-31T09:00Z', "
               "period_start = '2028-01-31T09:00Z', period_end = '2028-02-29T09:00Z'");
    POST_AT(t, "/dev/payments/clock/1");
    assert_string_equal(sql_text(t, "SELECT period_end::text FROM payments_simulator.subscription"),
        "2028-03-31 09:00:00+00");
}

static void payments_finds_it_by_its_extension(void **state)
{
    (void)state;
    assert_ptr_equal(payments__provider(), &payments_simulator__provider);
    assert_true(payments_provider_is_selected(&payments_simulator__provider));
    assert_false(payments_provider_is_selected(&payments__stripe));
    assert_null(payments_module.check(ENV_STAGING));
}

static void production_refuses_it(void **state)
{
    (void)state;
    assert_non_null(strstr(payments_module.check(ENV_PRODUCTION), "production requires stripe"));
}

static void without_the_module_its_name_is_refused(void **state)
{
    const struct module *const rest[] = { &platform_module, &payments_module, NULL };

    (void)state;
    registry_set(rest);
    assert_null(payments__provider());
    assert_non_null(strstr(payments_module.check(ENV_STAGING), "provider of an enabled module"));
    registry_set(modules_linked);
}

int main(void)
{
    return run_db_tests(who_bought_on_the_31st_pays_on_the_last_of_february,
        payments_finds_it_by_its_extension, production_refuses_it,
        without_the_module_its_name_is_refused);
}
