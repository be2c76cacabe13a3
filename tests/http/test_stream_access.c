/* Streams against a database: who may follow on, and how a topic's news travels. */
#include "testkit.h"
#include "http/request/http.h"
#include "http/stream/streams.h"
#include "jobs/jobs.h"
#include "jobs/topics.h"
#include <libpq-fe.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

extern const struct module users_module, auth_module, notifications_module;
err users_suspend_org(struct ctx *c, struct uuid org, const char *reason);

enum { PATIENCE_MS = 5000 };

#define Q(n, text) static const struct query n = { #n, "test", text }
Q(write_note, "INSERT INTO test.note (n, text) SELECT coalesce(max(n), 0) + 1, $1 FROM test.note");
Q(list_notes, "SELECT n, text FROM test.note WHERE n > $1 ORDER BY n LIMIT 100");

struct note {
    int64_t n;
    const char *text;
};
static const struct field note_fields[] = {
    INT(note, n, .doc = "Number"),
    TEXT(note, text, .doc = "Text"),
};
static SHAPE(note);
static STREAM_EVENT(NOTE, note, .name = "note", .doc = "A note");
static const struct uuid TOPIC = { { 7 } };

static err pull_notes(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch)
{
    const struct note *rows;
    size_t n;

    (void)topic;
    TRY(db_list(c, &list_notes, note, &rows, &n, ARGS(ARG(after))));
    for (const struct note *note = rows; n > 0; note++, n--) {
        if (!stream_add(batch, note->n, &NOTE, note))
            break;
    }
    return NULL;
}

static const struct stream_event *const events[] = { &NOTE.kind, NULL };
static const struct stream_kind NOTES = { .doc = "Notes", .events = events, .pull = pull_notes };

struct note_in_org {
    const char *text;
};
static const struct field note_in_org_fields[] = {
    TEXT(note_in_org, text, .doc = "Text"),
};
static SHAPE(note_in_org);

HANDLER(follow_notes, nothing, stream_from)
{
    (void)c, (void)in;
    out->topic = TOPIC;
    return NULL;
}

HANDLER(add_note, note_in_org, nothing)
{
    (void)out;
    TRY(db_exec(c, &write_note, ARGS(ARG(in->text))));
    stream_wake(c, TOPIC);
    return strcmp(in->text, "undone") == 0 ? &ERR_CONFLICT : NULL;
}

#define FOLLOW(p, i)                                                                               \
    .method = GET, .path = p, .id = i, .summary = "s", .rate = RATE_READ, .stream = &NOTES,        \
    .status = 200, .errors = NO_ERRORS, .handler = BY(follow_notes)
static const struct route routes[] = {
    { FOLLOW("/test/stream", "followNotes"), .auth = AUTH_SESSION, .scope = SCOPE_SELF },
    { FOLLOW("/test/orgs/{org_id}/stream", "followOrg"), .auth = AUTH_SESSION_OR_KEY,
        .scope = SCOPE_ORG, .permission = "users.invite" },
    { .method = POST,
        .path = "/test/notes",
        .id = "addNote",
        .summary = "s",
        .auth = AUTH_SESSION,
        .rate = RATE_WRITE,
        .scope = SCOPE_SELF,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(add_note) },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &test_module, NULL };

static void prepare(struct t *t)
{
    sql_run(t, "CREATE SCHEMA test; GRANT USAGE ON SCHEMA test TO ashlar_app;"
               "CREATE TABLE test.note (n bigint, text text);"
               "GRANT INSERT, SELECT ON test.note TO ashlar_app");
}

/* --- A stream that stays open --- */

static struct stream *opened;

static int open_stream_with(const char *path, const char *header, const char *value)
{
    struct arena *a = arena_new(0);
    const struct http_header headers[] = { { header, value } };
    const struct http_request q = {
        .method = "GET", .target = path, .headers = headers, .n_headers = 1, .peer = "127.0.0.1"
    };
    struct http_response r = { 0 };

    http_handle(a, &q, &r);
    opened = r.stream;
    arena_free(a);
    return r.status;
}

static int open_stream(struct t *t, const char *path)
{
    return open_stream_with(
        path, "Cookie", at(t, SESSION_COOKIE "=%s", cookie_of(t, SESSION_COOKIE)));
}

static const char *hear_now(struct t *t)
{
    struct buf b;

    buf_init(&b, arena_of(t), 1024 * 1024);
    stream_read_now(opened, &b);
    return b.data;
}

#define assert_says(t, text)                                                                       \
    do {                                                                                           \
        const char *said_ = hear_now(t);                                                           \
        if (!strstr(said_, text))                                                                  \
            fail_msg("not \"%s\" but: %s", text, said_);                                           \
    } while (0)

/* The reason is what is sent last: nothing else is left to send. */
static void assert_ends_with(const char *code)
{
    char bytes[256] = "";

    assert_in_range(stream_read(opened, bytes, sizeof bytes - 1), 1, sizeof bytes);
    if (!strstr(bytes, code))
        fail_msg("not \"%s\" but: %s", code, bytes);
    assert_int_equal(stream_read(opened, bytes, sizeof bytes - 1), STREAM_END);
}

static void a_stream_catches_up_and_goes_on(void **state)
{
    struct t *t = *state;
    prepare(t);
    as_person(t, make_person(t));
    POST_JSON(t, "/test/notes", "{'text':'first'}");
    expect(t, 204);
    assert_int_equal(open_stream(t, "/test/stream"), 200);
    assert_says(t, "id: 1\nevent: note\ndata: {\"n\":1,\"text\":\"first\"}\n\n");
    POST_JSON(t, "/test/notes", "{'text':'second'}");
    assert_says(t, "id: 2\n");
    stream_closed(opened);
    GET_AT(t, "/test/stream?after=1");
    expect(t, 200);
    assert_non_null(strstr(body_of(t), "id: 2\n"));
    assert_null(strstr(body_of(t), "id: 1\n"));
}

static void whose_session_ended_hears_nothing_more(void **state)
{
    struct t *t = *state;
    prepare(t);
    as_person(t, make_person(t));
    assert_int_equal(open_stream(t, "/test/stream"), 200);
    hear_now(t);
    sql_run(t, "INSERT INTO test.note VALUES (1, 'secret'); DELETE FROM auth.session");
    assert_null(strstr(hear_now(t), "secret"));
    assert_ends_with("unauthenticated");
    stream_closed(opened);
    GET_AT(t, "/test/stream");
    expect_problem(t, 401, "unauthenticated");
}

static void who_lost_membership_or_permission_hears_nothing_more(void **state)
{
    struct t *t = *state;
    const char *path;
    prepare(t);
    as_admin_of(t, make_org(t));
    path = at(t, "/test/orgs/%s/stream", org_of(t));
    assert_int_equal(open_stream(t, path), 200);
    hear_now(t);
    sql_run(t, "INSERT INTO test.note VALUES (1, 'secret');"
               "UPDATE users.membership SET role = 'viewer' WHERE role = 'admin'");
    assert_null(strstr(hear_now(t), "secret"));
    assert_ends_with("forbidden");
    stream_closed(opened);
    sql_run(t, "UPDATE users.membership SET role = 'admin' WHERE role = 'viewer'");
    assert_int_equal(open_stream(t, path), 200);
    sql_run(t, "DELETE FROM users.membership WHERE role = 'admin'");
    assert_null(strstr(hear_now(t), "secret"));
    assert_ends_with("not-found");
    stream_closed(opened);
}

/* A key's stream ends with its maker's role, membership or suspension, as a session's does. */
static void an_orphaned_key_hears_nothing_more(void **state)
{
    static const struct {
        const char *done, *undone, *code;
    } ends[] = {
        { "UPDATE users.membership SET role = 'viewer' WHERE role = 'admin'",
            "UPDATE users.membership SET role = 'admin' WHERE role = 'viewer'", "forbidden" },
        { "UPDATE auth.credential SET suspended_at = platform.now()",
            "UPDATE auth.credential SET suspended_at = NULL", "auth/key-orphaned" },
        { "DELETE FROM users.membership WHERE role = 'admin'", "SELECT 1", "auth/key-orphaned" },
    };
    struct t *t = *state;
    const char *path, *bearer;
    prepare(t);
    as_admin_of(t, make_org(t));
    path = at(t, "/test/orgs/%s/stream", org_of(t));
    POST_JSON(
        t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':['users.invite']}");
    expect(t, 201);
    bearer = at(t, "Bearer %s", member_of(t, "token"));
    for (size_t i = 0; i < COUNT(ends); i++) {
        assert_int_equal(open_stream_with(path, "Authorization", bearer), 200);
        hear_now(t);
        sql_run(t, "INSERT INTO test.note VALUES (%zu, 'secret'); %s", i + 1, ends[i].done);
        assert_null(strstr(hear_now(t), "secret"));
        assert_ends_with(ends[i].code);
        stream_closed(opened);
        sql_run(t, "%s; DELETE FROM test.note", ends[i].undone);
    }
}

static err suspend(struct ctx *c, void *arg)
{
    return users_suspend_org(c, *(const struct uuid *)arg, "spam");
}

static void who_is_in_a_suspended_organisation_hears_nothing_more(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    prepare(t);
    as_admin_of(t, org);
    assert_int_equal(open_stream(t, at(t, "/test/orgs/%s/stream", org_of(t))), 200);
    hear_now(t);
    sql_run(t, "INSERT INTO test.note VALUES (1, 'secret')");
    expect_ok(tx_run(make_ctx(t, NULL, NULL), suspend, &org->id));
    assert_null(strstr(hear_now(t), "secret"));
    assert_ends_with("users/org-suspended");
    stream_closed(opened);
}

static void one_person_cannot_take_every_place(void **state)
{
    struct t *t = *state;
    struct stream *first, *second;
    prepare(t);
    as_person(t, make_person(t));
    assert_int_equal(open_stream(t, "/test/stream"), 200);
    first = opened;
    assert_int_equal(open_stream(t, "/test/stream"), 200);
    second = opened;
    assert_int_equal(open_stream(t, "/test/stream"), 429);
    as_person(t, make_person(t));
    assert_int_equal(open_stream(t, "/test/stream"), 200);
    stream_closed(opened);
    stream_closed(first);
    stream_closed(second);
}

/* --- News --- */

static _Atomic int heard;
static struct uuid heard_topic;

static void hear(struct uuid topic)
{
    heard_topic = topic;
    heard++;
}

static void wait_until_heard(int n)
{
    for (int ms = 0; heard < n && ms < PATIENCE_MS; ms += 1)
        usleep(1000);
    assert_true(heard >= n);
}

static void only_what_was_committed_is_told(void **state)
{
    struct t *t = *state;
    prepare(t);
    as_person(t, make_person(t));
    heard = 0;
    topics_on(hear);
    POST_JSON(t, "/test/notes", "{'text':'undone'}");
    expect_problem(t, 409, "conflict");
    assert_int_equal(heard, 0);
    POST_JSON(t, "/test/notes", "{'text':'done'}");
    expect(t, 204);
    assert_int_equal(heard, 1);
    assert_true(uuid_equal(heard_topic, TOPIC));
    topics_on(NULL);
}

/* Whatever they follow: its streams have other topics. */
static void suspending_wakes_every_stream_of_the_organisation(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    prepare(t);
    heard = 0;
    topics_on(hear);
    expect_ok(tx_run(make_ctx(t, NULL, NULL), suspend, &org->id));
    assert_int_equal(heard, 1);
    assert_true(uuid_equal(heard_topic, topic_of_org(org->id)));
    assert_true(topic_is_of_org(heard_topic));
    assert_false(topic_is_of_org(org->id));
    topics_on(NULL);
}

static char told[256];

static bool wait_for_notification(PGconn *pg)
{
    struct pollfd p = { .fd = PQsocket(pg), .events = POLLIN };
    PGnotify *n = NULL;

    for (int ms = 0; ms < PATIENCE_MS && !n; ms += 100) {
        poll(&p, 1, 100);
        PQconsumeInput(pg);
        n = PQnotifies(pg);
    }
    if (!n)
        return false;
    snprintf(told, sizeof told, "%s", n->extra);
    PQfreemem(n);
    return true;
}

static void other_processes_are_told_and_heard(void **state)
{
    struct t *t = *state;
    char id[UUID_TEXT_SIZE + 1];
    PGconn *pg = PQconnectdb(database_url_of(t));
    prepare(t);
    as_person(t, make_person(t));
    PQclear(PQexec(pg, "LISTEN ashlar_streams"));
    heard = 0;
    topics_on(hear);
    assert_true(jobs_start());
    wait_until_heard(1); /* listening now: anything may have happened before */
    assert_true(uuid_is_nil(heard_topic));
    assert_true(topics_come());
    POST_JSON(t, "/test/notes", "{'text':'done'}");
    assert_int_equal(heard, 2);
    assert_true(wait_for_notification(pg));
    uuid_format(TOPIC, id);
    assert_non_null(strstr(told, id));
    sql_run(t, "SELECT pg_notify('ashlar_streams', 'elsewher %s')", id);
    wait_until_heard(3);
    usleep(200000); /* its own NOTIFY was not heard a second time */
    assert_int_equal(heard, 3);
    assert_int_equal(jobs_stop(1000), 0);
    topics_on(NULL);
    PQfinish(pg);
}

/* One may arrive while another is taken, and then no more input comes to poll for. */
static void of_many_notifications_none_waits(void **state)
{
    enum { PAIRS = 1500 };
    struct t *t = *state;
    PGconn *first = PQconnectdb(database_url_of(t)), *second = PQconnectdb(database_url_of(t));
    char id[UUID_TEXT_SIZE + 1];
    const char *notify;

    prepare(t);
    uuid_format(TOPIC, id);
    notify = at(t, "SELECT pg_notify('ashlar_streams', 'elsewher %s')", id);
    heard = 0;
    topics_on(hear);
    assert_true(jobs_start());
    wait_until_heard(1);
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(PQsendQuery(first, notify), 1);
        assert_int_equal(PQsendQuery(second, notify), 1);
        while (PQclear(PQgetResult(first)), PQtransactionStatus(first) == PQTRANS_ACTIVE)
            continue;
        while (PQclear(PQgetResult(second)), PQtransactionStatus(second) == PQTRANS_ACTIVE)
            continue;
        wait_until_heard(1 + 2 * (i + 1));
    }
    assert_int_equal(jobs_stop(1000), 0);
    topics_on(NULL);
    PQfinish(first);
    PQfinish(second);
}

int main(void)
{
    static const char *const environment[] = { "ASHLAR_STREAMS_PER_PERSON=2", NULL };

    testkit_modules = modules;
    testkit_environment = environment;
    return run_db_tests(a_stream_catches_up_and_goes_on, whose_session_ended_hears_nothing_more,
        who_lost_membership_or_permission_hears_nothing_more, an_orphaned_key_hears_nothing_more,
        who_is_in_a_suspended_organisation_hears_nothing_more,
        suspending_wakes_every_stream_of_the_organisation, one_person_cannot_take_every_place,
        only_what_was_committed_is_told, other_processes_are_told_and_heard,
        of_many_notifications_none_waits);
}
