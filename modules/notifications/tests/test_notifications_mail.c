/* What people are mailed, and the mailbox where mail is caught. */
#include "testkit.h"
#include "config/load.h"
#include "jobs/jobs.h"
#include "jobs/store.h"
#include "notifications_internal.h"

#define SMOKE_TOKEN "a-token-of-at-least-thirty-two-bytes"

static void sign_up(struct t *t, const char *email, const char *name)
{
    as_nobody(t);
    POST_JSON(t, "/v1/auth/signup", "{'email':'%s','password':'a long pass phrase','name':'%s'}",
        email, name);
    expect(t, 202);
}

static void an_invitation_says_who_invites_where_to_and_until_when(void **state)
{
    struct t *t = *state;
    const struct caught_mail *mail;
    as_owner_of(t, make_org(t, .name = "Acme", .owner = make_person(t, .name = "Ann Lee")));

    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@example.org','role':'viewer'}");

    mail = mail_to(t, "bob@example.org");
    assert_string_equal(mail->subject, "Ann Lee invited you to join Acme");
    assert_non_null(strstr(mail->text, "as viewer"));
    assert_non_null(strstr(mail->text, at(t, "%.10s", member_of(t, "expires_at"))));
    assert_non_null(strstr(mail->text, "/invitations/accept#token=invitation_"));
    assert_non_null(strstr(mail->html, "/invitations/accept#token=invitation_"));
}

static void what_people_call_things_cannot_change_the_page(void **state)
{
    struct t *t = *state;
    const struct caught_mail *mail;
    as_owner_of(t, make_org(t, .name = "<img src=x onerror=alert(1)>&amp;"));
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@example.org','role':'viewer'}");

    mail = mail_to(t, "bob@example.org");

    assert_null(strstr(mail->html, "<img"));
    assert_non_null(strstr(mail->html, "&lt;img src=x onerror=alert(1)&gt;&amp;amp;"));
    GET_AT(t, "/dev/mail");
    expect(t, 200);
    assert_null(strstr(body_of(t), "<img"));
}

static void no_mail_carries_an_address_as_a_name(void **state)
{
    struct t *t = *state;
    const struct caught_mail *mail;

    as_owner_of(t, make_org(t, .name = "Acme"));
    sql_run(t, "UPDATE users.org SET name = 'Claim at https://evil.example/claim'");
    sql_run(t, "UPDATE users.person SET name = 'PayPal www.evil.example'");
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@example.org','role':'member'}");
    expect(t, 201);
    mail = mail_to(t, "bob@example.org");
    assert_non_null(strstr(mail->text, "PayPal www. evil. example invited you"));
    assert_null(strstr(mail->text, "evil.example"));
    assert_null(strstr(mail->subject, "evil.example"));
}

static void a_subject_is_no_place_for_a_text(void **state)
{
    struct t *t = *state;
    const struct caught_mail *mail;
    char name[201];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    as_owner_of(t, make_org(t, .name = name, .owner = make_person(t, .name = name)));
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@example.org','role':'member'}");
    expect(t, 201);
    mail = mail_to(t, "bob@example.org");
    assert_string_equal(
        mail->subject, at(t, "%.60s\u2026 invited you to join %.60s\u2026", name, name));
    assert_null(strstr(mail->text, at(t, "%.61s", name)));
}

static void nobody_can_write_to_strangers_through_a_signup(void **state)
{
    struct t *t = *state;
    sign_up(t, "ann@example.org", "You won! Visit evil dot example now");

    assert_null(strstr(mail_to(t, "ann@example.org")->text, "evil"));
    assert_null(strstr(mail_to(t, "ann@example.org")->html, "evil"));
}

static void links_never_take_their_host_from_the_request(void **state)
{
    struct t *t = *state;
    const struct caught_mail *mail;

    with_header(t, "Host", "evil.example");
    with_header(t, "X-Forwarded-Host", "evil.example");
    with_header(t, "Forwarded", "host=evil.example");
    sign_up(t, "ann@example.org", "Ann");

    mail = mail_to(t, "ann@example.org");
    assert_null(strstr(mail->text, "evil.example"));
    assert_null(strstr(mail->html, "evil.example"));
    assert_non_null(strstr(mail->text, setting_text(&ASHLAR_APP_URL)));
}

static void who_has_an_account_is_told_so(void **state)
{
    struct t *t = *state;
    make_person(t, .email = "ann@example.org");

    sign_up(t, "ann@example.org", "Ann");

    assert_non_null(
        strstr(mail_to(t, "ann@example.org")->subject, "Your Ashlar account already exists"));
}

static void a_new_address_and_the_old_one_get_a_link_each(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .email = "ann@example.org");
    const struct caught_mail *mail;

    as_person(t, ann);
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'new@example.org'}");
    expect(t, 202);
    mail = mail_to(t, "ann@example.org");
    assert_string_equal(mail->subject, "Email address change requested");
    assert_null(mail->token);
    mail = mail_to(t, "new@example.org");
    assert_non_null(strstr(mail->text, "/email/confirm#token=email_"));
    POST_JSON(t, "/v1/auth/email-changes/confirm", "{'token':'%s'}", mail->token);
    expect(t, 204);
    mail = mail_to(t, "ann@example.org");
    assert_non_null(strstr(mail->text, "new@example.org"));
    assert_non_null(strstr(mail->text, "/email/undo#token=undo_"));
    assert_int_equal(mails_to(t, "new@example.org"), 1);
    GET_AT(t, "/v1/me/inbox");
    expect(t, 200, "data.0.kind", "auth.email_changed");

    make_person(t, .email = "taken@example.org");
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'taken@example.org'}");
    expect(t, 202);
    mail = mail_to(t, "taken@example.org");
    assert_non_null(strstr(mail->subject, "already has an account at Ashlar"));
    assert_null(strstr(mail->text, "token="));
}

static void the_mailbox_is_a_page_whose_links_can_be_clicked(void **state)
{
    struct t *t = *state;
    sign_up(t, "ann@example.org", "Ann");
    drain_jobs(t);

    GET_AT(t, "/dev/mail");

    expect(t, 200);
    assert_true(text_starts_with(header_of(t, "Content-Type"), "text/html"));
    assert_non_null(
        strstr(body_of(t), at(t, "<a href=\"%s/verify#token=", setting_text(&ASHLAR_APP_URL))));
    /* and the part most people see, where no script of it runs */
    assert_non_null(strstr(body_of(t), "<iframe title=\"HTML version\" sandbox srcdoc=\""
                                       "&lt;!doctype html&gt;"));
    assert_non_null(strstr(body_of(t), "&lt;a href=&quot;"));
}

static int status_of_invitation(struct t *t, const char *email)
{
    POST_JSON(
        t, at(t, "/v1/orgs/%s/invitations", org_of(t)), "{'email':'%s','role':'member'}", email);
    return status_of(t);
}

/* Made, withdrawn and made again, from one organisation after the other: five a day are enough. */
static void invitations_to_one_address_are_bounded_over_all_organisations(void **state)
{
    struct t *t = *state;
    struct person *owner = make_person(t);

    for (int i = 0; i < 3; i++) {
        as_owner_of(t, make_org(t, .owner = owner));
        for (int j = 0; j < 3; j++) {
            assert_int_equal(status_of_invitation(t, "stranger@example.org"), 201);
            drain_jobs(t);
            DELETE_AT(t, "/v1/orgs/%s/invitations/%s", org_of(t), id_of(t));
            expect(t, 204);
        }
    }
    assert_int_equal(mails_to(t, "stranger@example.org"), 5);
    assert_int_equal(status_of_invitation(t, "other@example.org"), 201);
    assert_int_equal(mails_to(t, "other@example.org"), 1);
    advance(t, HOURS(25));
    as_person(t, other_browser_of(t, owner));
    assert_int_equal(status_of_invitation(t, "stranger@example.org"), 201);
    assert_int_equal(mails_to(t, "stranger@example.org"), 6);
}

static void one_organisation_invites_so_many_a_day(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    assert_int_equal(status_of_invitation(t, "one@example.org"), 201);
    drain_jobs(t);
    sql_run(t, "UPDATE auth.throttle SET tries = 199");
    assert_int_equal(status_of_invitation(t, "two@example.org"), 201);
    assert_int_equal(status_of_invitation(t, "three@example.org"), 201);
    assert_int_equal(mails_to(t, "two@example.org"), 1);
    assert_int_equal(mails_to(t, "three@example.org"), 0);
    as_owner_of(t, make_org(t));
    assert_int_equal(status_of_invitation(t, "three@example.org"), 201);
    assert_int_equal(mails_to(t, "three@example.org"), 1);
}

/* A token is one long word: the card is as wide as a telephone. */
static void an_address_in_a_mail_may_break_anywhere(void **state)
{
    struct t *t = *state;
    const char *html, *fallback;

    sign_up(t, "ann@example.org", "Ann");
    html = mail_to(t, "ann@example.org")->html;
    fallback = strstr(html, "If the button");
    assert_non_null(fallback);
    while (fallback > html && *fallback != '<')
        fallback--;
    assert_non_null(strstr(fallback, "overflow-wrap:anywhere"));
    assert_true(strstr(fallback, "overflow-wrap:anywhere") < strchr(fallback, '>'));
}

static void the_mailbox_as_json_is_newest_first_and_by_address(void **state)
{
    struct t *t = *state;
    sign_up(t, "ann@example.org", "Ann");
    sign_up(t, "bob@example.org", "Bob");
    drain_jobs(t);

    GET_AT(t, "/dev/mail?format=json");
    expect(t, 200, "data.0.to", "bob@example.org", "data.1.to", "ann@example.org");
    GET_AT(t, "/dev/mail?format=json&to=Ann@example.org");
    expect(t, 200, "data.0.to", "ann@example.org", "next_cursor", "null");
    assert_int_equal(count_of(t, "data"), 1);
}

static void the_smoke_mailbox_opens_to_its_token_and_for_its_domain_only(void **state)
{
    struct t *t = *state;
    sign_up(t, "ann@smoke.ashlar.invalid", "Ann");
    sign_up(t, "bob@example.org", "Bob");
    drain_jobs(t);

    GET_AT(t, "/smoke/mail?to=ann@smoke.ashlar.invalid");
    assert_int_equal(status_of(t), 401);
    with_header(t, "Authorization", "Bearer a-wrong-token-of-at-least-32-bytes");
    GET_AT(t, "/smoke/mail?to=ann@smoke.ashlar.invalid");
    assert_int_equal(status_of(t), 401);
    with_header(t, "Authorization", "Bearer " SMOKE_TOKEN);
    GET_AT(t, "/smoke/mail?to=ann@smoke.ashlar.invalid");
    expect(t, 200, "data.0.to", "ann@smoke.ashlar.invalid");
    with_header(t, "Authorization", "Bearer " SMOKE_TOKEN);
    GET_AT(t, "/smoke/mail?to=bob@example.org");
    expect(t, 200);
    assert_int_equal(count_of(t, "data"), 0);
}

static void mail_to_smoke_addresses_is_caught_even_where_mail_is_sent(void **state)
{
    struct t *t = *state;
    config_override(&ASHLAR_MAIL, "smtp");

    sign_up(t, "ann@smoke.ashlar.invalid", "Ann");
    drain_jobs(t);

    config_override(&ASHLAR_MAIL, "catch");
    assert_string_equal(sql_text(t, "SELECT state FROM notifications.mail"), "caught");
}

static void mail_no_server_takes_waits_and_keeps_its_body_sealed(void **state)
{
    struct t *t = *state;
    config_override(&ASHLAR_MAIL, "smtp");

    sign_up(t, "ann@example.org", "Ann");
    drain_jobs(t);

    config_override(&ASHLAR_MAIL, "catch");
    assert_string_equal(sql_text(t, "SELECT state FROM notifications.mail"), "queued");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.mail "
                                "WHERE sealed_body LIKE '%%verify%%'"),
        0);
    /* The server is back: what waited goes out. */
    advance(t, HOURS(1));
    assert_int_equal(mails_to(t, "ann@example.org"), 1);
}

static void a_body_moved_to_another_mail_does_not_open(void **state)
{
    struct t *t = *state;
    sign_up(t, "ann@example.org", "Ann");
    sign_up(t, "bob@example.org", "Bob");
    drain_jobs(t);

    sql_run(t, "UPDATE notifications.mail SET sealed_body = (SELECT sealed_body "
               "FROM notifications.mail WHERE to_address = 'ann@example.org') "
               "WHERE to_address = 'bob@example.org'");

    GET_AT(t, "/dev/mail?format=json&to=bob@example.org");
    expect(t, 200, "data.0.text", "(unreadable)");
}

static void caught_mail_is_forgotten_after_a_week(void **state)
{
    struct t *t = *state;
    sign_up(t, "ann@example.org", "Ann");
    drain_jobs(t);

    advance(t, DAYS(8));
    drain_jobs(t);

    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.mail"), 0);
}

static err queue(struct ctx *c, void *arg)
{
    return notifications_mail(c, arg);
}

static void a_text_too_long_for_a_mail_is_refused_and_not_cut(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    char *long_text = arena_alloc(c->arena, 33 * 1024 + 1);
    struct notifications_mail_text mail_text = {
        .template = "test.mail_text",
        .to = "ann@example.org",
        .subject = "Hello",
        .paragraphs = { memset(long_text, 'a', 33 * 1024) },
        .footer = "Bye",
    };

    expect_error(tx_run(c, queue, &mail_text), &ERR_INTERNAL);
    assert_string_equal(sql_text(t, "SELECT count(*) FROM notifications.mail"), "0");
    long_text[1024] = '\0';
    expect_ok(tx_run(c, queue, &mail_text));
}

/* The job of a mail in this state loses its third process. */
static const char *state_after_its_job_died(struct t *t, const char *state)
{
    struct uuid id = uuid_new();
    char text[UUID_TEXT_SIZE + 1];

    uuid_format(id, text);
    sql_run(t,
        "INSERT INTO notifications.mail (id, to_address, template, subject, state) "
        "VALUES ('%s', 'ann@example.org', 't', 's', '%s')",
        text, state);
    sql_run(t,
        "INSERT INTO platform.job (id, kind, max_attempts, payload, state, attempts, lost, "
        "locked_by, heartbeat_at) VALUES (gen_random_uuid(), 'notifications.send_mail', 20, "
        "'{\"mail_id\": \"%s\"}', 'running', 3, 2, 'gone', now() - interval '1 hour')",
        typeid_text(arena_of(t), "mail", id));
    expect_ok(store_rescue(arena_of(t), 25));
    (void)jobs_drain();
    return sql_text(t, "SELECT state FROM notifications.mail WHERE id = '%s'", text);
}

static void a_mail_whose_job_is_dead_waits_no_longer(void **state)
{
    struct t *t = *state;

    assert_string_equal(state_after_its_job_died(t, "queued"), "failed");
    assert_string_equal(state_after_its_job_died(t, "transmitting"), "unknown");
    assert_string_equal(state_after_its_job_died(t, "sent"), "sent");
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_SMOKE_TOKEN=" SMOKE_TOKEN, NULL };
    return run_db_tests(a_mail_whose_job_is_dead_waits_no_longer,
        an_invitation_says_who_invites_where_to_and_until_when,
        what_people_call_things_cannot_change_the_page, no_mail_carries_an_address_as_a_name,
        a_subject_is_no_place_for_a_text, nobody_can_write_to_strangers_through_a_signup,
        links_never_take_their_host_from_the_request, who_has_an_account_is_told_so,
        a_new_address_and_the_old_one_get_a_link_each,
        the_mailbox_is_a_page_whose_links_can_be_clicked,
        invitations_to_one_address_are_bounded_over_all_organisations,
        one_organisation_invites_so_many_a_day, an_address_in_a_mail_may_break_anywhere,
        the_mailbox_as_json_is_newest_first_and_by_address,
        the_smoke_mailbox_opens_to_its_token_and_for_its_domain_only,
        mail_to_smoke_addresses_is_caught_even_where_mail_is_sent,
        mail_no_server_takes_waits_and_keeps_its_body_sealed,
        a_body_moved_to_another_mail_does_not_open, caught_mail_is_forgotten_after_a_week,
        a_text_too_long_for_a_mail_is_refused_and_not_cut);
}
