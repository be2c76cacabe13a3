/* Bodies packed with gzip: unpacked whole, or refused before they are large. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "http/request/gunzip.h"
#include <ashlar/text.h>
#include <zlib.h>

enum { MOST = 500 * 1024 };

static struct arena *a;

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

/* One member. */
static struct bytes pack(const void *data, size_t size)
{
    size_t room = compressBound(size) + 64;
    z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size };
    unsigned char *out = arena_alloc(a, room);

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (struct bytes){ out, room - z.avail_out };
}

static struct bytes join(struct bytes one, struct bytes two)
{
    unsigned char *all = arena_alloc(a, one.size + two.size);

    memcpy(all, one.data, one.size);
    memcpy(all + one.size, two.data, two.size);
    return (struct bytes){ all, one.size + two.size };
}

/* Text that packs as JSON does, some ten times. */
static struct bytes events(size_t size)
{
    struct buf b;

    buf_init(&b, a, size + 100);
    for (unsigned i = 1; b.size < size; i++)
        buf_printf(&b, "{\"type\":\"track\",\"messageId\":\"%08x\"},", i * 2654435761u);
    return (struct bytes){ b.data, size };
}

static void a_body_comes_out_as_it_went_in(void **state)
{
    static const size_t sizes[] = { 1, 100, 16 * 1024, 16 * 1024 + 1, 100000, MOST };
    (void)state;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct bytes text = events(sizes[i]), out;
        assert_int_equal(gunzip(a, pack(text.data, text.size), MOST, &out), GUNZIP_OK);
        assert_int_equal(out.size, text.size);
        assert_memory_equal(out.data, text.data, text.size);
        assert_int_equal(((const char *)out.data)[out.size], 0);
    }
}

static void nothing_packed_is_an_empty_text(void **state)
{
    struct bytes out;

    (void)state;
    assert_int_equal(gunzip(a, pack("", 0), MOST, &out), GUNZIP_OK);
    assert_int_equal(out.size, 0);
}

static void members_follow_one_another(void **state)
{
    struct bytes out;

    (void)state;
    assert_int_equal(gunzip(a, join(pack("ab", 2), pack("cd", 2)), MOST, &out), GUNZIP_OK);
    assert_string_equal(out.data, "abcd");
}

static void one_byte_more_than_the_most_is_too_large(void **state)
{
    struct bytes text = events(MOST + 1), out = { "untouched", 9 };

    (void)state;
    assert_int_equal(gunzip(a, pack(text.data, text.size), MOST, &out), GUNZIP_TOO_LARGE);
    assert_string_equal(out.data, "untouched");
}

static void a_bomb_is_too_large_long_before_the_most(void **state)
{
    char *zeros = arena_alloc(a, 10 * 1024 * 1024);
    struct bytes small = pack(zeros, GUNZIP_RATIO_FREE), large = pack(zeros, 10 * 1024 * 1024), out;
    size_t before;

    (void)state;
    assert_int_equal(gunzip(a, small, MOST, &out), GUNZIP_OK);
    assert_true(large.size < 16 * 1024);
    before = arena_used(a);
    assert_int_equal(gunzip(a, large, 100 * 1024 * 1024, &out), GUNZIP_TOO_LARGE);
    assert_true(arena_used(a) - before < 8 * 1024 * 1024);
    assert_int_equal(gunzip(a, pack(zeros, MOST), MOST, &out), GUNZIP_TOO_LARGE);
}

static void what_is_cut_off_changed_or_no_gzip_is_bad(void **state)
{
    struct bytes packed = pack("hello, hello, hello", 19), out;
    unsigned char *changed;

    (void)state;
    for (size_t size = 1; size < packed.size; size++)
        assert_int_equal(gunzip(a, (struct bytes){ packed.data, size }, MOST, &out), GUNZIP_BAD);
    for (size_t i = packed.size - 8; i < packed.size; i++) { /* checksum and size */
        changed = arena_memdup(a, packed.data, packed.size);
        changed[i] ^= 1;
        assert_int_equal(gunzip(a, (struct bytes){ changed, packed.size }, MOST, &out), GUNZIP_BAD);
    }
    assert_int_equal(gunzip(a, join(packed, (struct bytes){ "more", 4 }), MOST, &out), GUNZIP_BAD);
    assert_int_equal(gunzip(a, (struct bytes){ "{\"batch\":[]}", 12 }, MOST, &out), GUNZIP_BAD);
    assert_int_equal(gunzip(a, (struct bytes){ "", 0 }, MOST, &out), GUNZIP_BAD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_comes_out_as_it_went_in),
        TEST(nothing_packed_is_an_empty_text),
        TEST(members_follow_one_another),
        TEST(one_byte_more_than_the_most_is_too_large),
        TEST(a_bomb_is_too_large_long_before_the_most),
        TEST(what_is_cut_off_changed_or_no_gzip_is_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
