/* What people want to hear: preferences, and the link that leaves a kind of mail. */
#include "testkit.h"
#include "notifications_internal.h"

#define PREFERENCES "/v1/me/notification-preferences"
#define MAIL_WANTED "{'data':[{'kind':'users.member_added','channel':'mail','wanted':true}]}"

static const struct notifications__member_news news = { "Acme", "Bob", "member" };

static err notify_kind(
    struct ctx *c, const NOTIFICATION(notifications__member_news) * kind, struct uuid person)
{
    return notifications_notify(
        c, kind, &(struct notifications_audience){ .person = person }, &news);
}

static err notify(struct ctx *c, void *person)
{
    return notify_kind(c, &NOTIFICATIONS__MEMBER_ADDED, *(struct uuid *)person);
}

/* The link in the newest mail to this person. */
static const char *link_to(struct t *t, struct person *person)
{
    const char *text = mail_to(t, person->email)->text, *link = strstr(text, "/unsubscribe/");

    assert_non_null(link);
    return arena_strndup(arena_of(t), link, strcspn(link, "\r\n"));
}

static struct person *make_reader(struct t *t)
{
    struct person *ann = make_person(t, .name = "Ann");

    expect_ok(tx_run(make_ctx(t, NULL, NULL), notify, &ann->id));
    as_person(t, ann);
    return ann;
}

static void every_kind_is_listed_with_its_channels(void **state)
{
    struct t *t = *state;
    make_reader(t);

    GET_AT(t, PREFERENCES);

    expect(t, 200, "data.1.kind", "users.member_added", "data.1.mandatory", "false",
        "data.1.channels.0.channel", "inbox", "data.1.channels.0.wanted", "true",
        "data.1.channels.1.channel", "mail", "data.1.channels.1.wanted", "true");
}

static void what_is_switched_off_stays_away_and_the_rest_comes(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t);
    drain_jobs(t);

    PUT_JSON(
        t, PREFERENCES, "{'data':[{'kind':'users.member_added','channel':'mail','wanted':false}]}");
    expect(t, 200, "data.1.channels.0.wanted", "true", "data.1.channels.1.wanted", "false");

    expect_ok(tx_run(make_ctx(t, NULL, NULL), notify, &ann->id));
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.item"), 2);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM notifications.mail WHERE kind = 'users.member_added'"), 1);
    PUT_JSON(t, PREFERENCES, "{'data':[]}");
    expect(t, 200, "data.1.channels.1.wanted", "true");
}

static err write_copy(struct ctx *c, void *person)
{
    const struct notifications__copy copy = {
        .person_id = *(struct uuid *)person,
        .kind = "users.member_added",
        .data = "{\"org_name\":\"Acme\",\"person_name\":\"Bob\",\"role\":\"member\"}",
    };

    return notifications__deliver_copy(c, &copy);
}

static void a_mail_under_way_stays_away_when_it_is_switched_off(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    drain_jobs(t);
    expect_ok(tx_run(make_ctx(t, NULL, NULL), write_copy, &ann->id)); /* its mail is queued */

    as_person(t, ann);
    PUT_JSON(
        t, PREFERENCES, "{'data':[{'kind':'users.member_added','channel':'mail','wanted':false}]}");
    drain_jobs(t);

    assert_string_equal(
        sql_text(t, "SELECT state || ': ' || why FROM notifications.mail WHERE kind IS NOT NULL"),
        "withheld: the person switched it off");
}

static void a_suspended_account_gets_mandatory_mail_only(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    drain_jobs(t);
    expect_ok(tx_run(make_ctx(t, NULL, NULL), write_copy, &ann->id));

    sql_run(t, "UPDATE auth.credential SET suspended_at = now() WHERE email = '%s'", ann->email);
    drain_jobs(t);

    assert_string_equal(
        sql_text(t, "SELECT state || ': ' || why FROM notifications.mail WHERE kind IS NOT NULL"),
        "withheld: the account is suspended");
}

static void kinds_that_do_not_exist_are_named(void **state)
{
    struct t *t = *state;
    make_reader(t);

    PUT_JSON(t, PREFERENCES,
        "{'data':[{'kind':'users.member_added','channel':'mail','wanted':false},"
        "{'kind':'users.nonsense','channel':'mail','wanted':false}]}");

    expect_problem(t, 422, "invalid-fields", .pointer = "/data/1");
}

static void looking_at_the_link_changes_nothing(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t);
    const char *link = link_to(t, ann);

    as_nobody(t);
    GET_AT(t, "%s", link);

    expect(t, 200);
    assert_non_null(strstr(body_of(t), "<form method=\"post\">"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.preference"), 0);
}

static void one_click_leaves_this_kind_and_no_other(void **state)
{
    static const char body[] = "List-Unsubscribe=One-Click";
    struct t *t = *state;
    struct person *ann = make_reader(t);
    const char *link = link_to(t, ann);

    as_nobody(t);
    with_header(t, "Origin", NULL);
    SEND(t, "POST", link, "application/x-www-form-urlencoded", body, strlen(body));
    expect(t, 200);
    SEND(t, "POST", link, "application/x-www-form-urlencoded", body, strlen(body));
    expect(t, 200); /* a second click is no error */

    assert_string_equal(sql_text(t, "SELECT kind || ' ' || channel || ' ' || wanted || ' ' || "
                                    "said_by FROM notifications.preference"),
        "users.member_added mail false unsubscribe");
    expect_ok(tx_run(make_ctx(t, NULL, NULL), notify, &ann->id));
    drain_jobs(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM notifications.mail WHERE kind = 'users.member_added'"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.item"), 2);
}

static const char *mail_preference(struct t *t)
{
    return sql_text(t, "SELECT wanted || ' ' || said_by FROM notifications.preference "
                       "WHERE kind = 'users.member_added' AND channel = 'mail'");
}

static void leaving_by_the_link_is_undone_in_so_many_words_only(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t);
    const char *link = link_to(t, ann);

    as_nobody(t);
    POST_AT(t, "%s", link);
    expect(t, 200);
    as_person(t, ann);
    PUT_JSON(t, PREFERENCES, "{'data':[]}");
    expect(t, 200);
    assert_string_equal(mail_preference(t), "false unsubscribe");
    PUT_JSON(
        t, PREFERENCES, "{'data':[{'kind':'users.member_added','channel':'mail','wanted':false}]}");
    expect(t, 200);
    PUT_JSON(t, PREFERENCES,
        "{'data':[{'kind':'users.member_added','channel':'inbox','wanted':false}]}");
    expect(t, 200);
    assert_string_equal(mail_preference(t), "false unsubscribe");
    GET_AT(t, PREFERENCES);
    with_header(t, "If-Match", header_of(t, "ETag"));
    PUT_JSON(t, PREFERENCES, MAIL_WANTED);
    expect(t, 200);
    assert_string_equal(mail_preference(t), "true preferences");
    PUT_JSON(t, PREFERENCES, "{'data':[]}");
    expect(t, 200);
    assert_null(mail_preference(t));
}

/* Whatever page it is: one that knows of versions, one that does not, one that read anything else.
 */
static void a_page_from_before_the_link_does_not_undo_it(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t);
    const char *link = link_to(t, ann), *before;

    GET_AT(t, PREFERENCES);
    expect(t, 200, "data.1.channels.1.wanted", "true");
    before = header_of(t, "ETag");
    as_nobody(t);
    POST_AT(t, "%s", link);
    expect(t, 200);
    as_person(t, ann);

    with_header(t, "If-Match", before);
    PUT_JSON(t, PREFERENCES, MAIL_WANTED);
    expect_problem(t, 412, "precondition-failed");
    with_header(t, "If-Match", "\"of-something-else\"");
    PUT_JSON(t, PREFERENCES, MAIL_WANTED);
    expect_problem(t, 412, "precondition-failed");
    PUT_JSON(t, PREFERENCES, MAIL_WANTED);
    expect_problem(t, 428, "notifications/left-by-link", .pointer = "/data/0");
    with_header(t, "If-Match", "*");
    PUT_JSON(t, PREFERENCES, MAIL_WANTED);
    expect_problem(t, 428, "notifications/left-by-link");
    assert_string_equal(mail_preference(t), "false unsubscribe");

    /* What does not undo it is saved as ever. */
    PUT_JSON(t, PREFERENCES,
        "{'data':[{'kind':'users.member_added','channel':'mail','wanted':false},"
        "{'kind':'users.member_added','channel':'inbox','wanted':false}]}");
    expect(t, 200, "data.1.channels.0.wanted", "false", "data.1.channels.1.wanted", "false");
    assert_string_equal(mail_preference(t), "false unsubscribe");
}

static void of_two_tabs_the_later_one_learns_that_it_is_late(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t), *bob = make_person(t);
    const char *seen, *then;

    GET_AT(t, PREFERENCES);
    seen = header_of(t, "ETag");
    with_header(t, "If-Match", seen);
    PUT_JSON(t, PREFERENCES,
        "{'data':[{'kind':'users.member_added','channel':'inbox','wanted':false}]}");
    expect(t, 200);
    then = header_of(t, "ETag");

    with_header(t, "If-Match", seen);
    PUT_JSON(t, PREFERENCES, "{'data':[]}");
    expect_problem(t, 412, "precondition-failed");
    GET_AT(t, PREFERENCES);
    expect(t, 200, "data.1.channels.0.wanted", "false");
    assert_string_equal(header_of(t, "ETag"), then);
    with_header(t, "If-Match", then);
    PUT_JSON(t, PREFERENCES, "{'data':[]}");
    expect(t, 200, "data.1.channels.0.wanted", "true");

    as_person(t, bob); /* whose version is his own */
    with_header(t, "If-Match", then);
    PUT_JSON(t, PREFERENCES, "{'data':[]}");
    expect_problem(t, 412, "precondition-failed");
    as_person(t, ann);
}

struct tabs {
    const char *seen;
    _Atomic int saved, late;
};

static void save_at_once(struct t *one, int i, void *arg)
{
    struct tabs *tabs = arg;

    with_header(one, "If-Match", tabs->seen);
    PUT_JSON(one, PREFERENCES,
        "{'data':[{'kind':'users.member_added','channel':'%s','wanted':false}]}",
        i % 2 ? "inbox" : "mail");
    if (status_of(one) == 200)
        tabs->saved++;
    else if (status_of(one) == 412)
        tabs->late++;
}

static void of_tabs_that_save_at_once_one_is_first(void **state)
{
    struct t *t = *state;
    struct tabs tabs = { .saved = 0 };

    make_reader(t);
    GET_AT(t, PREFERENCES);
    tabs.seen = header_of(t, "ETag");
    run_parallel(t, 8, save_at_once, &tabs);
    assert_int_equal(tabs.saved, 1);
    assert_int_equal(tabs.late, 7);
}

static void the_button_works_for_who_is_signed_in_as_somebody_else(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t);
    const char *link = link_to(t, ann);

    as_person(t, make_person(t));
    POST_AT(t, "%s", link);

    expect(t, 200);
    assert_int_equal(sql_int(t,
                         "SELECT count(*) FROM notifications.preference p JOIN users.person u "
                         "ON u.id = p.person_id WHERE u.email = '%s'",
                         ann->email),
        1);
}

static void a_changed_link_leads_nowhere(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t);
    char *link = arena_strdup(arena_of(t), link_to(t, ann));

    as_nobody(t);
    link[strlen(link) - 3] = link[strlen(link) - 3] == 'A' ? 'B' : 'A';
    POST_AT(t, "%s", link);

    expect_problem(t, 404, "not-found");
    GET_AT(t, "/unsubscribe/nonsense");
    expect_problem(t, 404, "not-found");
}

static void the_link_of_somebody_erased_does_no_harm(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t);
    const char *link = link_to(t, ann);
    DELETE_AT(t, "/v1/me");
    assert_int_equal(status_of(t), 204);

    as_nobody(t);
    POST_AT(t, "%s", link);

    expect_problem(t, 404, "not-found");
}

int main(void)
{
    return run_db_tests(every_kind_is_listed_with_its_channels,
        what_is_switched_off_stays_away_and_the_rest_comes,
        a_mail_under_way_stays_away_when_it_is_switched_off,
        a_suspended_account_gets_mandatory_mail_only, kinds_that_do_not_exist_are_named,
        looking_at_the_link_changes_nothing, one_click_leaves_this_kind_and_no_other,
        leaving_by_the_link_is_undone_in_so_many_words_only,
        a_page_from_before_the_link_does_not_undo_it,
        of_two_tabs_the_later_one_learns_that_it_is_late, of_tabs_that_save_at_once_one_is_first,
        the_button_works_for_who_is_signed_in_as_somebody_else, a_changed_link_leads_nowhere,
        the_link_of_somebody_erased_does_no_harm);
}
