/* The demo account of a development database. */
#include "auth_internal.h"
#include "testkit.h"

static void the_demo_owner_can_sign_in_however_often_it_is_seeded(void **state)
{
    struct t *t = *state;

    expect_ok(auth__seed(make_ctx(t, NULL, NULL)));
    expect_ok(auth__seed(make_ctx(t, NULL, NULL)));

    POST_JSON(
        t, "/v1/auth/sessions", "{'email':'demo@example.com','password':'open-the-demo-door'}");
    expect(t, 201, "status", "active");
    GET_AT(t, "/v1/me/orgs");
    expect(t, 200, "data.0.name", "Demo Company", "data.0.role", "owner");
    assert_int_equal(count_of(t, "data"), 1);
}

int main(void)
{
    return run_db_tests(the_demo_owner_can_sign_in_however_often_it_is_seeded);
}
