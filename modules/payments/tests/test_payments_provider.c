/* A payment provider that a product's own module adds. */
#include "payments_factory.h"
#include "module/registry.h"
#include "modules.h"

static const char *check_nothing(enum environment env)
{
    return env == ENV_PRODUCTION ? "it is a test's" : NULL;
}

static const struct payments_provider own_provider = { .name = "own", .check = check_nothing };
static const struct module own_module = {
    .name = "own",
    .extensions =
        (const struct extension[]){
            PAYMENTS_PROVIDERS(&own_provider),
            { .to = NULL },
        },
};

static void it_is_selected_by_its_name(void **state)
{
    const struct module *const with[] = { &platform_module, &payments_module, &own_module, NULL };

    (void)state;
    registry_set(with);
    assert_ptr_equal(payments__provider(), &own_provider);
    assert_null(payments_module.check(ENV_TEST));
    assert_string_equal(payments_module.check(ENV_PRODUCTION), "it is a test's");
    registry_set(modules_linked);
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_PAYMENTS=own", NULL };
    return run_db_tests(it_is_selected_by_its_name);
}
