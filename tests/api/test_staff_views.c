/* What staff see across modules: each shows what it knows, a start-up's own like the others. */
#include "testkit.h"

struct tools_support_view {
    const char *newest;
    int64_t lent;
};
static const struct field tools_support_view_fields[] = {
    TEXT(tools_support_view, newest, .optional = true, .doc = "The tool they borrowed last"),
    INT(tools_support_view, lent, .doc = "How many they have"),
};
static SHAPE(tools_support_view);

static bool tools_fail;

SUPPORT_VIEW(see_org, tools_support_view)
{
    if (tools_fail)
        return &ERR_CONFLICT;
    assert_true(uuid_equal(of, c->org));
    out->newest = arena_strdup(c->arena, "A \"saw\"");
    out->lent = 3;
    return NULL;
}

SUPPORT_VIEW(see_person, tools_support_view)
{
    assert_true(uuid_is_nil(c->org) && !uuid_is_nil(of));
    out->lent = 1;
    return NULL;
}

static const struct support_view org_support_view = { "Tools on loan", LOADED_BY(see_org) };
static const struct support_view person_support_view = { "Their tools", LOADED_BY(see_person) };
static const struct module tools_module = {
    .name = "tools",
    .summary = "What is built on the platform",
    .org_support_view = &org_support_view,
    .person_support_view = &person_support_view,
};
extern const struct module users_module, auth_module, notifications_module, payments_module,
    integrations_module, analytics_module, admin_module;
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &payments_module, &integrations_module, &analytics_module, &admin_module, &tools_module, NULL };

static void every_module_shows_what_it_knows_of_an_organisation(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t, .name = "Acme");

    as_owner_of(t, acme);
    POST_JSON(
        t, at(t, "/v1/orgs/%s/api-keys", acme->id_text), "{'name':'CI','scopes':['users.read']}");
    expect(t, 201);
    as_staff(t, "support");
    GET_AT(t, "/v1/admin/orgs/%s", acme->id_text);
    expect(t, 200, "org.name", "Acme", "modules.users.members.0.role", "owner",
        "modules.auth.keys.0.name", "CI", "modules.payments.plan", "null",
        "modules.payments.access", "full", "modules.payments.status", "null",
        "modules.payments.period_end", "null", "modules.payments.cancel_at_period_end", "false",
        "modules.integrations.endpoints.0", NULL, "modules.integrations.deliveries.0", NULL);
    assert_null(strstr(body_of(t), "ash_"));
}

static void every_module_shows_what_it_knows_of_a_person(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t);

    sql_run(t,
        "INSERT INTO notifications.suppression (address, answer, until) VALUES "
        "('%s', '550 no such user', platform.now() + interval '1 day')",
        bob->email);
    as_staff(t, "support");
    GET_AT(t, "/v1/admin/people/%s", bob->id_text);
    expect(t, 200, "person.email", bob->email, "modules.auth.account.email", bob->email,
        "modules.users.orgs.0", NULL, "modules.notifications.suppressed", "550 no such user",
        "modules.notifications.mails.0.to_address", bob->email,
        "modules.notifications.mails.0.state", "caught");
}

static void a_start_ups_own_module_stands_among_them(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t);

    as_staff(t, "support");
    GET_AT(t, "/v1/admin/orgs/%s", acme->id_text);
    expect(t, 200, "modules.tools.newest", "A \"saw\"", "modules.tools.lent", "3");
    GET_AT(t, "/v1/admin/people/%s", acme->owner->id_text);
    expect(t, 200, "modules.tools.newest", "null", "modules.tools.lent", "1");
    GET_AT(t, "/openapi.json");
    expect(t, 200,
        "components.schemas.OrgSupportView.properties.modules.properties.tools.description",
        "Tools on loan", "components.schemas.ToolsSupportView.properties.lent.type", "integer");
}

static void what_one_module_cannot_show_is_nobodys_page(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t);

    as_staff(t, "support");
    tools_fail = true;
    on_purpose(t);
    GET_AT(t, "/v1/admin/orgs/%s", acme->id_text);
    tools_fail = false;
    expect_problem(t, 409, "conflict");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = 'admin.org_viewed'"), 0);
}

static void the_funnel_counts_people_across_organisations_and_is_written_down(void **state)
{
    struct t *t = *state;

    make_org(t);
    make_org(t);
    make_person(t);
    as_staff(t, "support"); /* signed up as well */
    drain_jobs(t);
    GET_AT(t, "/v1/admin/funnel?steps=signed%%20up,verified,created%%20organisation,paid");
    expect(t, 200, "data.0.step", "signed up", "data.0.visitors", "4", "data.1.visitors", "4",
        "data.2.step", "created organisation", "data.2.visitors", "2", "data.3.visitors", "0",
        "data.4", NULL);
    GET_AT(t, "/v1/admin/funnel?steps=paid,verified"); /* in this order nobody */
    expect(t, 200, "data.0.visitors", "0", "data.1.visitors", "0");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = "
                   "'analytics.platform_funnel_run' AND after->'steps'->>1 = 'verified'"),
        2);

    advance(t, DAYS(1));
    as_staff(t, "support"); /* the only one who came since */
    drain_jobs(t);
    GET_AT(t, "/v1/admin/funnel?steps=verified&from=%s",
        sql_text(t, "SELECT to_char(platform.now() - interval '1 hour', "
                    "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"));
    expect(t, 200, "data.0.visitors", "1");
    GET_AT(t, "/v1/admin/funnel?steps=Bought");
    expect_problem(t, 422, "invalid-fields");
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(every_module_shows_what_it_knows_of_an_organisation,
        every_module_shows_what_it_knows_of_a_person, a_start_ups_own_module_stands_among_them,
        what_one_module_cannot_show_is_nobodys_page,
        the_funnel_counts_people_across_organisations_and_is_written_down);
}
