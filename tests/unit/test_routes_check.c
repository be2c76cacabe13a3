/* A bad route table does not start, and says what is wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "http/table/routes.h"
#include "module/registry.h"

static const struct setting SOME_TOKEN = { .name = "ASHLAR_SOME_TOKEN" };
static const struct error_kind OWN = { "test/own", 409, "Own", "Do otherwise." };
static const struct error_kind HELPLESS = { "test/helpless", 409, "Helpless", NULL };
static const struct error_kind HAPPY = { "test/happy", 200, "Happy", "Smile." };

static const struct permission permissions[] = {
    { "test.write", "owner", "Write" },
    { NULL },
};
static const struct permission staff_permissions[] = {
    { "test.act_as_staff", "operator", "Act" },
    { NULL },
};

struct thing {
    struct uuid id;
    const char *name;
};
static const struct field thing_fields[] = {
    ID(thing, id, "thing", .in = PATH),
    TEXT(thing, name, .in = QUERY),
};
static SHAPE(thing);

struct named {
    const char *name;
};
static const struct field named_fields[] = {
    TEXT(named, name),
};
static SHAPE(named);

struct listed {
    const char *const *words;
    size_t n_words;
};
static const struct field listed_fields[] = {
    TEXTS(listed, words, .in = QUERY),
};
static SHAPE(listed);

HANDLER(take_list, listed, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

HANDLER(take_name, named, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

HANDLER(follow, nothing, stream_from)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

struct raw_in {
    struct raw raw;
};
static const struct shape raw_in_shape = {
    .name = "raw_in", .size = sizeof(struct raw_in), .raw_at = 1 + offsetof(struct raw_in, raw)
};

HANDLER(take_raw, raw_in, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

HANDLER(take_thing, thing, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

HANDLER(give_name, nothing, named)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

/* A row without defects; each test changes one thing. */
static const struct route good = {
    .method = POST,
    .path = "/v1/orgs/{org_id}/things",
    .id = "createThing",
    .summary = "Create a thing",
    .auth = AUTH_SESSION,
    .scope = SCOPE_ORG,
    .permission = "test.write",
    .rate = RATE_WRITE,
    .status = 204,
    .errors = ERRORS(&OWN),
    .handler = BY(take_name),
};

static char told[16 * 1024];

static bool check_rows(const struct route *first, const struct route *second)
{
    struct route rows[3] = { *first };
    struct module m = { .name = "test",
        .routes = ROUTES(rows),
        .permissions = permissions,
        .staff_permissions = staff_permissions };
    const struct module *list[] = { &m, NULL };
    struct buf problems;
    bool fine;

    if (second)
        rows[1] = *second;
    registry_set(list);
    buf_init(&problems, NULL, sizeof told);
    fine = routes_check(list, &problems);
    snprintf(told, sizeof told, "%s", problems.data);
    buf_release(&problems);
    return fine;
}

static void expect_defect(const struct route *row, const char *sentence)
{
    if (check_rows(row, NULL))
        fail_msg("accepted, wanted: %s", sentence);
    if (!strstr(told, sentence))
        fail_msg("wanted \"%s\" but told: %s", sentence, told);
}

/* bad(.member = value, "sentence"): `good` with one change. */
#define bad(member, value, sentence)                                                               \
    do {                                                                                           \
        struct route row_ = good;                                                                  \
        row_.member = value;                                                                       \
        expect_defect(&row_, sentence);                                                            \
    } while (0)

static void a_good_row_is_accepted(void **state)
{
    (void)state;
    if (!check_rows(&good, NULL))
        fail_msg("%s", told);
    assert_string_equal(told, "");
}

static void what_is_missing_is_told(void **state)
{
    (void)state;
    bad(method, 0, "needs a method");
    bad(id, NULL, "needs an id in camelCase");
    bad(id, "Create-Thing", "needs an id in camelCase");
    bad(summary, NULL, "needs a summary");
    bad(summary, "", "needs a summary");
    bad(auth, AUTH_UNSET, "declare its authentication");
    bad(rate, 0, "needs a rate class");
    bad(errors, NULL, "must list its own errors");
    bad(handler, NULL, "has no handler");
    bad(status, 0, "status must be the one of success");
    bad(status, 404, "status must be the one of success");
    bad(handler, BY(give_name), "must be nothing_shape");
}

static void path_and_fields_must_agree(void **state)
{
    (void)state;
    bad(path, "v1/orgs/{org_id}", "segments of plain text");
    bad(path, "/v1/orgs/{org_id}/a{b}", "segments of plain text");
    bad(path, "/v1//orgs/{org_id}", "segments of plain text");
    bad(path, "/v1/orgs/{org_id}/things/{id}", "{id} is not a PATH field of its input");
    bad(handler, BY(take_thing), "has the PATH field id, its path has not");
}

static void a_list_in_a_query_has_no_more_items_than_a_query_has_parameters(void **state)
{
    (void)state;
    bad(handler, BY(take_list), "list words of its query needs a .max of at most 64");
}

static void changing_something_needs_a_permission_or_oneself(void **state)
{
    struct route row = good;
    (void)state;
    bad(permission, NULL, "needs a permission or SCOPE_SELF");
    bad(permission, "test.unknown", "no module declares the permission test.unknown");

    row.permission = NULL;
    row.scope = SCOPE_SELF;
    row.path = "/v1/things";
    assert_true(check_rows(&row, NULL));
    row.scope = SCOPE_NONE;
    expect_defect(&row, "needs a permission or SCOPE_SELF");
    row.auth = AUTH_PUBLIC;
    assert_true(check_rows(&row, NULL));
    row.permission = "test.write";
    expect_defect(&row, "it needs SCOPE_ORG");
}

static void a_signed_route_needs_the_bytes_that_are_signed(void **state)
{
    struct route row = good;
    (void)state;
    row.path = "/v1/hooks";
    row.auth = AUTH_SIGNATURE;
    row.scope = SCOPE_NONE;
    row.permission = NULL;
    expect_defect(&row, "AUTH_SIGNATURE needs a raw body");
    row.handler = BY(take_raw);
    expect_defect(&row, "KEY_IGNORED");
    row.idempotency = KEY_IGNORED;
    assert_true(check_rows(&row, NULL));
    row.method = GET;
    expect_defect(&row, "a raw body comes with POST");
}

static void scopes_need_what_they_rest_on(void **state)
{
    struct route row = good;
    (void)state;
    bad(path, "/v1/things", "SCOPE_ORG needs {org_id}");
    bad(auth, AUTH_PUBLIC, "SCOPE_ORG needs AUTH_SESSION");

    row.scope = SCOPE_SELF;
    row.permission = NULL;
    row.path = "/v1/things";
    assert_true(check_rows(&row, NULL));
    row.while_suspended = true;
    expect_defect(&row, "while_suspended is of SCOPE_ORG");
    row.while_suspended = false;
    row.scope = SCOPE_SYSTEM;
    row.permission = NULL;
    row.path = "/v1/things";
    row.auth = AUTH_PUBLIC;
    expect_defect(&row, "SCOPE_SYSTEM needs AUTH_TOKEN");
    row.only_in = ENV_DEVELOPMENT | ENV_STAGING;
    expect_defect(&row, "SCOPE_SYSTEM needs AUTH_TOKEN");
    row.only_in = ENV_DEVELOPMENT | ENV_TEST;
    assert_true(check_rows(&row, NULL));
    row.only_in = 0;
    row.auth = AUTH_TOKEN;
    expect_defect(&row, "the setting that holds the token");
    row.token = &SOME_TOKEN;
    assert_true(check_rows(&row, NULL));
}

static void staff_routes_need_one_of_staffs_permissions_and_a_limit(void **state)
{
    struct route row = good;
    (void)state;
    row.scope = SCOPE_STAFF;
    row.path = "/v1/admin/things";
    row.permission = "test.act_as_staff";
    assert_true(check_rows(&row, NULL));
    row.permission = "test.write";
    expect_defect(&row, "no module declares the staff permission test.write");
    row.permission = NULL;
    expect_defect(&row, "needs one of staff's permissions");
    row.permission = "test.act_as_staff";
    row.rate = RATE_NONE;
    expect_defect(&row, "a staff route needs a rate limit");
    row.rate = RATE_READ;
    row.auth = AUTH_PUBLIC;
    expect_defect(&row, "SCOPE_STAFF needs AUTH_SESSION");
    bad(permission, "test.act_as_staff", "no module declares the permission");
}

static void bodies_have_their_places_and_ceiling(void **state)
{
    (void)state;
    bad(method, GET, "a GET has no body");
    bad(body_max, 1024 * 1024 + 1, "body_max is above 1 MiB");
    bad(tx, TX_READ, "TX_READ is for GET");
}

static void errors_are_the_routes_own(void **state)
{
    (void)state;
    bad(errors, ERRORS(&ERR_NOT_FOUND), "not-found is returned by every route");
    bad(errors, ERRORS(&OWN, &OWN), "test/own is listed twice");
    bad(errors, ERRORS(&HELPLESS), "lacks code, title or help");
    bad(errors, ERRORS(&HAPPY), "has no error status");
}

struct twisted {
    const char *name;
};
static const struct field twisted_fields[] = {
    TEXT(twisted, name, .min = 9, .max = 3),
};
static SHAPE(twisted);

HANDLER(take_twisted, twisted, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

static void a_shape_that_cannot_be_used_is_told(void **state)
{
    (void)state;
    struct route row = good;

    row.handler = BY(take_twisted);
    expect_defect(&row, "shape twisted, field name: min is above max.");
}

static err pull(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch)
{
    (void)c, (void)topic, (void)after, (void)batch;
    return NULL;
}

static STREAM_EVENT(NAMED, named, .name = "thing.named");
static STREAM_EVENT(CAPITAL, named, .name = "Thing");
static const struct stream_event SHAPELESS = { .name = "thing.gone" };
static const struct stream_kind good_stream = { .doc = "Things",
    .events = (const struct stream_event *const[]){ &NAMED.kind, NULL },
    .pull = pull };

static const struct route good_follow = {
    .method = GET,
    .path = "/v1/orgs/{org_id}/stream",
    .id = "streamThings",
    .summary = "Stream things",
    .auth = AUTH_SESSION,
    .scope = SCOPE_ORG,
    .rate = RATE_READ,
    .stream = &good_stream,
    .status = 200,
    .errors = NO_ERRORS,
    .handler = BY(follow),
};

#define bad_follow(member, value, sentence)                                                        \
    do {                                                                                           \
        struct route row_ = good_follow;                                                           \
        row_.member = value;                                                                       \
        expect_defect(&row_, sentence);                                                            \
    } while (0)

#define bad_stream(member, value, sentence)                                                        \
    do {                                                                                           \
        struct stream_kind kind_ = good_stream;                                                    \
        kind_.member = value;                                                                      \
        bad_follow(stream, &kind_, sentence);                                                      \
    } while (0)

static void streams_are_reads_that_say_what_they_send(void **state)
{
    static const struct stream_event *const none[] = { NULL },
                                            *const capital[] = { &CAPITAL.kind, NULL },
                                            *const shapeless[] = { &SHAPELESS, NULL };
    (void)state;
    if (!check_rows(&good_follow, NULL))
        fail_msg("%s", told);
    bad_follow(stream, NULL, "a stream and stream_from_shape");
    bad_follow(handler, BY(give_name), "a stream and stream_from_shape");
    bad_follow(method, POST, "a stream is a GET that returns 200");
    bad_follow(status, 202, "a stream is a GET that returns 200");
    bad_follow(tx, TX_MANUAL, "TX_READ");
    bad_stream(pull, NULL, "has no pull");
    bad_stream(doc, NULL, "must have a description and events");
    bad_stream(events, none, "must have a description and events");
    bad_stream(events, capital, "without a name of a-z");
    bad_stream(events, shapeless, "thing.gone: it has no data shape");
}

static void dates_are_dates(void **state)
{
    (void)state;
    bad(deprecated, "soon", "deprecated must be a date");
    bad(sunset, "2027-02-30", "sunset must be a date");
}

static void two_rows_may_not_share_id_or_path(void **state)
{
    struct route other = good;
    (void)state;
    other.path = "/v1/orgs/{org_id}/others";
    assert_false(check_rows(&good, &other));
    assert_non_null(strstr(told, "its id is also used by test"));

    other = good;
    other.id = "another";
    assert_false(check_rows(&good, &other));
    assert_non_null(strstr(told, "POST /v1/orgs/{org_id}/things is also declared by test"));

    other.method = PUT;
    assert_true(check_rows(&good, &other));
    other.path = "/v1/orgs/{id}/things";
    assert_false(check_rows(&good, &other));
    assert_non_null(strstr(told, "its path names a parameter otherwise"));
}

static void all_defects_are_told_at_once(void **state)
{
    struct route row = good;
    int lines = 0;
    (void)state;
    row.summary = NULL;
    row.rate = 0;
    row.permission = "test.unknown";
    row.body_max = SIZE_MAX;
    assert_false(check_rows(&row, NULL));
    for (const char *at = told; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_row_is_accepted),
        cmocka_unit_test(what_is_missing_is_told),
        cmocka_unit_test(path_and_fields_must_agree),
        cmocka_unit_test(a_list_in_a_query_has_no_more_items_than_a_query_has_parameters),
        cmocka_unit_test(changing_something_needs_a_permission_or_oneself),
        cmocka_unit_test(a_signed_route_needs_the_bytes_that_are_signed),
        cmocka_unit_test(scopes_need_what_they_rest_on),
        cmocka_unit_test(staff_routes_need_one_of_staffs_permissions_and_a_limit),
        cmocka_unit_test(bodies_have_their_places_and_ceiling),
        cmocka_unit_test(errors_are_the_routes_own),
        cmocka_unit_test(a_shape_that_cannot_be_used_is_told),
        cmocka_unit_test(streams_are_reads_that_say_what_they_send),
        cmocka_unit_test(dates_are_dates),
        cmocka_unit_test(two_rows_may_not_share_id_or_path),
        cmocka_unit_test(all_defects_are_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
