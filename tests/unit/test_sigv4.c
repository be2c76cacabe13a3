/* Signature Version 4: the examples of the Amazon S3 API Reference ("Signature Calculations for the
 * Authorization Header", "Authenticating Requests: Using Query Parameters"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "storage/sigv4.h"
#include <ashlar/text.h>

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HOST                                                                                       \
    {                                                                                              \
        "host", "examplebucket.s3.amazonaws.com"                                                   \
    }
#define DATE                                                                                       \
    {                                                                                              \
        "x-amz-date", "20130524T000000Z"                                                           \
    }

static struct arena *a;

static const struct sigv4_keys k = { .id = "AKIAIOSFODNN7EXAMPLE",
    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
    .service = "s3" };

static struct instant at(const char *text)
{
    struct instant out;

    assert_true(instant_parse(text, strlen(text), &out));
    return out;
}

static void assert_signature(const struct sigv4_request *q, const char *names, const char *right)
{
    assert_string_equal(sigv4_authorization(a, &k, q, at("2013-05-24T00:00:00.999Z")),
        arena_printf(a,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=%s,Signature=%s",
            names, right));
}

static void a_get_with_a_range_is_signed_as_published(void **state)
{
    const struct net_header headers[] = { DATE, { "x-amz-content-sha256", EMPTY_HASH }, HOST,
        { "range", "bytes=0-9" } };

    (void)state;
    assert_signature(&(struct sigv4_request){ .method = "GET",
                         .path = "/test.txt",
                         .headers = headers,
                         .n_headers = 4,
                         .payload = EMPTY_HASH },
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void a_put_with_a_name_to_be_encoded_is_signed_as_published(void **state)
{
#define BODY_HASH "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
    const struct net_header headers[] = { { "date", "Fri, 24 May 2013 00:00:00 GMT" }, DATE, HOST,
        { "x-amz-content-sha256", BODY_HASH }, { "x-amz-storage-class", "REDUCED_REDUNDANCY" } };

    (void)state;
    assert_signature(&(struct sigv4_request){ .method = "PUT",
                         .path = "/test$file.text",
                         .headers = headers,
                         .n_headers = 5,
                         .payload = BODY_HASH },
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void queries_are_signed_as_published(void **state)
{
    const struct net_header headers[] = { HOST, { "x-amz-content-sha256", EMPTY_HASH }, DATE };
    const struct net_header lifecycle[] = { { "lifecycle", "" } };
    const struct net_header list[] = { { "prefix", "J" }, { "max-keys", "2" } };
    struct sigv4_request q = { .method = "GET",
        .path = "/",
        .headers = headers,
        .n_headers = 3,
        .payload = EMPTY_HASH,
        .query = lifecycle,
        .n_query = 1 };

    (void)state;
    assert_signature(&q, "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    q.query = list;
    q.n_query = 2;
    assert_signature(&q, "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void a_url_is_presigned_as_published(void **state)
{
    const struct net_header host = HOST;

    (void)state;
    assert_string_equal(sigv4_presigned_query(a, &k,
                            &(struct sigv4_request){ .method = "GET",
                                .path = "/test.txt",
                                .headers = &host,
                                .n_headers = 1,
                                .payload = SIGV4_UNSIGNED },
                            at("2013-05-24T00:00:00Z"), 86400),
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"
        "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
        "X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

static void only_unreserved_characters_stay(void **state)
{
    (void)state;
    assert_string_equal(sigv4_encode(a, "aZ9-_.~/ +\xc3\xa4", false), "aZ9-_.~%2F%20%2B%C3%A4");
    assert_string_equal(sigv4_encode(a, "/a b", true), "/a%20b");
}

static int begin(void **state)
{
    (void)state;
    a = arena_new(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_with_a_range_is_signed_as_published),
        cmocka_unit_test(a_put_with_a_name_to_be_encoded_is_signed_as_published),
        cmocka_unit_test(queries_are_signed_as_published),
        cmocka_unit_test(a_url_is_presigned_as_published),
        cmocka_unit_test(only_unreserved_characters_stay),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
