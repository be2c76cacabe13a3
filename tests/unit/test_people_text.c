/* Texts of people: what shows, what a mail program makes a link of, what phones write around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <ashlar/buf.h>
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

static void what_shows_nothing_is_not_visible(void **state)
{
    static const char *const blank[] = { "", " ", "\t", "\u00a0", "\u00ad", "\u034f", "\u061c",
        "\u115f", "\u1160", "\u1680", "\u17b4", "\u180e", "\u200b", "\u200d", "\u200e", "\u200f",
        "\u2028", "\u2060", "\u2064", "\u2800", "\u3000", "\u3164", "\ufe0f", "\ufeff", "\uffa0",
        "\ufff0", "\ufffc", "\U0001d159", "\U000e0041", "\U000e0100", "\u0301", "\ue000",
        " \u3164\u2800\u200e ", "\uffff", "\U0001fffe" };
    static const char *const seen[] = { "a", ".", "0", "\u00e9", "e\u0301", "\u4e2d",
        "\u05d0\u200f", "\u0e01", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u3164x", "\U0001fadf" /* assigned by Unicode 16 */ };
    (void)state;

    for (size_t i = 0; i < COUNT(blank); i++) {
        if (text_is_visible(blank[i]))
            fail_msg("row %zu is visible", i);
    }
    for (size_t i = 0; i < COUNT(seen); i++) {
        if (!text_is_visible(seen[i]))
            fail_msg("row %zu is not visible", i);
    }
}

static void what_becomes_a_link_is_an_address(void **state)
{
    static const char *const links[] = { "https://evil.example/claim", "Claim at www.evil.example",
        "evil.example", "EVIL.COM", "x.com", "ann@evil.example", "see t.co/x", "http://localhost",
        "ftp://[::1]", "hxxp:\\\\evil", "\uff45vil\uff0e\uff43om", "evil\u3002example",
        "evil\u200b.\u200bexample", "evil\u2024com",
        "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--bcher-kva.xn--p1ai",
        "192.168.10.1", "go to 1.2.3.4 now", "https\ufe55//evil", "a.b.example", "Booking.com",
        "1.fm" };
    static const char *const names[] = { "Dr. Lee", "J.R.R. Tolkien", "Acme Inc.", "U.S.A.",
        "Version 2.0", "3.5.7", "St. John & Sons", ".NET Foundation", "wait...what", "No. 10",
        "No.10", "1.2.3", "1.2.3.4.5", "e.V.", "Ann: Lee", "5:30", "a / b", "Ann @ Acme", "\u2026",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467", "Zo\u00eb O'Neill-de la Cruz", "..", "." };
    (void)state;

    for (size_t i = 0; i < COUNT(links); i++) {
        if (!text_has_address(a, links[i]))
            fail_msg("%s is no address", links[i]);
        if (text_has_address(a, text_without_address(a, links[i])))
            fail_msg("%s still is one", text_without_address(a, links[i]));
    }
    for (size_t i = 0; i < COUNT(names); i++) {
        if (text_has_address(a, names[i]))
            fail_msg("%s is an address", names[i]);
        assert_ptr_equal(text_without_address(a, names[i]), names[i]);
    }
    assert_string_equal(text_without_address(a, "You won at https://evil.example"),
        "You won at https: //evil. example");
    assert_null(text_without_address(a, NULL));
}

/* n times `part`, which one allocation holds. */
static const char *times(size_t n, const char *part)
{
    struct buf b;

    buf_init(&b, a, n * strlen(part) + 1);
    while (n-- > 0)
        buf_text(&b, part);
    return b.data;
}

static void a_mail_shows_sixty_characters_of_a_name(void **state)
{
    static const char *const characters[] = { "x", "\u00fc", "u\u0308", "\u0e01\u0e33",
        "\U0001f600" };
    const char *name;
    (void)state;

    for (size_t i = 0; i < COUNT(characters); i++) {
        name = times(MAIL_NAME_MAX, characters[i]);
        assert_string_equal(text_in_mail(a, name), name);
        assert_string_equal(text_in_mail(a, times(MAIL_NAME_MAX + 1, characters[i])),
            arena_printf(a, "%s\u2026", name));
    }
    name = text_in_mail(a, arena_printf(a, "Zo%s", times(5000, "\u0308")));
    assert_in_range(strlen(name), 1, 16 * MAIL_NAME_MAX);
    assert_false(
        text_has_address(a, text_in_mail(a, arena_printf(a, "%s.example", times(59, "x")))));
    name = arena_printf(a, "%s 1.2.3.4.5", times(52, "x"));
    assert_false(text_has_address(a, name));
    assert_false(text_has_address(a, text_in_mail(a, name)));
    assert_string_equal(text_in_mail(a, "build.example (\u2026cvAd)"), "build. example (...cvAd)");
    assert_null(text_in_mail(a, NULL));
}

static void what_stands_around_a_text_goes(void **state)
{
    (void)state;
    assert_string_equal(text_bare(a, " \u00a0\u200bann lee\ufeff\t\n"), "ann lee");
    assert_string_equal(text_bare(a, "\u3000\u3164"), "");
    assert_string_equal(text_bare(a, ""), "");
    assert_string_equal(text_bare(a, "\u00e9"), "\u00e9");
}

static void codes_are_read_as_devices_write_them(void **state)
{
    static const char *const typed[] = { "123456", "123 456", " 123456\n", "123-456",
        "123\u00a0456", "123\u2009456", "\u200b123456\u200e", "123\u2013456",
        "\uff11\uff12\uff13\uff14\uff15\uff16", "1 2 3 4 5 6", "123\u2212456" };
    (void)state;

    for (size_t i = 0; i < COUNT(typed); i++)
        assert_string_equal(text_typed_code(a, typed[i]), "123456");
    assert_string_equal(text_typed_code(a, "ABCD-EFGH"), "ABCDEFGH");
    assert_string_equal(text_typed_code(a, ""), "");
    assert_string_equal(text_typed_code(a, "12\001 34"), "12\00134"); /* refused by its format */
    assert_string_equal(text_typed_code(a, "12\u00e94"), "12\u00e94");
}

static void addresses_are_kept_in_one_form(void **state)
{
    static const struct {
        const char *typed, *kept;
    } rows[] = {
        { "Ann@Example.org", "ann@example.org" },
        { " ann@example.org ", "ann@example.org" },
        { "\u00a0ann@example.org\u200b\n", "ann@example.org" },
        { "user@b\u00fccher.example", "user@xn--bcher-kva.example" },
        { "user@B\u00dcCHER.example", "user@xn--bcher-kva.example" },
        { "user@bu\u0308cher.example", "user@xn--bcher-kva.example" },
        { "user@XN--bcher-kva.example", "user@xn--bcher-kva.example" },
        { "user@fa\u00df.example", "user@xn--fa-hia.example" },
        { "user@\u4f8b\u3048.\u30c6\u30b9\u30c8", "user@xn--r8jz45g.xn--zckzah" },
        { "user@example\u3002org", "user@example.org" },
        { "jos\u00e9@example.com", "jos\u00e9@example.com" }, /* refused by its format */
        { "no address", "no address" },
        { "", "" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(text_email(a, rows[i].typed), rows[i].kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_shows_nothing_is_not_visible),
        TEST(what_becomes_a_link_is_an_address),
        TEST(a_mail_shows_sixty_characters_of_a_name),
        TEST(what_stands_around_a_text_goes),
        TEST(codes_are_read_as_devices_write_them),
        TEST(addresses_are_kept_in_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
