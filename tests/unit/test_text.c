/* UTF-8, words, numbers, base64url. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <ashlar/text.h>

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

/* What a decoder written the slow and obvious way says: bytes of the sequence, 0 when malformed. */
static size_t decode_by_the_book(const unsigned char *s, size_t size)
{
    static const struct {
        unsigned char mask, lead;
        unsigned long least;
    } forms[] = { { 0x80, 0, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 },
        { 0xf8, 0xf0, 0x10000 } };
    size_t form = 0;
    while (form < COUNT(forms) && (s[0] & forms[form].mask) != forms[form].lead)
        form++;
    if (form == COUNT(forms) || form >= size)
        return 0;
    unsigned long code = s[0] & (unsigned char)~forms[form].mask;
    for (size_t k = 1; k <= form; k++) {
        if (s[k] >> 6 != 2)
            return 0;
        code = code << 6 | (s[k] & 63);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < forms[form].least || code > 0x10ffff || surrogate ? 0 : form + 1;
}

static bool is_utf8_by_the_book(const unsigned char *s, size_t size)
{
    for (size_t i = 0, length; i < size; i += length) {
        length = decode_by_the_book(s + i, size - i);
        if (!length || !s[i])
            return false;
    }
    return true;
}

static void utf8_agrees_with_the_definition_on_all_short_sequences(void **state)
{
    (void)state;
    unsigned char s[4];
    for (unsigned n = 0; n < 1u << 24; n += n < 1u << 17 ? 1 : 13) {
        s[0] = (unsigned char)(n >> 16);
        s[1] = (unsigned char)(n >> 8);
        s[2] = (unsigned char)n;
        if (utf8_is_valid((char *)s, 3) != is_utf8_by_the_book(s, 3))
            fail_msg("%02x %02x %02x", s[0], s[1], s[2]);
    }
    for (unsigned n = 0; n < 1u << 16; n++) {
        memcpy(s,
            (unsigned char[]){ (unsigned char)(0xf0 + (n >> 13)), (unsigned char)(n >> 5), 0x80,
                (unsigned char)(n << 3) },
            4);
        if (utf8_is_valid((char *)s, 4) != is_utf8_by_the_book(s, 4))
            fail_msg("%02x %02x %02x %02x", s[0], s[1], s[2], s[3]);
    }
}

static void utf8_refuses_nul_and_truncation(void **state)
{
    (void)state;
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("h\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10));
    assert_false(utf8_is_valid("a\0b", 3));
    assert_false(utf8_is_valid("\xe2\x82\xac", 2));
    assert_false(utf8_is_valid("\xf0\x9f\x98\x80", 3));
    assert_int_equal(utf8_length("h\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), 4);
}

static void comparisons_know_null_and_case(void **state)
{
    (void)state;
    assert_true(text_equal(NULL, NULL));
    assert_false(text_equal(NULL, ""));
    assert_false(text_equal("a", NULL));
    assert_true(text_equal("a", "a"));
    assert_true(text_equal_nocase("Content-Type", "content-TYPE"));
    assert_false(text_equal_nocase("abc", "abcd"));
    assert_false(text_equal_nocase("[", "{")); /* 0x5b and 0x7b differ by the case bit only */
    assert_true(text_equal_nocase(NULL, NULL));
    assert_false(text_equal_nocase("", NULL));
    assert_true(text_starts_with("ashlar", "ash"));
    assert_false(text_starts_with("as", "ash"));
}

static void words_are_found_whole(void **state)
{
    (void)state;
    assert_true(text_is_one_of("owner|admin|member", "admin", 5));
    assert_true(text_is_one_of("owner|admin|member", "member", 6));
    assert_false(text_is_one_of("owner|admin|member", "mem", 3));
    assert_false(text_is_one_of("owner|admin|member", "owner|admin", 11));
    assert_false(text_is_one_of("owner|admin|member", "", 0));
    assert_false(text_is_one_of(NULL, "a", 1));
}

static void lowering_and_trimming(void **state)
{
    (void)state;
    assert_string_equal(text_lower(a, "ABC xyz \xc3\x84"), "abc xyz \xc3\x84");
    assert_null(text_lower(a, NULL));
    assert_string_equal(text_trim(a, " \t a b \r\n"), "a b");
    assert_string_equal(text_trim(a, "  "), "");
}

static void whole_numbers_only(void **state)
{
    (void)state;
    int64_t n = 7;
    assert_true(text_to_int("9223372036854775807", &n));
    assert_true(n == INT64_MAX);
    assert_true(text_to_int("-9223372036854775808", &n));
    assert_true(n == INT64_MIN);
    n = 7;
    const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0", "0x10", "9223372036854775808",
        "-9223372036854775809", "1e3", "99999999999999999999999", "\xd9\xa1" };
    for (size_t i = 0; i < COUNT(bad); i++)
        if (text_to_int(bad[i], &n))
            fail_msg("accepted \"%s\"", bad[i]);
    assert_false(text_to_int(NULL, &n));
    assert_int_equal(n, 7);
}

static void base64url_round_trips_all_lengths(void **state)
{
    (void)state;
    unsigned char data[70];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 151 + 3);
    for (size_t size = 0; size <= sizeof data; size++) {
        struct bytes back;
        char *text = base64url_from_bytes(a, data, size);
        assert_int_equal(strlen(text), (size * 8 + 5) / 6);
        assert_true(base64url_to_bytes(a, text, strlen(text), &back));
        assert_int_equal(back.size, size);
        assert_memory_equal(back.data, data, size);
    }
    assert_string_equal(base64url_from_bytes(a, "\xfb\xff\xfe", 3), "-__-");
}

static void base64_pads_to_four(void **state)
{
    (void)state;
    assert_string_equal(base64_from_bytes(a, "", 0), ""); /* RFC 4648 section 10 */
    assert_string_equal(base64_from_bytes(a, "f", 1), "Zg==");
    assert_string_equal(base64_from_bytes(a, "fo", 2), "Zm8=");
    assert_string_equal(base64_from_bytes(a, "foobar", 6), "Zm9vYmFy");
    assert_string_equal(base64_from_bytes(a, "\xfb\xff\xfe", 3), "+//+");
}

static void base64url_is_strict(void **state)
{
    (void)state;
    struct bytes out = { NULL, 99 };
    const char *const bad[] = { "A", "AAAAA", "AA==", "AA=", "A+", "A/", "A A", "AB", "AAB",
        "A\n" };
    for (size_t i = 0; i < COUNT(bad); i++)
        if (base64url_to_bytes(a, bad[i], strlen(bad[i]), &out))
            fail_msg("accepted \"%s\"", bad[i]);
    assert_int_equal(out.size, 99);
    assert_true(base64url_to_bytes(a, "AA", 2, &out));
    assert_int_equal(out.size, 1);
}

static void hex_is_lower_case(void **state)
{
    (void)state;
    assert_string_equal(hex_from_bytes(a, "\x00\x9f\xff", 3), "009fff");
    assert_string_equal(hex_from_bytes(a, "", 0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_agrees_with_the_definition_on_all_short_sequences),
        cmocka_unit_test(utf8_refuses_nul_and_truncation),
        cmocka_unit_test(comparisons_know_null_and_case),
        cmocka_unit_test(words_are_found_whole),
        cmocka_unit_test(lowering_and_trimming),
        cmocka_unit_test(whole_numbers_only),
        cmocka_unit_test(base64url_round_trips_all_lengths),
        cmocka_unit_test(base64_pads_to_four),
        cmocka_unit_test(base64url_is_strict),
        cmocka_unit_test(hex_is_lower_case),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
