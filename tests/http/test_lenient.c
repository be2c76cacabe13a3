/* Bodies as libraries send them that nobody here can change: in chunks, and packed with gzip. Over
 * real sockets; only rows that say so take them. */
#include "listener_world.h"
#include <zlib.h>

static struct buf request;

static void head(const char *path, const char *headers)
{
    buf_init(&request, world_arena, 8 * 1024 * 1024);
    buf_printf(&request, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers);
}

static void chunk(const void *data, size_t size)
{
    buf_printf(&request, "%zx\r\n", size);
    buf_add(&request, data, size);
    buf_text(&request, "\r\n");
}

static int send_request(void)
{
    assert_false(buf_is_full(&request));
    exchange_bytes(request.data, request.size);
    return status_of(&answer);
}

static struct bytes pack(const void *data, size_t size)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size };
    unsigned char *out = arena_alloc(world_arena, size + 1024);

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = out;
    z.avail_out = (uInt)size + 1024;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (struct bytes){ out, size + 1024 - z.avail_out };
}

#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define GZIP    "Content-Encoding: gzip\r\n"

static void chunks_are_put_together(void **state)
{
    (void)state;
    head("/raw", CHUNKED);
    chunk("hello ", 6);
    chunk("again", 5);
    buf_text(&request, "0\r\n\r\n");
    assert_int_equal(send_request(), 200);
    assert_non_null(strstr(answer.text, "{\"size\":11}"));
}

static void chunks_packed_with_gzip_behind_a_path_with_a_slash(void **state)
{
    char text[1000];
    struct bytes packed;

    (void)state;
    memset(text, 'x', sizeof text);
    packed = pack(text, sizeof text);
    head("/raw/", CHUNKED GZIP);
    for (size_t i = 0; i < packed.size; i++)
        chunk((const char *)packed.data + i, 1);
    buf_text(&request, "0\r\n\r\n");
    assert_int_equal(send_request(), 200);
    assert_non_null(strstr(answer.text, "{\"size\":1000}"));
}

static void what_unpacks_to_more_than_the_most_is_refused(void **state)
{
    char *text = arena_alloc(world_arena, 1001);
    struct bytes packed;

    (void)state;
    memset(text, 'x', 1001);
    packed = pack(text, 1001);
    head("/raw", arena_printf(world_arena, GZIP "Content-Length: %zu\r\n", packed.size));
    buf_add(&request, packed.data, packed.size);
    assert_int_equal(send_request(), 413);
    assert_int_equal(posts, 0);
}

static void what_is_no_gzip_and_other_codings_are_refused(void **state)
{
    static const struct {
        const char *coding;
        int status;
    } cases[] = { { "gzip", 400 }, { "x-gzip", 400 }, { "GZIP", 400 }, { "deflate", 415 },
        { "br", 415 }, { "gzip, gzip", 415 }, { "zstd", 415 }, { "identity", 200 } };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        head("/raw", arena_printf(world_arena, "Content-Encoding: %s\r\nContent-Length: 4\r\n",
                         cases[i].coding));
        buf_text(&request, "aaaa");
        assert_int_equal(send_request(), cases[i].status);
    }
    head("/raw", GZIP GZIP "Content-Length: 4\r\n");
    buf_text(&request, "aaaa");
    assert_int_equal(send_request(), 415);
}

static void too_many_chunks_are_answered_behind_the_last(void **state)
{
    char piece[500] = "";

    (void)state;
    head("/raw", CHUNKED);
    for (int i = 0; i < 100; i++)
        chunk(piece, sizeof piece);
    buf_text(&request, "0\r\n\r\n");
    assert_int_equal(send_request(), 413);
    assert_non_null(strstr(answer.text, "content-too-large"));
    assert_true(answer.closed);
    assert_int_equal(posts, 0);
}

static void chunks_without_end_are_cut_off(void **state)
{
    char piece[4096] = "";

    (void)state;
    head("/raw", CHUNKED);
    for (int i = 0; i < 1000; i++) /* 4 MB of the 1 MB that is overlooked */
        chunk(piece, sizeof piece);
    assert_int_equal(send_request(), 0);
    assert_true(answer.closed);
}

static void nothing_behind_chunks_is_read(void **state)
{
    (void)state;
    head("/raw", CHUNKED);
    chunk("a", 1);
    buf_text(&request, "0\r\n\r\nGET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(send_request(), 200);
    assert_int_equal(count(answer.text, "HTTP/1.1 "), 1);
    assert_non_null(strstr(answer.text, "Connection: close"));
    assert_true(answer.closed);
}

static void broken_chunks_reach_no_handler(void **state)
{
    static const char *const bodies[] = { "zz\r\naa\r\n0\r\n\r\n", "-1\r\naa\r\n0\r\n\r\n",
        "4\r\naaaaaaaa\r\n0\r\n\r\n", "fffffffffffffffffffff\r\naa\r\n0\r\n\r\n",
        "0x4\r\naaaa\r\n0\r\n\r\n", " 4\r\naaaa\r\n0\r\n\r\n" };

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        head("/raw", CHUNKED);
        buf_text(&request, bodies[i]);
        send_request();
        assert_int_equal(count(answer.text, "HTTP/1.1 200"), 0);
        assert_int_equal(posts, 0);
    }
}

static void rows_that_do_not_say_so_take_neither(void **state)
{
    (void)state;
    head("/strict", CHUNKED);
    chunk("a", 1);
    buf_text(&request, "0\r\n\r\n");
    assert_int_equal(send_request(), 411);
    head("/strict", GZIP "Content-Length: 4\r\n");
    buf_text(&request, "aaaa");
    assert_int_equal(send_request(), 415);
    head("/strict/", "Content-Length: 4\r\n");
    buf_text(&request, "aaaa");
    assert_int_equal(send_request(), 404);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chunks_are_put_together),
        TEST(chunks_packed_with_gzip_behind_a_path_with_a_slash),
        TEST(what_unpacks_to_more_than_the_most_is_refused),
        TEST(what_is_no_gzip_and_other_codings_are_refused),
        TEST(too_many_chunks_are_answered_behind_the_last),
        TEST(chunks_without_end_are_cut_off),
        TEST(nothing_behind_chunks_is_read),
        TEST(broken_chunks_reach_no_handler),
        TEST(rows_that_do_not_say_so_take_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
