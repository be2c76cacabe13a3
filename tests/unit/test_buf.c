/* Growing text: ceilings, numbers, escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <ashlar/buf.h>

static void it_is_empty_text_from_the_start(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, NULL, 100);
    assert_string_equal(b.data, "");
    assert_int_equal(b.size, 0);
    buf_clear(&b);
    buf_release(&b);
    assert_string_equal(b.data, "");
}

static void it_grows_in_an_arena_and_in_malloc_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct arena *homes[] = { NULL, a };
    for (size_t h = 0; h < COUNT(homes); h++) {
        struct buf b;
        buf_init(&b, homes[h], 1000000);
        for (int i = 0; i < 10000; i++)
            buf_printf(&b, "%04d,", i);
        assert_int_equal(b.size, 50000);
        assert_int_equal(strlen(b.data), 50000);
        assert_memory_equal(b.data + 5 * 4321, "4321,", 5);
        assert_false(buf_is_full(&b));
        buf_release(&b);
    }
    arena_free(a);
}

static void the_ceiling_holds_to_the_byte_and_sticks(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, NULL, 5);
    buf_text(&b, "hello");
    assert_false(buf_is_full(&b));
    buf_char(&b, '!');
    assert_true(buf_is_full(&b));
    assert_string_equal(b.data, "hello");
    buf_clear(&b);
    buf_text(&b, "abc");
    buf_text(&b, "def"); /* does not fit: nothing of it is written, nor of what follows */
    buf_text(&b, "g");
    assert_string_equal(b.data, "abc");
    assert_true(buf_is_full(&b));
    assert_null(buf_reserve(&b, 1));
    buf_release(&b);
}

static void absurd_sizes_only_fill_it(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, NULL, 100);
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_true(buf_is_full(&b));
    buf_release(&b);
}

static void reserved_room_is_written_directly(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, NULL, 100);
    buf_text(&b, "a");
    char *room = buf_reserve(&b, 10);
    memcpy(room, "bcd", 3);
    buf_extend(&b, 3);
    assert_string_equal(b.data, "abcd");
    buf_release(&b);
}

static void integers_are_written_to_their_limits(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, NULL, 100);
    buf_int(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_int(&b, 0);
    buf_char(&b, ' ');
    buf_int(&b, INT64_MAX);
    assert_string_equal(b.data, "-9223372036854775808 0 9223372036854775807");
    buf_release(&b);
}

static void json_text_is_escaped(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, NULL, 1000);
    buf_json_text(&b, "a\"b\\c\b\f\n\r\t\x01\x1f/\xc3\xa4");
    assert_string_equal(b.data, "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001f/\xc3\xa4\"");
    buf_clear(&b);
    buf_json_text(&b, NULL);
    buf_json_text(&b, "");
    buf_json_text_n(&b, "xyz", 2);
    assert_string_equal(b.data, "null\"\"\"xy\"");
    buf_release(&b);
}

static void html_is_escaped(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, NULL, 1000);
    buf_html(&b, "<a href=\"x\" id='y'>&</a>z");
    assert_string_equal(b.data, "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/a&gt;z");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_empty_text_from_the_start),
        cmocka_unit_test(it_grows_in_an_arena_and_in_malloc_memory),
        cmocka_unit_test(the_ceiling_holds_to_the_byte_and_sticks),
        cmocka_unit_test(absurd_sizes_only_fill_it),
        cmocka_unit_test(reserved_room_is_written_directly),
        cmocka_unit_test(integers_are_written_to_their_limits),
        cmocka_unit_test(json_text_is_escaped),
        cmocka_unit_test(html_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
