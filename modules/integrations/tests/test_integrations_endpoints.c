/* Webhook endpoints: who may have them, where they may lead, their secrets. */
#include "testkit.h"
#include <ashlar/text.h>

#define ENDPOINTS "/v1/orgs/%s/webhook-endpoints"

static const char *endpoints(struct t *t)
{
    return at(t, ENDPOINTS, org_of(t));
}

static const char *make_endpoint(struct t *t)
{
    POST_JSON(t, endpoints(t), "{'url':'https://example.com/hooks'}");
    expect(t, 201, "endpoint.enabled", "true");
    return at(t, ENDPOINTS "/%s", org_of(t), member_of(t, "endpoint.id"));
}

static void an_endpoint_is_made_and_its_secret_shown_once(void **state)
{
    struct t *t = *state;
    const char *path, *secret;

    as_owner_of(t, make_org(t));
    POST_JSON(t, endpoints(t),
        "{'url':'https://example.com/hooks','description':'CRM','events':['users.member_added']}");
    expect(t, 201, "endpoint.url", "https://example.com/hooks", "endpoint.description", "CRM",
        "endpoint.events.0", "users.member_added", "endpoint.enabled", "true",
        "endpoint.disabled_reason", "null", "endpoint.version", "1");
    secret = member_of(t, "secret");
    assert_true(text_starts_with(secret, "whsec_"));
    assert_int_equal(strlen(secret), 6 + 44); /* base64 of 32 bytes */
    path = at(t, ENDPOINTS "/%s", org_of(t), member_of(t, "endpoint.id"));
    GET_AT(t, "%s", path);
    expect(t, 200, "description", "CRM", "secret", NULL);
    GET_AT(t, "%s", endpoints(t));
    expect(t, 200, "data.0.description", "CRM", "data.0.secret", NULL);
    assert_int_equal(sql_int(t,
                         "SELECT count(*) FROM integrations.endpoint e, platform.audit a "
                         "WHERE position('%s' in e::text || a::text) > 0",
                         secret + 6),
        0);
}

static void urls_that_can_never_be_called_are_refused(void **state)
{
    static const char *const bad[] = { "https://user:pw@example.com/", "https://exa mple.com/",
        "ftp://example.com/", "https://example.com\\\\@evil.example/", "example.com" };
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    for (size_t i = 0; i < COUNT(bad); i++) {
        POST_JSON(t, endpoints(t), "{'url':'%s'}", bad[i]);
        if (status_of(t) != 422)
            fail_msg("%s: %d", bad[i], status_of(t));
    }
    POST_JSON(t, endpoints(t), "{'url':'https://[1::2::3]/'}");
    expect_problem(t, 422, "integrations/url-refused", .field = "url");
}

static void unknown_events_are_named(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    POST_JSON(t, endpoints(t), "{'url':'https://example.com/','events':['users.invited']}");
    expect_problem(t, 422, "integrations/unknown-event", .field = "events");
    GET_AT(t, "/v1/event-types");
    expect(t, 200);
    assert_non_null(strstr(body_of(t), "\"users.member_added\""));
    assert_null(strstr(body_of(t), "\"users.invited\"")); /* its token is secret: not public */
}

static void changes_are_matched_by_version_and_written_down(void **state)
{
    struct t *t = *state;
    const char *path;

    as_owner_of(t, make_org(t));
    path = make_endpoint(t);
    with_header(t, "If-Match", "\"9\"");
    PATCH_JSON(t, path, "{'enabled':false}");
    expect_problem(t, 412, "precondition-failed");
    PATCH_JSON(t, path, "{'enabled':false,'events':['users.member_added']}");
    expect(t, 200, "enabled", "false", "disabled_reason", "person", "version", "2", "url",
        "https://example.com/hooks");
    POST_AT(t, "%s/test", path);
    expect_problem(t, 409, "integrations/endpoint-disabled");
    PATCH_JSON(t, path, "{'url':'https://[1::2::3]/'}");
    expect_problem(t, 422, "integrations/url-refused", .field = "url");
    PATCH_JSON(t, path, "{'events':['users.invited']}");
    expect_problem(t, 422, "integrations/unknown-event", .field = "events");
    PATCH_JSON(t, path, "{'enabled':true,'events':[]}");
    expect(t, 200, "enabled", "true", "disabled_reason", "null", "version", "3");
    DELETE_AT(t, "%s", path);
    expect(t, 204);
    GET_AT(t, "%s", path);
    expect_problem(t, 404, "not-found");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE action LIKE 'integrations.%%'"), 4);
}

static void make_one(struct t *one, int i, void *arg)
{
    _Atomic int *made = arg;

    (void)i;
    POST_JSON(one, endpoints(one), "{'url':'https://example.com/'}");
    if (status_of(one) == 201)
        (*made)++;
    else
        expect_problem(one, 409, "integrations/too-many-endpoints");
}

static void the_last_place_is_given_away_once(void **state)
{
    struct t *t = *state;
    _Atomic int made = 0;

    as_owner_of(t, make_org(t));
    run_parallel(t, 12, make_one, &made);
    assert_int_equal(made, 4); /* ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG */
}

static void members_without_the_permission_see_nothing(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *path;

    as_owner_of(t, org);
    path = make_endpoint(t);
    as_member_of(t, org);
    GET_AT(t, "%s", path);
    expect_problem(t, 403, "forbidden");
    GET_AT(t, "/v1/orgs/%s/events", org_of(t));
    expect_problem(t, 403, "forbidden");
    as_owner_of(t, make_org(t));
    GET_AT(t, "%s", path);
    expect_problem(t, 404, "not-found");
}

static void a_deleted_organisation_leaves_nothing(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    as_owner_of(t, org);
    make_endpoint(t);
    drain_jobs(t);
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 204);
    drain_jobs(t); /* org_deleted itself is public and comes after the purge */
    assert_int_equal(sql_int(t, "SELECT (SELECT count(*) FROM integrations.feed) + (SELECT "
                                "count(*) FROM integrations.endpoint) + (SELECT count(*) FROM "
                                "integrations.event)"),
        0);
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG=4", NULL };
    return run_db_tests(an_endpoint_is_made_and_its_secret_shown_once,
        urls_that_can_never_be_called_are_refused, unknown_events_are_named,
        changes_are_matched_by_version_and_written_down, the_last_place_is_given_away_once,
        members_without_the_permission_see_nothing, a_deleted_organisation_leaves_nothing);
}
