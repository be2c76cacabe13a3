/* Notifications: who is told, where, and what they say. */
#include "testkit.h"
#include "notifications_internal.h"

static void who_joins_and_who_manages_members_are_told(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .name = "Ann Lee"), *bob;
    struct org *acme = make_org(t, .name = "Acme", .owner = ann);
    const struct caught_mail *mail;

    bob = make_member(t, acme, "member");
    drain_jobs(t);

    mail = mail_to(t, bob->email);
    assert_string_equal(mail->subject, "Welcome to Acme");
    mail = mail_to(t, ann->email);
    assert_string_equal(mail->subject, at(t, "%s joined Acme", bob->name));
    assert_non_null(strstr(mail->text, "with the role member"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.item"), 2);
}

static int inbox_of(struct t *t, struct person *person, const char *kind)
{
    return (int)sql_int(t,
        "SELECT count(*) FROM notifications.item i JOIN users.person p ON p.id = i.person_id "
        "WHERE p.email = '%s' AND i.kind = '%s'",
        person->email, kind);
}

static void who_may_not_manage_members_hears_nothing_of_them(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t);
    struct person *bob = make_member(t, acme, "member"), *eve = make_member(t, acme, "admin");

    make_member(t, acme, "viewer");
    drain_jobs(t);

    assert_int_equal(inbox_of(t, bob, "users.member_added"), 0);
    assert_int_equal(inbox_of(t, eve, "users.member_added"), 1);
    assert_int_equal(inbox_of(t, acme->owner, "users.member_added"), 3);
}

static void a_new_role_and_a_removal_are_told(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t, .name = "Acme");
    struct person *bob = make_member(t, acme, "member");

    as_owner_of(t, acme);
    PATCH_JSON(t, at(t, "/v1/orgs/%s/members/%s", acme->id_text, bob->id_text), "{'role':'admin'}");
    expect(t, 200);
    assert_string_equal(mail_to(t, bob->email)->subject, "You are now admin of Acme");
    DELETE_AT(t, "/v1/orgs/%s/members/%s", acme->id_text, bob->id_text);
    assert_int_equal(status_of(t), 200);

    assert_string_equal(mail_to(t, bob->email)->subject, "You are no longer a member of Acme");
    assert_int_equal(inbox_of(t, acme->owner, "users.member_removed"), 1);
    assert_null(strstr(mail_to(t, acme->owner->email)->subject, "no longer")); /* off by default */
}

/* Neither what was told before, nor what was on its way. */
static void who_leaves_keeps_no_notifications_of_what_went_on_inside(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t), *other = make_org(t);
    struct person *eve = make_member(t, acme, "admin");
    const char *token;

    as_owner_of(t, other);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", other->id_text), "{'email':'%s','role':'admin'}",
        eve->email);
    token = mail_to(t, eve->email)->token;
    as_person(t, eve);
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", token);
    expect(t, 200);
    make_member(t, acme, "viewer");
    drain_jobs(t);
    assert_int_equal(inbox_of(t, eve, "users.member_added"), 1);
    make_member(t, acme, "viewer"); /* told of in a moment */
    as_owner_of(t, acme);
    DELETE_AT(t, "/v1/orgs/%s/members/%s", acme->id_text, eve->id_text);
    expect(t, 200);
    drain_jobs(t);
    assert_int_equal(inbox_of(t, eve, "users.member_added"), 0);
    assert_int_equal(inbox_of(t, eve, "users.removed"), 1);
    assert_int_equal(inbox_of(t, eve, "users.joined"), 1); /* the other one */
}

static err publish_factor(struct ctx *c, void *arg)
{
    const struct person *ann = arg;

    return event_publish(c, &AUTH_SECOND_FACTOR_ADDED, ann->id,
        &(struct auth_security_event){
            .person_id = ann->id, .email = ann->email, .network = "192.0.2.0/24" });
}

static void what_concerns_security_comes_whatever_is_preferred(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const struct caught_mail *mail;
    as_person(t, ann);
    PUT_JSON(t, "/v1/me/notification-preferences",
        "{'data':[{'kind':'auth.second_factor_added','channel':'mail','wanted':false}]}");
    expect_problem(t, 422, "notifications/mandatory", .pointer = "/data/0");

    expect_ok(tx_run(make_ctx(t, NULL, NULL), publish_factor, ann));

    mail = mail_to(t, ann->email);
    assert_string_equal(mail->subject, "A second factor was added");
    assert_non_null(strstr(mail->text, "192.0.2.0/24"));
    assert_null(strstr(mail->text, "/unsubscribe/"));
    assert_int_equal(inbox_of(t, ann, "auth.second_factor_added"), 1);
}

static void a_new_device_is_told_and_a_known_one_is_not(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    other_browser_of(t, ann);
    drain_jobs(t);
    assert_int_equal(inbox_of(t, ann, "auth.new_device"), 0); /* the same network and program */
    as_nobody(t);
    with_header(t, "User-Agent", "Elsewhere/1.0");
    from_address(t, "198.51.100.7");
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201);

    assert_string_equal(mail_to(t, ann->email)->subject, "Sign-in from a new device");
    assert_non_null(strstr(mail_to(t, ann->email)->text, "198.51.100.0/24"));
    assert_int_equal(inbox_of(t, ann, "auth.new_device"), 1);
    as_person(t, ann); /* whose browser has the mark */
    with_header(t, "User-Agent", "Upgraded/2.0");
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201);
    drain_jobs(t);
    assert_int_equal(inbox_of(t, ann, "auth.new_device"), 1);
}

static err publish_reset(struct ctx *c, void *arg)
{
    const struct person *ann = arg;

    return event_publish(c, &AUTH_RESET_REQUESTED, ann->id,
        &(struct auth_reset_requested){
            .person_id = ann->id, .email = ann->email, .token = "reset_abc" });
}

static void a_reset_is_a_link_by_mail_and_nowhere_else(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    expect_ok(tx_run(make_ctx(t, NULL, NULL), publish_reset, ann));

    assert_non_null(strstr(mail_to(t, ann->email)->text, "/reset-password#token=reset_abc"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.item"), 0);
}

static err notify_role(struct ctx *c, void *person)
{
    const struct notifications__member_news news = { "Acme", "Bob", "member" };

    return notifications_notify(c, &NOTIFICATIONS__ROLE_CHANGED,
        &(struct notifications_audience){ .person = *(struct uuid *)person }, &news);
}

/* A job that comes too late would fail at the organisation's foreign key until it is dead. */
static void what_is_said_about_a_deleted_organisation_goes_with_it(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t);
    struct person *bob = make_member(t, acme, "member");
    drain_jobs(t);
    assert_int_equal(inbox_of(t, bob, "users.joined"), 1);

    expect_ok(tx_run(make_ctx(t, NULL, acme), notify_role, &bob->id));
    as_owner_of(t, acme);
    DELETE_AT(t, "/v1/orgs/%s", acme->id_text);
    expect(t, 204);
    drain_jobs(t);

    assert_int_equal(inbox_of(t, bob, "users.joined"), 0);
    assert_int_equal(inbox_of(t, bob, "users.role_changed"), 0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.job WHERE "
                   "kind = 'notifications.deliver_copy' AND (state <> 'done' OR attempts > 1)"),
        0);
}

NOTIFICATION_WORDS(say_read, notifications__member_news)
{
    (void)c, (void)locale, (void)in;
    *out = (struct notifications_content){ .title = "Never listed", .text = "Never" };
}

static err notify_unlisted(struct ctx *c, void *person)
{
    static NOTIFICATION_KIND(unlisted, notifications__member_news, say_read,
        .name = "test.unlisted", .title = "t", .doc = "d", .category = NOTIFICATIONS_PRODUCT,
        .channels = NOTIFICATIONS_INBOX);
    const struct notifications__member_news news = { "Acme", "Bob", "member" };

    return notifications_notify(
        c, &unlisted, &(struct notifications_audience){ .person = *(struct uuid *)person }, &news);
}

static void a_kind_no_module_lists_is_the_programmers_error(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    expect_error(tx_run(make_ctx(t, NULL, NULL), notify_unlisted, &ann->id), &ERR_INTERNAL);
}

int main(void)
{
    return run_db_tests(who_joins_and_who_manages_members_are_told,
        who_may_not_manage_members_hears_nothing_of_them, a_new_role_and_a_removal_are_told,
        who_leaves_keeps_no_notifications_of_what_went_on_inside,
        what_concerns_security_comes_whatever_is_preferred,
        a_new_device_is_told_and_a_known_one_is_not, a_reset_is_a_link_by_mail_and_nowhere_else,
        what_is_said_about_a_deleted_organisation_goes_with_it,
        a_kind_no_module_lists_is_the_programmers_error);
}
