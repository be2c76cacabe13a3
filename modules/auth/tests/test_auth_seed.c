/* The demo account of a development database, and the other modules' demo data in its organisation.
 */
#include "testkit.h"
#include "auth_internal.h"
#include "cli/seeds.h"
#include "module/registry.h"

/* --- A product's module --- */

static err rename_once(struct ctx *c, void *arg)
{
    struct users_org org;

    (void)arg;
    TRY(users_get_org(c, &org));
    if (text_equal(org.name, "Seeded Company"))
        return NULL;
    TRY(ctx_require(c, "users.update_org"));
    TRY(ctx_require_sudo(c));
    return users_rename_org(c, "Seeded Company", &org);
}

static err seed_product(struct ctx *c)
{
    return tx_run(c, rename_once, NULL);
}

static const struct module product = {
    .name = "product",
    .summary = "Has demo data",
    .seed = seed_product,
};
extern const struct module users_module, auth_module, notifications_module, admin_module;
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &admin_module, &product, NULL };

/* --- Words of these tests --- */

static void sign_in(struct t *t)
{
    as_nobody(t);
    POST_JSON(
        t, "/v1/auth/sessions", "{'email':'demo@example.com','password':'open-the-demo-door'}");
    expect(t, 201, "status", "active");
    GET_AT(t, "/v1/me/orgs");
}

static int64_t renamings(struct t *t)
{
    return sql_int(t,
        "SELECT count(*) FROM platform.audit a JOIN users.person p ON p.id = a.actor_id "
        "WHERE a.action = 'users.org_renamed' AND p.email = 'demo@example.com' "
        "AND a.org_id IS NOT NULL");
}

static void the_demo_owner_can_sign_in_however_often_it_is_seeded(void **state)
{
    struct t *t = *state;

    assert_int_equal(seeds_run(), 0);
    assert_int_equal(seeds_run(), 0);

    sign_in(t);
    expect(t, 200, "data.0.role", "owner");
    assert_int_equal(count_of(t, "data"), 1);
}

static void a_modules_seed_acts_as_the_owner_in_the_demo_organisation(void **state)
{
    struct t *t = *state;

    assert_int_equal(seeds_run(), 0);
    sign_in(t);
    expect(t, 200, "data.0.name", "Seeded Company", "data.0.version", "2");
    assert_int_equal(renamings(t), 1);

    assert_int_equal(seeds_run(), 0);
    assert_int_equal(renamings(t), 1);
}

static void a_seed_that_makes_people_leaves_the_organisation(void **state)
{
    struct t *t = *state;

    assert_int_equal(seeds_run(), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.person WHERE email = "
                                "'staff@example.com'"),
        1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = "
                                "'users.person_created' AND org_id IS NOT NULL"),
        0);
}

static void a_deleted_demo_organisation_is_made_again(void **state)
{
    struct t *t = *state;

    assert_int_equal(seeds_run(), 0);
    sql_run(t, "DELETE FROM users.org");

    assert_int_equal(seeds_run(), 0);

    sign_in(t);
    expect(t, 200, "data.0.name", "Seeded Company");
}

static void a_suspended_demo_organisation_gets_nothing(void **state)
{
    struct t *t = *state;

    expect_ok(auth__make_demo(make_ctx(t, NULL, NULL), &(struct demo){ .email = NULL }));
    sql_run(t, "UPDATE users.org SET suspended_at = now(), suspended_reason = 'a test'");

    assert_int_equal(seeds_run(), 0);

    assert_int_equal(renamings(t), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org"), 1);
}

static err refuse_seed(struct ctx *c)
{
    return problem(c, &ERR_CONFLICT, NULL, "This seed fails.");
}

static void a_seed_that_fails_is_named(void **state)
{
    static const struct module broken = {
        .name = "broken", .summary = "Fails", .seed = refuse_seed
    };
    static const struct module *const with_broken[] = { &users_module, &auth_module, &broken,
        NULL };

    (void)state;
    registry_set(with_broken);
    assert_int_equal(seeds_run(), 1);
    registry_set(modules);
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(the_demo_owner_can_sign_in_however_often_it_is_seeded,
        a_modules_seed_acts_as_the_owner_in_the_demo_organisation,
        a_seed_that_makes_people_leaves_the_organisation, a_deleted_demo_organisation_is_made_again,
        a_suspended_demo_organisation_gets_nothing, a_seed_that_fails_is_named);
}
