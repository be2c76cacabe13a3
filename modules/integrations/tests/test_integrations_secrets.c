/* What the receiver may trust, and what the sender is told: signing secrets and the words of a
 * failure. */
#include "hook_factory.h"

/* A double click, two tabs, a script that repeats: the receiver knows one of them for a day. */
static void every_secret_keeps_its_own_day(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");
    const char *second, *third;
    struct received r;

    POST_AT(t, "%s/rotate-secret", h.path);
    expect(t, 201);
    second = member_of(t, "secret");
    advance(t, HOURS(10));
    POST_AT(t, "%s/rotate-secret", h.path);
    expect(t, 201);
    third = member_of(t, "secret");
    advance(t, HOURS(13)); /* 23 of the first, 13 of the second */
    happen(t, org);
    drain_jobs(t);
    r = receiver_got(0);
    assert_true(signed_by(t, &r, h.secret));
    assert_true(signed_by(t, &r, second));
    assert_true(signed_by(t, &r, third));

    advance(t, HOURS(2)); /* 25 and 15 */
    happen(t, org);
    drain_jobs(t);
    r = receiver_got(1);
    assert_false(signed_by(t, &r, h.secret));
    assert_true(signed_by(t, &r, second));
    advance(t, HOURS(10)); /* 25 of the second */
    happen(t, org);
    drain_jobs(t);
    r = receiver_got(2);
    assert_false(signed_by(t, &r, second));
    assert_true(signed_by(t, &r, third));
}

/* What a binary from before rotated, which knows one former secret only. */
static void a_secret_rotated_by_a_binary_from_before_signs_too(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");
    struct received r;

    POST_AT(t, "%s/rotate-secret", h.path);
    expect(t, 201);
    sql_run(t, "UPDATE integrations.endpoint SET former_secrets = '{}', former_until = '{}'");
    POST_AT(t, "%s/rotate-secret", h.path);
    expect(t, 201);
    happen(t, org);
    drain_jobs(t);
    r = receiver_got(0);
    assert_true(signed_by(t, &r, h.secret));
}

static void so_many_secrets_sign_and_no_more(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");
    struct received r;

    for (int i = 0; i < INTEGRATIONS__SECRETS_MAX - 1; i++) {
        POST_AT(t, "%s/rotate-secret", h.path);
        expect(t, 201);
    }
    POST_AT(t, "%s/rotate-secret", h.path);
    expect_problem(t, 409, "integrations/too-many-secrets");
    happen(t, org);
    drain_jobs(t);
    r = receiver_got(0);
    assert_true(signed_by(t, &r, h.secret));
    advance(t, HOURS(25));
    POST_AT(t, "%s/rotate-secret", h.path);
    expect(t, 201);
}

static void one_bad_byte_hides_nothing_of_an_answer(void **state)
{
    struct t *t = *state;
    struct hooked h;
    struct org *org = begin_hooked(t, &h, "'users.member_added'");

    receiver_answers(500);
    receiver_says("caf\xe9 is broken: \xc3\xa9\x01\xed\xa0\x80 end");
    happen(t, org);
    drain_jobs(t);
    receiver_says(NULL);
    GET_AT(t, "%s/deliveries", h.path);
    GET_AT(t, "%s/deliveries/%s", h.path, member_of(t, "data.0.id"));
    expect(t, 200, "attempts.0.result", "rejected", "attempts.0.excerpt",
        "caf\xef\xbf\xbd is broken: \xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd end");
}

/* Else a customer could list the names of our network. */
static void a_name_inside_and_a_name_of_nobody_are_told_alike(void **state)
{
    struct t *t = *state;
    struct hooked h;
    const char *inside, *nobody;

    begin_hooked(t, &h, "");
    drain_jobs(t);
    sql_run(t, "UPDATE integrations.endpoint SET url = 'https://no-such-name.invalid/'");
    POST_AT(t, "%s/test", h.path);
    drain_jobs(t);
    GET_AT(t, "%s/deliveries/%s", h.path, id_of_newest(t));
    nobody = at(t, "%s %s %s", member_of(t, "delivery.last_result"),
        member_of(t, "attempts.0.result"), member_of(t, "attempts.0.latency_ms"));
    sql_run(t, "DELETE FROM integrations.delivery");
    sql_run(t, "UPDATE integrations.endpoint SET url = 'ftp://localhost/'"); /* refused */
    POST_AT(t, "%s/test", h.path);
    drain_jobs(t);
    GET_AT(t, "%s/deliveries/%s", h.path, id_of_newest(t));
    inside = at(t, "%s %s %s", member_of(t, "delivery.last_result"),
        member_of(t, "attempts.0.result"), member_of(t, "attempts.0.latency_ms"));
    assert_string_equal(nobody, "unreachable unreachable 0");
    assert_string_equal(inside, nobody);

    sql_run(t,
        "UPDATE integrations.delivery SET last_result = 'refused'"); /* by a binary from before */
    sql_run(t, "UPDATE integrations.attempt SET result = 'refused', latency_ms = 1");
    GET_AT(t, "%s/deliveries/%s", h.path, id_of_newest(t));
    expect(t, 200, "delivery.last_result", "unreachable", "attempts.0.result", "unreachable",
        "attempts.0.latency_ms", "0");
}

int main(void)
{
    int failed;

    hook_start();
    failed = run_db_tests(every_secret_keeps_its_own_day,
        a_secret_rotated_by_a_binary_from_before_signs_too, so_many_secrets_sign_and_no_more,
        one_bad_byte_hides_nothing_of_an_answer, a_name_inside_and_a_name_of_nobody_are_told_alike);
    receiver_stop();
    return failed;
}
