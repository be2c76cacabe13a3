/* Pictures: judged by their bytes, seen by who may, gone when they are replaced. */
#include "testkit.h"

static const char gif[] = "GIF89a\7\0\5\0\0\0\0;";
static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\7\0\0\0\5\10\2\0\0\0CRC!";
static const char wide_gif[] = "GIF89a\1\20\5\0\0\0\0;";
static const char page[] = "<!doctype html><script>alert(1)</script>";

#define PUT_BYTES(t, type, text) SEND(t, "PUT", "/v1/me/avatar", type, text, sizeof(text) - 1)

static void a_picture_comes_back_as_what_it_is(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t));

    PUT_BYTES(t, "text/html", gif); /* what it claims to be does not matter */
    expect(t, 204);
    GET_AT(t, "/v1/me/avatar");

    expect(t, 200);
    assert_string_equal(header_of(t, "Content-Type"), "image/gif");
    assert_string_equal(header_of(t, "X-Content-Type-Options"), "nosniff");
    assert_non_null(strstr(header_of(t, "Content-Security-Policy"), "default-src 'none'"));
    assert_memory_equal(body_of(t), gif, sizeof gif - 1);
}

static void what_is_no_picture_is_refused_and_the_old_one_stays(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t));
    PUT_BYTES(t, "image/png", png);
    expect(t, 204);

    PUT_BYTES(t, "image/png", page);
    expect_problem(t, 422, "users/unsupported-image");
    PUT_BYTES(t, "image/gif", wide_gif);
    expect_problem(t, 422, "users/unsupported-image", .detail = "4097 by 5");
    SEND(t, "PUT", "/v1/me/avatar", "image/png", "", 0);
    expect_problem(t, 422, "users/unsupported-image");

    GET_AT(t, "/v1/me/avatar");
    assert_string_equal(header_of(t, "Content-Type"), "image/png");
}

/* Where it was taken, in each kind's own place for it. */
static void what_a_picture_carries_unseen_is_not_handed_on(void **state)
{
    static const char png_with_text[] =
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\7\0\0\0\5\10\2\0\0\0CRC!"
        "\0\0\0\6tEXta\0GPS!CRC!\0\0\0\0IENDCRC!";
    static const char gif_with_comment[] = "GIF89a\7\0\5\0\0\0\0!\xfe\4GPS!\0;GPS";
    static const char jpeg_with_exif[] =
        "\xff\xd8\xff\xe1\0\x0e"
        "Exif\0\0GPS 52\xff\xc0\0\x0b\10\0\5\0\7\1\1\x11\0\xff\xd9";
    static const char webp_with_exif[] =
        "RIFF\x2c\0\0\0WEBPVP8X\12\0\0\0\x08\0\0\0\6\0\0\4\0\0EXIF\6\0\0\0GPS 52";
    static const struct {
        const char *bytes;
        size_t size;
    } pictures[] = { { png_with_text, sizeof png_with_text - 1 },
        { gif_with_comment, sizeof gif_with_comment - 1 },
        { jpeg_with_exif, sizeof jpeg_with_exif - 1 },
        { webp_with_exif, sizeof webp_with_exif - 1 } };
    struct t *t = *state;
    as_person(t, make_person(t));

    for (size_t i = 0; i < COUNT(pictures); i++) {
        SEND(t, "PUT", "/v1/me/avatar", "image/*", pictures[i].bytes, pictures[i].size);
        expect(t, 204);
        GET_AT(t, "/v1/me/avatar");
        expect(t, 200);
        assert_null(memmem(body_of(t), body_size_of(t), "GPS", 3));
    }
}

static void more_than_a_mebibyte_is_too_much(void **state)
{
    struct t *t = *state;
    size_t size = 1024 * 1024 + 1;
    char *large = arena_alloc(arena_of(t), size);
    memcpy(large, gif, sizeof gif - 1);
    as_person(t, make_person(t));

    SEND(t, "PUT", "/v1/me/avatar", "image/gif", large, size);
    expect_problem(t, 413, "content-too-large");
    SEND(t, "PUT", "/v1/me/avatar", "image/gif", large, size - 1);
    expect(t, 204);
}

static const char *object_of(struct t *t, const char *email)
{
    return sql_text(t, "SELECT avatar_key FROM users.person WHERE email = '%s'", email);
}

static bool is_stored(struct t *t, const char *key)
{
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct storage_info info;

    return storage_head(c, key, &info) == NULL;
}

static void what_was_replaced_or_taken_away_is_deleted(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *first, *second;
    as_person(t, ann);
    PUT_BYTES(t, "image/gif", gif);
    first = object_of(t, ann->email);
    PUT_BYTES(t, "image/png", png);
    second = object_of(t, ann->email);
    assert_true(is_stored(t, first) && is_stored(t, second));

    drain_jobs(t);
    assert_false(is_stored(t, first));
    assert_true(is_stored(t, second));
    DELETE_AT(t, "/v1/me/avatar");
    expect(t, 204);
    drain_jobs(t);

    assert_false(is_stored(t, second));
    GET_AT(t, "/v1/me/avatar");
    expect_problem(t, 404, "not-found");
    DELETE_AT(t, "/v1/me/avatar");
    expect(t, 204);
}

static void it_goes_with_the_person(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *key;
    as_person(t, ann);
    PUT_BYTES(t, "image/gif", gif);
    key = object_of(t, ann->email);

    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    drain_jobs(t);

    assert_false(is_stored(t, key));
}

static void what_an_upload_left_behind_is_deleted(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *key;
    as_person(t, ann);
    sql_run(t, "CREATE FUNCTION pg_temp.fails() RETURNS trigger LANGUAGE plpgsql AS "
               "$$BEGIN RAISE EXCEPTION 'a test'; END$$; "
               "CREATE TRIGGER fails BEFORE UPDATE ON users.person EXECUTE FUNCTION "
               "pg_temp.fails()");
    on_purpose(t);
    PUT_BYTES(t, "image/gif", gif);
    expect_problem(t, 500, "internal");
    key = sql_text(t, "SELECT payload->>'avatar_key' FROM platform.job "
                      "WHERE kind = 'users.drop_picture'");
    drain_jobs(t);
    assert_true(is_stored(t, key)); /* nobody knows yet how the commit ended */

    advance(t, HOURS(1));
    drain_jobs(t);

    assert_false(is_stored(t, key));
}

static void what_an_upload_named_stays(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    as_person(t, ann);
    PUT_BYTES(t, "image/gif", gif);
    expect(t, 204);

    advance(t, HOURS(1));
    drain_jobs(t);

    assert_true(is_stored(t, object_of(t, ann->email)));
}

static void members_see_each_other_strangers_do_not(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer"), *stranger = make_person(t);
    as_person(t, stranger);
    PUT_BYTES(t, "image/gif", gif);
    as_owner_of(t, org);
    PUT_BYTES(t, "image/png", png);

    as_person(t, bob);
    GET_AT(t, "/v1/orgs/%s/members/%s/avatar", org->id_text, org->owner->id_text);
    expect(t, 200);
    assert_string_equal(header_of(t, "Content-Type"), "image/png");
    GET_AT(t, "/v1/orgs/%s/members/%s/avatar", org->id_text, bob->id_text); /* has none */
    expect_problem(t, 404, "not-found");
    GET_AT(t, "/v1/orgs/%s/members/%s/avatar", org->id_text, stranger->id_text);
    expect_problem(t, 404, "not-found");
    as_person(t, stranger);
    GET_AT(t, "/v1/orgs/%s/members/%s/avatar", org->id_text, org->owner->id_text);
    expect_problem(t, 404, "not-found");
}

int main(void)
{
    return run_db_tests(a_picture_comes_back_as_what_it_is,
        what_is_no_picture_is_refused_and_the_old_one_stays,
        what_a_picture_carries_unseen_is_not_handed_on, more_than_a_mebibyte_is_too_much,
        what_was_replaced_or_taken_away_is_deleted, it_goes_with_the_person,
        what_an_upload_left_behind_is_deleted, what_an_upload_named_stays,
        members_see_each_other_strangers_do_not);
}
