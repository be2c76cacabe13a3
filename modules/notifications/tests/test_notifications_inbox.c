/* The inbox as a front end sees it: lists, marks, counts. */
#include "testkit.h"
#include "notifications_internal.h"

static err notify(struct ctx *c, void *person)
{
    const struct notifications__member_news news = { "Acme", "Bob", "member" };
    const struct notifications_audience to = { .person = *(struct uuid *)person };

    return notifications_notify(c, &NOTIFICATIONS__MEMBER_ADDED, &to, &news);
}

static struct person *make_reader(struct t *t, int n)
{
    struct person *ann = make_person(t, .name = "Ann");
    struct ctx *c = make_ctx(t, NULL, NULL);

    for (int i = 0; i < n; i++)
        expect_ok(tx_run(c, notify, &ann->id));
    drain_jobs(t);
    as_person(t, ann);
    return ann;
}

static void a_notification_has_words_and_data(void **state)
{
    struct t *t = *state;
    make_reader(t, 1);

    GET_AT(t, "/v1/me/inbox");

    expect(t, 200, "data.0.kind", "users.member_added", "data.0.title", "Bob joined Acme",
        "data.0.path", "/members", "data.0.data.person_name", "Bob", "data.0.read_at", "null",
        "data.0.org_id", "null", "data.0.seq", "1", "next_cursor", "null");
}

static void pages_are_newest_first_and_lose_nothing(void **state)
{
    struct t *t = *state;
    make_reader(t, 5);

    GET_AT(t, "/v1/me/inbox?limit=2");
    expect(t, 200, "data.0.seq", "5", "data.1.seq", "4");
    GET_AT(t, "/v1/me/inbox?limit=2&cursor=%s", member_of(t, "next_cursor"));
    expect(t, 200, "data.0.seq", "3", "data.1.seq", "2");
    GET_AT(t, "/v1/me/inbox?limit=2&cursor=%s", member_of(t, "next_cursor"));
    expect(t, 200, "data.0.seq", "1", "next_cursor", "null");
}

static void the_stream_goes_on_where_a_reader_stopped(void **state)
{
    struct t *t = *state;
    make_reader(t, 3);

    GET_AT(t, "/v1/me/inbox/stream?after=1");
    expect(t, 200);
    assert_null(strstr(body_of(t), "id: 1\n"));
    assert_non_null(strstr(body_of(t), "id: 2\nevent: inbox.item\n"));
    assert_non_null(strstr(body_of(t), "id: 3\n"));
}

static void marks_move_a_notification_to_the_end_of_the_feed(void **state)
{
    struct t *t = *state;
    const char *id;
    make_reader(t, 2);
    GET_AT(t, "/v1/me/inbox");
    id = member_of(t, "data.1.id");

    PATCH_JSON(t, at(t, "/v1/me/inbox/%s", id), "{'read':true}");
    expect(t, 200, "seq", "3", "archived_at", "null");
    assert_string_not_equal(member_of(t, "read_at"), "null");
    PATCH_JSON(t, at(t, "/v1/me/inbox/%s", id), "{'read':true}");
    expect(t, 200, "seq", "3"); /* nothing changed, nothing is told */
    GET_AT(t, "/v1/me/inbox/unread");
    expect(t, 200, "unread", "1");
    PATCH_JSON(t, at(t, "/v1/me/inbox/%s", id), "{'archived':true}");
    expect(t, 200);
    GET_AT(t, "/v1/me/inbox");
    assert_int_equal(count_of(t, "data"), 1);
    GET_AT(t, "/v1/me/inbox?show=archived");
    expect(t, 200, "data.0.id", id);
    PATCH_JSON(t, at(t, "/v1/me/inbox/%s", id), "{'archived':false,'read':false}");
    expect(t, 200, "read_at", "null", "archived_at", "null");
}

static void all_at_once_means_all_up_to_what_was_seen(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t, 3);
    struct ctx *c = make_ctx(t, NULL, NULL);
    const char *seen;
    GET_AT(t, "/v1/me/inbox");
    seen = member_of(t, "data.0.id");
    expect_ok(tx_run(c, notify, &ann->id)); /* comes while she reads */
    drain_jobs(t);

    POST_JSON(t, "/v1/me/inbox/read-all", "{'up_to':'%s'}", seen);

    expect(t, 200, "marked", "3");
    GET_AT(t, "/v1/me/inbox/unread");
    expect(t, 200, "unread", "1");
    GET_AT(t, "/v1/me/inbox?show=unread");
    assert_int_equal(count_of(t, "data"), 1);
    POST_JSON(t, "/v1/me/inbox/read-all", "{}");
    expect(t, 200, "marked", "1");
    assert_int_equal(sql_int(t, "SELECT last_seq - (SELECT max(seq) FROM notifications.item) "
                                "FROM notifications.feed"),
        0);
}

static void nobody_reads_or_marks_what_others_were_told(void **state)
{
    struct t *t = *state;
    const char *id;
    make_reader(t, 1);
    GET_AT(t, "/v1/me/inbox");
    id = member_of(t, "data.0.id");

    as_person(t, make_person(t));

    GET_AT(t, "/v1/me/inbox");
    assert_int_equal(count_of(t, "data"), 0);
    PATCH_JSON(t, at(t, "/v1/me/inbox/%s", id), "{'read':true}");
    expect_problem(t, 404, "not-found");
}

static void notify_or_mark(struct t *one, int i, void *arg)
{
    struct person *ann = arg;

    if (i % 4 == 0) {
        POST_JSON(one, "/v1/me/inbox/read-all", "{}");
        expect(one, 200);
    } else {
        struct ctx *c = make_ctx(one, NULL, NULL);
        if (tx_run(c, notify, &ann->id) != NULL)
            expect(one, 599);
    }
}

static void numbers_have_no_gap_a_reader_could_fall_into(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t, 4);

    run_parallel(t, 32, notify_or_mark, ann);
    drain_jobs(t);

    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.item"), 4 + 24);
    assert_int_equal(sql_int(t, "SELECT count(DISTINCT seq) FROM notifications.item"), 4 + 24);
}

static void old_notifications_are_forgotten(void **state)
{
    struct t *t = *state;
    make_reader(t, 2);

    advance(t, DAYS(181));
    drain_jobs(t);

    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.item"), 0);
}

static void erasing_a_person_leaves_nothing_told_behind(void **state)
{
    struct t *t = *state;
    struct person *ann = make_reader(t, 2);
    PUT_JSON(t, "/v1/me/notification-preferences",
        "{'data':[{'kind':'users.member_added','channel':'mail','wanted':false}]}");
    expect(t, 200);

    DELETE_AT(t, "/v1/me");
    assert_int_equal(status_of(t), 204);

    assert_int_equal(sql_int(t,
                         "SELECT (SELECT count(*) FROM notifications.item) + (SELECT count(*) FROM "
                         "notifications.feed) + (SELECT count(*) FROM notifications.preference) + "
                         "(SELECT count(*) FROM notifications.mail WHERE to_address = '%s')",
                         ann->email),
        0);
}

static void an_organisation_that_goes_takes_its_notifications_along(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct org *acme = make_org(t, .owner = ann);
    make_member(t, acme, "member");
    drain_jobs(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM notifications.item WHERE org_id IS NOT NULL"), 2);

    as_owner_of(t, acme);
    DELETE_AT(t, "/v1/orgs/%s", acme->id_text);

    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM notifications.item WHERE org_id IS NOT NULL"), 0);
}

int main(void)
{
    return run_db_tests(a_notification_has_words_and_data, pages_are_newest_first_and_lose_nothing,
        the_stream_goes_on_where_a_reader_stopped, marks_move_a_notification_to_the_end_of_the_feed,
        all_at_once_means_all_up_to_what_was_seen, nobody_reads_or_marks_what_others_were_told,
        numbers_have_no_gap_a_reader_could_fall_into, old_notifications_are_forgotten,
        erasing_a_person_leaves_nothing_told_behind,
        an_organisation_that_goes_takes_its_notifications_along);
}
