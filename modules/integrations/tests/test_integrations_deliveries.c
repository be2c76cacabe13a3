/* Deliveries to a real receiver: signed, retried, rotated, disabled, replayed; and the feed. */
#include "testkit.h"
#include "integrations_internal.h"
#include "jobs/jobs.h"
#include "jobs/store.h"
#include "hook_factory.h"
#include <ashlar/text.h>

/* --- Words of these tests --- */

static int64_t deliveries(struct t *t, const char *state)
{
    return sql_int(t, "SELECT count(*) FROM integrations.delivery WHERE state = '%s'", state);
}

static int64_t disablings(struct t *t)
{
    return sql_int(
        t, "SELECT count(*) FROM platform.event WHERE name = 'integrations.endpoint_disabled'");
}

static const char *uuid_text(struct t *t, struct uuid id)
{
    char *text = arena_alloc(arena_of(t), UUID_TEXT_SIZE + 1);

    uuid_format(id, text);
    return text;
}

/* --- Sending --- */

static void an_event_arrives_signed_with_its_id_and_data(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");
    struct received r;

    happen(t, org);
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    r = receiver_got(0);
    assert_string_equal(r.path, "POST /hook HTTP/1.1");
    assert_true(text_starts_with(r.id, "evt_"));
    assert_true(signed_by(t, &r, h.secret));
    assert_true(text_starts_with(r.body, "{\"type\":\"users.member_added\",\"timestamp\":\"20"));
    assert_non_null(strstr(r.body, at(t, "\"org_id\":\"%s\"", org->id_text)));
    assert_non_null(strstr(r.body, "\"role\": \"viewer\""));

    GET_AT(t, "%s/deliveries", h.path);
    expect(t, 200, "data.0.state", "delivered", "data.0.attempts", "1", "data.0.event_id", r.id,
        "data.0.last_status", "200", "data.0.next_attempt_at", "null");
    GET_AT(t, "%s/deliveries/%s", h.path, member_of(t, "data.0.id"));
    expect(t, 200, "attempts.0.status", "200", "attempts.0.result", "delivered",
        "attempts.0.excerpt", "he lo");
    GET_AT(t, "%s", h.path);
    expect(t, 200, "failing_since", "null");
    assert_string_not_equal(member_of(t, "last_success_at"), "null");
}

static void only_what_was_asked_for_is_sent(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_removed'");
    struct org *other = make_org(t);

    happen(t, org);
    happen(t, other);
    drain_jobs(t);
    assert_int_equal(receiver_count(), 0);
}

/* What was queued was asked for when it happened: it goes on, and so does sending it again. */
static void narrowing_what_is_asked_for_holds_for_what_happens_then(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "");

    receiver_answers(503);
    happen(t, org);
    drain_jobs(t);
    as_owner_of(t, org);
    PATCH_JSON(t, h.path, "{'events':['users.member_removed']}");
    expect(t, 200, "events.0", "users.member_removed");
    receiver_answers(200);
    happen(t, org);
    advance(t, MINUTES(1));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    assert_non_null(strstr(receiver_got(0).body, "users.member_added"));
    as_owner_of(t, org);
    POST_AT(t, "%s/deliveries/%s/redeliver", h.path, id_of_newest(t));
    expect(t, 202);
    drain_jobs(t);
    assert_int_equal(receiver_count(), 2);
}

static void a_mirror_of_the_members_hears_of_who_was_erased(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_removed'");
    struct person *member = make_member(t, org, "member");

    as_person(t, member);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    assert_non_null(strstr(receiver_got(0).body, member->id_text));
    assert_null(strstr(receiver_got(0).body, member->email));
}

static void a_test_event_goes_to_its_endpoint_and_not_into_the_feed(void **state)
{
    struct t *t = *state;
    struct hooked h, other;

    begin_hooked(t, &h, "'users.member_removed'");
    other = make_endpoint(t, "");
    (void)other;
    POST_AT(t, "%s/test", h.path);
    expect(t, 202, "state", "pending", "event_type", "integrations.test");
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    assert_true(text_starts_with(receiver_got(0).body, "{\"type\":\"integrations.test\""));
    GET_AT(t, "/v1/orgs/%s/events", org_of(t));
    assert_null(strstr(body_of(t), "integrations.test"));
}

static void while_a_rotation_lasts_both_secrets_sign(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");
    const char *new_secret;
    struct received r;

    POST_AT(t, "%s/rotate-secret", h.path);
    expect(t, 201);
    assert_string_not_equal(member_of(t, "endpoint.previous_secret_until"), "null");
    new_secret = member_of(t, "secret");
    assert_string_not_equal(new_secret, h.secret);
    happen(t, org);
    drain_jobs(t);
    r = receiver_got(0);
    assert_true(signed_by(t, &r, h.secret));
    assert_true(signed_by(t, &r, new_secret));

    advance(t, HOURS(25));
    happen(t, org);
    drain_jobs(t);
    r = receiver_got(1);
    assert_false(signed_by(t, &r, h.secret));
    assert_true(signed_by(t, &r, new_secret));
}

/* --- Failing --- */

static void a_failure_is_tried_again_by_the_schedule_until_it_arrives(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");
    struct received first, last;

    receiver_answers(500);
    happen(t, org);
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    advance(t, SECONDS(12)); /* 5 s, a fifth more, rounded up to a slot of 5 s */
    drain_jobs(t);
    assert_int_equal(receiver_count(), 2);
    advance(t, MINUTES(1));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 2);
    advance(t, MINUTES(7));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 3);
    first = receiver_got(0);
    last = receiver_got(2);
    assert_string_equal(first.id, last.id);
    assert_string_equal(first.body, last.body);
    assert_string_not_equal(first.timestamp, last.timestamp);
    GET_AT(t, "%s", h.path);
    assert_string_not_equal(member_of(t, "failing_since"), "null");

    receiver_answers(204);
    advance(t, MINUTES(40));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    GET_AT(t, "%s", h.path);
    expect(t, 200, "failing_since", "null");
    GET_AT(t, "%s/deliveries", h.path);
    expect(t, 200, "data.0.state", "delivered", "data.0.attempts", "4");
}

static void after_the_last_try_it_has_failed_and_can_be_redelivered(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");
    const char *delivery;

    receiver_answers(0);
    happen(t, org);
    for (int i = 0; i < 19; i++) { /* 114 hours: it is disabled after 120 */
        drain_jobs(t);
        advance(t, HOURS(6));
    }
    assert_int_equal(receiver_count(), INTEGRATIONS__TRIES);
    GET_AT(t, "%s/deliveries?state=failed", h.path);
    expect(t, 200, "data.0.attempts", "12", "data.0.last_result", "unreachable",
        "data.0.last_status", "null", "data.0.next_attempt_at", "null");
    delivery = member_of(t, "data.0.id");
    receiver_answers(200);
    PATCH_JSON(t, h.path, "{'enabled':false}");
    POST_AT(t, "%s/deliveries/%s/redeliver", h.path, delivery);
    expect_problem(t, 409, "integrations/endpoint-disabled");
    PATCH_JSON(t, h.path, "{'enabled':true}");
    POST_AT(t, "%s/deliveries/%s/redeliver", h.path, delivery);
    expect(t, 202, "state", "pending");
    drain_jobs(t);
    GET_AT(t, "%s/deliveries/%s", h.path, delivery);
    expect(t, 200, "delivery.state", "delivered", "delivery.attempts", "13");
}

static void a_receiver_that_asks_for_time_gets_it(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");

    receiver_answers(429);
    receiver_adds("Retry-After: 600");
    happen(t, org);
    drain_jobs(t);
    advance(t, MINUTES(9));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    advance(t, MINUTES(3));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 2);
}

static void a_receiver_may_name_the_time_as_a_date(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");

    receiver_answers(503); /* its clock is years off, and it says so */
    receiver_adds("Date: Wed, 21 Oct 2015 07:28:00 GMT\r\n"
                  "Retry-After: Wed, 21 Oct 2015 07:38:00 GMT");
    happen(t, org);
    drain_jobs(t);
    advance(t, MINUTES(9));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    advance(t, MINUTES(3));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 2);
}

static void redirects_are_failures(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");

    receiver_answers(302);
    receiver_adds("Location: /elsewhere");
    happen(t, org);
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
    GET_AT(t, "%s/deliveries", h.path);
    expect(t, 200, "data.0.state", "pending", "data.0.last_result", "rejected",
        "data.0.last_status", "302");
}

static void gone_disables_the_endpoint_at_once(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");

    receiver_answers(410);
    happen(t, org);
    drain_jobs(t);
    GET_AT(t, "%s", h.path);
    expect(t, 200, "enabled", "false", "disabled_reason", "gone");
    assert_int_equal(disablings(t), 1);
    happen(t, org);
    advance(t, DAYS(1));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1);
}

static int64_t notifications(struct t *t, struct org *org)
{
    return sql_int(t,
        "SELECT count(*) FROM notifications.item WHERE person_id = '%s' AND kind = "
        "'integrations.endpoint_failing'",
        uuid_text(t, org->owner->id));
}

static void six_days_down_means_three_notifications_one_disabling_and_a_full_replay(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");
    const char *since = sql_text(t, "SELECT to_char(platform.now() AT TIME ZONE 'UTC', "
                                    "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')");

    receiver_answers(503);
    for (int day = 0; day < 7; day++) {
        happen(t, org);
        drain_jobs(t);
        for (int i = 0; i < 8; i++) {
            advance(t, HOURS(3) + MINUTES(1));
            drain_jobs(t);
        }
        if (day == 0)
            assert_int_equal(notifications(t, org), 1);
        if (day == 2)
            assert_int_equal(notifications(t, org), 2);
    }
    assert_int_equal(notifications(t, org), 3);
    GET_AT(t, "%s", h.path);
    expect(t, 200, "enabled", "false", "disabled_reason", "failing");
    assert_int_equal(disablings(t), 1);

    receiver_answers(200);
    POST_JSON(t, at(t, "%s/replay", h.path), "{'since':'%s'}", since);
    expect_problem(t, 409, "integrations/endpoint-disabled");
    PATCH_JSON(t, h.path, "{'enabled':true}");
    expect(t, 200, "failing_since", "null");
    POST_JSON(t, at(t, "%s/replay", h.path), "{'since':'%s'}", since);
    expect(t, 202, "replaying", "true");
    POST_JSON(t, at(t, "%s/replay", h.path), "{'since':'%s'}", since);
    expect_problem(t, 409, "conflict");
    for (int i = 0; i < 4; i++) {
        drain_jobs(t);
        advance(t, SECONDS(11));
    }
    assert_int_equal(deliveries(t, "delivered"), 7); /* those skipped while disabled as well */
    assert_int_equal(receiver_count(), 7);
    GET_AT(t, "%s", h.path);
    expect(t, 200, "replaying", "false", "enabled", "true");
}

static void private_addresses_are_refused_when_the_setting_says_so(void **state)
{
    struct t *t = *state;
    struct integrations__sender s = { .url = hook_url(),
        .secret = { "0123456789012345678901234567890", 32 } };
    struct integrations__item item = { .type = "x.y", .data = "{}", .event_id = uuid_new() };
    struct integrations__outcome o;
    struct ctx *c = make_ctx(t, NULL, NULL);

    receiver_answers(200);
    integrations__send(c, &s, &item, &o);
    assert_string_equal(o.result, "delivered");
    assert_string_equal(ASHLAR_WEBHOOK_PRIVATE_ADDRESSES.refuse(ENV_PRODUCTION, "true"),
        "customers' webhooks would reach your own network");
    assert_null(ASHLAR_WEBHOOK_PRIVATE_ADDRESSES.refuse(ENV_PRODUCTION, "false"));
    assert_string_equal(ASHLAR_WEBHOOK_PRIVATE_ADDRESSES.fallback, "false");
}

/* --- Many --- */

static void a_backlog_arrives_once_each(void **state)
{
    struct t *t = *state;
    struct hooked h;

    begin_hooked(t, &h, "'users.member_removed'");
    sql_run(t, "INSERT INTO integrations.event (org_id, id, name, payload, occurred_at) SELECT "
               "org_id, gen_random_uuid(), 'x.y', '{}', now() FROM integrations.feed, "
               "generate_series(1, 100)");
    sql_run(t, "INSERT INTO integrations.delivery (org_id, id, endpoint_id, event_id) SELECT "
               "e.org_id, gen_random_uuid(), p.id, e.id FROM integrations.event e JOIN "
               "integrations.endpoint p USING (org_id) WHERE e.name = 'x.y'");
    POST_AT(t, "%s/test", h.path);
    drain_jobs(t);
    assert_int_equal(deliveries(t, "delivered"), 101);
    assert_int_equal(receiver_count(), 101);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM integrations.delivery WHERE leased_by IS NOT NULL"), 0);
}

static void a_lost_job_is_found_within_minutes(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");

    sql_run(t, "UPDATE integrations.endpoint SET queued = true"); /* by a job that is no more */
    happen(t, org);
    drain_jobs(t);
    assert_int_equal(receiver_count(), 0);
    for (int i = 0; i < 3; i++) {
        advance(t, SECONDS(62));
        drain_jobs(t);
    }
    assert_int_equal(receiver_count(), 1);
}

/* --- The feed --- */

static struct t *being_sent;

/* What deleting the organisation does to this module, while its event is on the wire. */
static void delete_while_sending(void)
{
    sql_run(being_sent, "DELETE FROM integrations.feed");
}

static int64_t troubled_jobs(struct t *t, struct org *org)
{
    return sql_int(t,
        "SELECT count(*) FROM platform.job WHERE org_id = '%s' "
        "AND (state <> 'done' OR attempts > 1)",
        uuid_text(t, org->id));
}

static void an_organisation_deleted_while_its_event_is_sent_troubles_nobody(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");

    being_sent = t;
    receiver_calls(delete_while_sending);
    happen(t, org);
    drain_jobs(t);
    receiver_calls(NULL);

    assert_int_equal(receiver_count(), 1);
    assert_int_equal(troubled_jobs(t, org), 0);
}

static void a_deleted_organisation_hears_nothing_and_its_jobs_end_quietly(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");

    receiver_answers(500);
    happen(t, org);
    drain_jobs(t); /* the next attempt is a job in five seconds */
    POST_JSON(t, at(t, "%s/replay", h.path), "{'since':'1970-01-01T00:00:00Z'}");
    expect(t, 202); /* and another job */
    assert_int_equal(sql_int(t, "SELECT replay_next FROM integrations.endpoint"), 1);
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 204);
    advance(t, HOURS(1));
    drain_jobs(t);

    assert_int_equal(receiver_count(), 1);
    assert_int_equal(troubled_jobs(t, org), 0);
    assert_int_equal(sql_int(t, "SELECT (SELECT count(*) FROM integrations.delivery) + (SELECT "
                                "count(*) FROM integrations.attempt)"),
        0);
}

static void a_replay_whose_job_is_dead_is_over(void **state)
{
    struct t *t = *state;
    struct hooked h;

    (void)begin_hooked(t, &h, "'users.member_added'");
    POST_JSON(t, at(t, "%s/replay", h.path), "{'since':'1970-01-01T00:00:00Z'}");
    expect(t, 202, "replaying", "true");
    sql_run(t, "UPDATE platform.job SET state = 'running', attempts = 3, lost = 2, "
               "locked_by = 'gone', heartbeat_at = now() - interval '1 hour' "
               "WHERE kind = 'integrations.replay' AND state = 'ready'");
    expect_ok(store_rescue(arena_of(t), 25));
    (void)jobs_drain();

    GET_AT(t, "%s", h.path);
    expect(t, 200, "replaying", "false");
    POST_JSON(t, at(t, "%s/replay", h.path), "{'since':'1970-01-01T00:00:00Z'}");
    expect(t, 202);
}

static void the_feed_is_numbered_without_gaps_and_read_on_by_cursor(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *cursor;

    for (int i = 0; i < 3; i++)
        happen(t, org);
    drain_jobs(t);
    GET_AT(t, "/v1/orgs/%s/events?limit=2", org_of(t));
    expect(t, 200, "data.0.sequence", "1", "data.0.type", "users.org_created", "data.1.sequence",
        "2", "has_more", "true");
    cursor = member_of(t, "next_cursor");
    GET_AT(t, "/v1/orgs/%s/events?limit=2&after=%s", org_of(t), cursor);
    expect(t, 200, "data.0.sequence", "3", "data.1.sequence", "4", "has_more", "false");
    cursor = member_of(t, "next_cursor");
    GET_AT(t, "/v1/orgs/%s/events?after=%s", org_of(t), cursor);
    expect(t, 200, "has_more", "false", "next_cursor", cursor);
    assert_int_equal(count_of(t, "data"), 0);
    happen(t, org);
    drain_jobs(t);
    GET_AT(t, "/v1/orgs/%s/events?after=%s", org_of(t), cursor);
    expect(t, 200, "data.0.sequence", "5", "data.0.type", "users.member_added");

    as_owner_of(t, make_org(t));
    GET_AT(t, "/v1/orgs/%s/events?after=%s", org_of(t), cursor);
    expect_problem(t, 422, "invalid-fields", .field = "after");
}

static void a_reader_who_comes_too_late_is_told(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *cursor;

    as_owner_of(t, org);
    drain_jobs(t);
    GET_AT(t, "/v1/orgs/%s/events", org_of(t));
    cursor = member_of(t, "next_cursor");
    happen(t, org);
    drain_jobs(t);
    advance(t, DAYS(31));
    as_owner_of(t, org);
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM integrations.event"), 0);
    as_person(t, other_browser_of(t, org->owner));
    GET_AT(t, "/v1/orgs/%s/events?after=%s", org_of(t), cursor);
    expect_problem(t, 410, "integrations/cursor-expired");
    GET_AT(t, "/v1/orgs/%s/events", org_of(t));
    expect(t, 200, "has_more", "false");
}

int main(void)
{
    int failed;

    hook_start();
    failed = run_db_tests(an_event_arrives_signed_with_its_id_and_data,
        only_what_was_asked_for_is_sent, narrowing_what_is_asked_for_holds_for_what_happens_then,
        a_mirror_of_the_members_hears_of_who_was_erased,
        a_test_event_goes_to_its_endpoint_and_not_into_the_feed,
        while_a_rotation_lasts_both_secrets_sign,
        a_failure_is_tried_again_by_the_schedule_until_it_arrives,
        after_the_last_try_it_has_failed_and_can_be_redelivered,
        a_receiver_that_asks_for_time_gets_it, a_receiver_may_name_the_time_as_a_date,
        redirects_are_failures, gone_disables_the_endpoint_at_once,
        six_days_down_means_three_notifications_one_disabling_and_a_full_replay,
        a_replay_whose_job_is_dead_is_over, private_addresses_are_refused_when_the_setting_says_so,
        a_backlog_arrives_once_each, a_lost_job_is_found_within_minutes,
        an_organisation_deleted_while_its_event_is_sent_troubles_nobody,
        a_deleted_organisation_hears_nothing_and_its_jobs_end_quietly,
        the_feed_is_numbered_without_gaps_and_read_on_by_cursor,
        a_reader_who_comes_too_late_is_told);
    receiver_stop();
    return failed;
}
