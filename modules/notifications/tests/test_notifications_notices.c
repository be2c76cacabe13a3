/* Notices: who is told, where, and what they say. */
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
    assert_non_null(strstr(mail->text, "as member"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.item"), 2);
}

int main(void)
{
    return run_db_tests(who_joins_and_who_manages_members_are_told);
}
