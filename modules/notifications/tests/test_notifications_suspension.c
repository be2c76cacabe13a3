/* Mails of a suspended organisation at the edges: those on the wire or in an open transaction when
 * it was suspended, and those an operator sends again. That they wait at all: modules/integrations.
 */
#include "testkit.h"
#include "notifications_internal.h"
#include "users.h"

struct act {
    struct uuid org;
    const char *to;
    bool restore;
};

static err suspend_or_restore(struct ctx *c, void *arg)
{
    const struct act *a = arg;

    return a->restore ? users_restore_org(c, a->org, "a mistake")
                      : users_suspend_org(c, a->org, "spam");
}

static void set_suspended(struct t *t, const struct org *org, bool suspended)
{
    expect_ok(tx_run(make_ctx(t, NULL, NULL), suspend_or_restore,
        &(struct act){ .org = org->id, .restore = !suspended }));
}

static err write_mail(struct ctx *c, void *arg)
{
    const struct act *a = arg;
    const struct notifications_mail_text mail_text = { .template = "test",
        .to = a->to,
        .subject = "Of the organisation",
        .paragraphs = { "Hello" },
        .footer = "Bye" };

    TRY(tx_enter_org(c, a->org));
    return notifications_mail(c, &mail_text);
}

/* As work that was under way when the organisation was suspended, and committed afterwards. */
static void mail_from(struct t *t, const struct org *org, const char *to)
{
    expect_ok(tx_run(make_ctx(t, NULL, NULL), write_mail, &(struct act){ org->id, to, false }));
}

static void let_pass(struct t *t, int64_t us)
{
    for (int i = 0; i < 5; i++) {
        advance(t, us / 5);
        drain_jobs(t);
    }
}

static int64_t mails(struct t *t, const char *where)
{
    return sql_int(t,
        "SELECT count(*) FROM notifications.mail WHERE to_address = 'guest@example.org' AND %s",
        where);
}

static void what_was_sent_meanwhile_is_deleted_in_its_time(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    for (int restored = 0; restored < 2; restored++) {
        mail_from(t, org, "guest@example.org");
        sql_run(t, "UPDATE notifications.mail SET state = 'transmitting' WHERE state = 'queued'");
        set_suspended(t, org, true);
        sql_run(t, "UPDATE notifications.mail SET state = 'sent', settled_at = platform.now() "
                   "WHERE state = 'transmitting'");
        if (restored)
            set_suspended(t, org, false);
        assert_int_equal(mails(t, "state = 'sent'"), 1);
        let_pass(t, DAYS(31));
        assert_int_equal(mails(t, "true"), 0);
        set_suspended(t, org, false);
    }
}

static void what_was_committed_just_after_it_waits_as_well(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    set_suspended(t, org, true);
    mail_from(t, org, "guest@example.org");
    let_pass(t, DAYS(40));
    assert_int_equal(mails(t, "state = 'queued'"), 1);
    set_suspended(t, org, false);
    assert_int_equal(mails(t, "created_at BETWEEN platform.now() - interval '1 minute' AND "
                              "platform.now() + interval '1 second'"),
        1);
    drain_jobs(t);
    assert_int_equal(mails(t, "state = 'caught'"), 1);
}

static void and_goes_with_it_when_it_is_deleted(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    set_suspended(t, org, true);
    mail_from(t, org, "guest@example.org");
    as_owner_of(t, org);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    let_pass(t, HOURS(5));
    assert_int_equal(mails(t, "true"), 0);
}

static err send_again(struct ctx *c, void *id)
{
    return notifications__send_again(c, *(const struct uuid *)id);
}

/* Given up before it was suspended: sending it again is no way around it. */
static void what_an_operator_sends_again_waits_too(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct uuid id;

    mail_from(t, org, "guest@example.org");
    sql_run(t, "UPDATE notifications.mail SET state = 'failed', settled_at = platform.now()");
    drain_jobs(t);
    set_suspended(t, org, true);
    advance(t, DAYS(1));
    assert_true(uuid_parse(sql_text(t, "SELECT id FROM notifications.mail WHERE to_address = "
                                       "'guest@example.org'"),
        36, &id));
    expect_ok(tx_run(make_ctx(t, NULL, NULL), send_again, &id));
    let_pass(t, HOURS(1));
    assert_int_equal(mails(t, "state = 'queued' AND attempts = 0"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job_parked"), 1);
    set_suspended(t, org, false);
    assert_int_equal(mails(t, "created_at <= platform.now()"), 1);
    drain_jobs(t);
    assert_int_equal(mails(t, "state = 'caught'"), 1);
}

int main(void)
{
    return run_db_tests(what_was_sent_meanwhile_is_deleted_in_its_time,
        what_was_committed_just_after_it_waits_as_well, and_goes_with_it_when_it_is_deleted,
        what_an_operator_sends_again_waits_too);
}
