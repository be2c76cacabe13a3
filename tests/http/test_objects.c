/* Presigned URLs of a local folder, through the real router. */
#include "testkit.h"
#include <ashlar/text.h>

static const char *path_for(struct t *t, enum http_method method, const char *key)
{
    const char *url;

    expect_ok(storage_presign(make_ctx(t, NULL, NULL), method, key, 60, &url));
    return strstr(url, "/objects");
}

static void what_is_put_by_url_is_got_by_url(void **state)
{
    struct t *t = *state;

    SEND(t, "PUT", path_for(t, PUT, "doc/a"), "text/html", "<script>", 8);
    expect(t, 204);
    GET_AT(t, "%s", path_for(t, GET, "doc/a"));
    assert_int_equal(status_of(t), 200);
    assert_string_equal(body_of(t), "<script>");
    assert_string_equal(header_of(t, "Content-Disposition"), "attachment");
    assert_string_equal(header_of(t, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(header_of(t, "Cross-Origin-Resource-Policy"), "same-origin");
}

static void pictures_may_be_shown_by_other_sites(void **state)
{
    struct t *t = *state;

    SEND(t, "PUT", path_for(t, PUT, "pic/a"), "image/png", "\x89PNG", 4);
    expect(t, 204);
    GET_AT(t, "%s", path_for(t, GET, "pic/a"));
    assert_int_equal(status_of(t), 200);
    assert_string_equal(header_of(t, "Content-Type"), "image/png");
    assert_null(header_of(t, "Content-Disposition"));
    assert_string_equal(header_of(t, "Cross-Origin-Resource-Policy"), "cross-origin");
}

static void a_url_is_good_for_its_method_key_and_time_only(void **state)
{
    struct t *t = *state;
    const char *get = path_for(t, GET, "doc/a"), *put = path_for(t, PUT, "doc/a");

    SEND(t, "PUT", get, "text/plain", "x", 1);
    expect_problem(t, 404, "not-found");
    GET_AT(t, "%s", put);
    expect_problem(t, 404, "not-found");
    SEND(t, "PUT", put, "text/plain", "x", 1);
    expect(t, 204);
    GET_AT(t, "/objects?key=doc/b%s", strchr(get, '&'));
    expect_problem(t, 404, "not-found");
    GET_AT(t, "/objects?key=../../etc/passwd%s", strchr(get, '&'));
    expect_problem(t, 404, "not-found");
    GET_AT(t, "%s", get);
    assert_int_equal(status_of(t), 200);
    advance(t, MINUTES(2));
    GET_AT(t, "%s", get);
    expect_problem(t, 404, "not-found");
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_STORAGE_FOLDER=var/test/objects", NULL };
    return run_db_tests(what_is_put_by_url_is_got_by_url, pictures_may_be_shown_by_other_sites,
        a_url_is_good_for_its_method_key_and_time_only);
}
