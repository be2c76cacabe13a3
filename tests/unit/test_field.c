/* Single values from text: SQL columns, query parameters; and the formats of texts. */
#include "json_test.h"
#include <math.h>

static const struct field *field_named(const struct shape *s, const char *name)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return &s->fields[i];
    abort();
}

static bool read_sql(struct ctx *c, struct sample *out, const char *name, const char *text)
{
    return field_from_text(c->arena, field_named(&sample_shape, name), out, text,
        text ? strlen(text) : 0, /* in_sql= */ true);
}

static bool read_query(struct ctx *c, struct sample *out, const char *name, const char *text)
{
    return field_from_text(
        c->arena, field_named(&sample_shape, name), out, text, strlen(text), /* in_sql= */ false);
}

static void sql_columns_of_every_kind_land_in_the_struct(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    assert_true(read_sql(c, &s, "text", "Grüße, any\x01text"));
    assert_string_equal(s.text, "Grüße, any\x01text");
    assert_true(read_sql(c, &s, "count", "-9223372036854775808"));
    assert_true(s.count == INT64_MIN);
    assert_true(read_sql(c, &s, "ratio", "1.5e+300"));
    assert_true(s.ratio == 1.5e300);
    assert_true(read_sql(c, &s, "active", "t"));
    assert_true(s.active);
    assert_true(read_sql(c, &s, "active", "f"));
    assert_false(s.active);
    assert_true(read_sql(c, &s, "owner_id", "01890a5d-ac96-774b-bcce-b302099a8057"));
    assert_int_equal(s.owner_id.b[0], 0x01);
    assert_int_equal(s.owner_id.b[15], 0x57);
    assert_true(read_sql(c, &s, "data", "{\"a\": 1}"));
    assert_string_equal(s.data, "{\"a\": 1}");
}

static void sql_null_is_the_zero_value(void **state)
{
    struct ctx *c = *state;
    static const char *const names[] = { "text", "count", "ratio", "active", "owner_id", "at",
        "data", "tags" };
    struct sample zero, s;
    memset(&zero, 0, sizeof zero);
    memset(&s, 0xFF, sizeof s);
    s.role = NULL;
    s.first = s.lines = NULL;
    s.n_lines = 0;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(read_sql(c, &s, names[i], NULL));
    assert_null(s.text);
    assert_true(s.count == 0 && s.ratio == 0 && !s.active && s.at.us == 0 && s.n_tags == 0);
    assert_true(uuid_is_nil(s.owner_id));
    assert_null(s.tags);
}

static void postgresql_times_are_read_to_the_microsecond(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    assert_true(read_sql(c, &s, "at", "2026-11-22 08:30:00+00"));
    assert_true(s.at.us == INT64_C(1795336200000000));
    assert_true(read_sql(c, &s, "at", "2026-11-22 08:30:00.000001+00"));
    assert_true(s.at.us == INT64_C(1795336200000001));
    assert_true(read_sql(c, &s, "at", "2026-11-22 08:30:00.5+00"));
    assert_true(s.at.us == INT64_C(1795336200500000));
    assert_true(read_sql(c, &s, "at", "2026-11-22 10:30:00+02"));
    assert_true(s.at.us == INT64_C(1795336200000000));
    assert_true(read_sql(c, &s, "at", "2026-11-22 14:00:00+05:30"));
    assert_true(s.at.us == INT64_C(1795336200000000));
}

static void times_without_a_place_in_rfc_3339_do_not_convert(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    static const char *const texts[] = { "infinity", "-infinity", "", "2026-11-22",
        "2026-11-22 08:30:00", "0044-03-15 00:00:00+00 BC", "12026-11-22 08:30:00+00",
        "2026-11-22T08:30:00+00", "2026-11-22 08:30:00+00:00:00:00:00:00:00:00:00:00:00:00:00" };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(read_sql(c, &s, "at", texts[i]));
    assert_true(s.at.us == 0);
}

static void numbers_of_postgresql_include_nan_and_infinity(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    assert_true(read_sql(c, &s, "ratio", "NaN"));
    assert_true(isnan(s.ratio));
    assert_true(read_sql(c, &s, "ratio", "-Infinity"));
    assert_true(isinf(s.ratio));
}

static void text_arrays_are_unquoted(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    assert_true(read_sql(c, &s, "tags", "{a,\"two words\",\"q\\\"u\\\\o\",\"\",\"NULL\",\"{}\"}"));
    assert_int_equal(s.n_tags, 6);
    assert_string_equal(s.tags[0], "a");
    assert_string_equal(s.tags[1], "two words");
    assert_string_equal(s.tags[2], "q\"u\\o");
    assert_string_equal(s.tags[3], "");
    assert_string_equal(s.tags[4], "NULL");
    assert_string_equal(s.tags[5], "{}");
    assert_true(read_sql(c, &s, "tags", "{}"));
    assert_int_equal(s.n_tags, 0);
    assert_non_null(s.tags);
}

static void arrays_of_another_form_do_not_convert(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    static const char *const texts[] = { "", "{", "}", "a", "{a", "a}", "{NULL}", "{a,NULL}",
        "{{a},{b}}", "[0:1]={a,b}", "{a,}", "{,a}", "{\"a}", "{\"a\"b}", "{a}b}", "{\"a\\\"}",
        "{a\"b}" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (read_sql(c, &s, "tags", texts[i]))
            print_error("accepted: %s\n", texts[i]);
        assert_false(read_sql(c, &s, "tags", texts[i]));
    }
    assert_null(s.tags);
}

static void columns_of_another_type_do_not_convert(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    static const char *const rows[][2] = {
        { "count", "" },
        { "count", "-" },
        { "count", "1.0" },
        { "count", " 1" },
        { "count", "+1" },
        { "count", "0x1" },
        { "count", "9223372036854775808" },
        { "count", "-9223372036854775809" },
        { "ratio", "" },
        { "ratio", "nan" },
        { "ratio", "0x10" },
        { "ratio", "1e" },
        { "ratio", " 1" },
        { "active", "true" },
        { "active", "" },
        { "owner_id", "person_01h455vb4pex5vsknk084sn02q" },
        { "owner_id", "" },
        { "first", "{}" },
        { "lines", "[]" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_false(read_sql(c, &s, rows[i][0], rows[i][1]));
}

static void query_values_are_written_as_the_api_writes_them(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    assert_true(read_query(c, &s, "active", "true"));
    assert_true(s.active);
    assert_true(read_query(c, &s, "owner_id", "person_01h455vb4pex5vsknk084sn02q"));
    assert_false(uuid_is_nil(s.owner_id));
    assert_true(read_query(c, &s, "at", "2026-11-22T08:30:00Z"));
    assert_true(s.at.us == INT64_C(1795336200000000));
    assert_true(read_query(c, &s, "tags", "a,b"));
    assert_int_equal(s.n_tags, 2);
    assert_string_equal(s.tags[1], "b");
    assert_true(read_query(c, &s, "tags", ""));
    assert_int_equal(s.n_tags, 0);
}

static void sql_forms_are_no_query_values(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    static const char *const rows[][2] = {
        { "active", "t" },
        { "active", "1" },
        { "owner_id", "01890a5d-ac96-774b-bcce-b302099a8057" },
        { "owner_id", "org_01h455vb4pex5vsknk084sn02q" },
        { "at", "2026-11-22 08:30:00+00" },
        { "ratio", "NaN" },
        { "ratio", "Infinity" },
        { "ratio", "1e999" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_false(read_query(c, &s, rows[i][0], rows[i][1]));
}

static void text_need_not_end_where_it_ends(void **state)
{
    struct ctx *c = *state;
    struct sample s = { 0 };
    const struct field *count = field_named(&sample_shape, "count");
    assert_true(field_from_text(c->arena, count, &s, "12345", 2, true));
    assert_int_equal(s.count, 12);
}

struct example {
    enum text_format format;
    const char *text;
};

static void assert_formats(const struct example *examples, size_t n, bool expected)
{
    for (size_t i = 0; i < n; i++) {
        if (text_format_ok(examples[i].format, examples[i].text) != expected)
            print_error("format %d: %s\n", (int)examples[i].format, examples[i].text);
        assert_int_equal(text_format_ok(examples[i].format, examples[i].text), expected);
    }
}

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void well_formed_texts_are_accepted(void **state)
{
    (void)state;
    static const struct example good[] = {
        { ANY_TEXT, "two\nlines\tand a tab, ä, 漢, \U0001F600" },
        { ANY_TEXT, "   " },
        { LINE, "Zoë O'Neill-de la Cruz" },
        { LINE, "שלום\u200F" },
        { EMAIL, "ann@example.org" },
        { EMAIL, "Ann.O'Neill+tag@sub.example.co.uk" },
        { EMAIL, "x@xn--bcher-kva.example" },
        { EMAIL, "1@1.de" },
        { EMAIL, "a@" LABEL_63 ".de" },
        { URL, "https://example.com" },
        { URL, "http://localhost:8080/a?b=c#d" },
        { URL, "https://[::1]:1/" },
        { URL, "https://example.com/%C3%A4" },
        { SLUG, "a" },
        { SLUG, "acme-2" },
        { LOCALE, "de" },
        { LOCALE, "pt-BR" },
        { LOCALE, "zh-Hant-TW" },
        { LOCALE, "sr-Latn-RS-ekavsk" },
        { TOKEN, "!~Az09" },
        { MAILED_NAME, "Dr. Zoë O'Neill" },
        { TYPED_CODE, "123456" },
        { PASSWORD, " \x01 anything \n" },
        { VERBATIM, " \x01/../%\x7f \n" },
    };
    assert_formats(good, COUNT(good), true);
}

static void malformed_texts_are_refused(void **state)
{
    (void)state;
    static const struct example bad[] = {
        { ANY_TEXT, "bell\a" },
        { ANY_TEXT, "carriage\rreturn" },
        { ANY_TEXT, "\x7F" },
        { ANY_TEXT, "c1 \xC2\x85" },
        { LINE, "" },
        { LINE, "   " },
        { LINE, "\u00A0\u3000\u200B" },
        { LINE, "two\nlines" },
        { LINE, "tab\t" },
        { LINE, "separator \u2028" },
        { LINE, "turned \u202Egnp.exe" },
        { LINE, "isolated \u2066" },
        { LINE, "\u3164" },
        { LINE, "\u2800" },
        { LINE, "\u200E" },
        { LINE, "no character \uFFFE" },
        { LINE, "none \uFDD0" },
        { LINE, "none \U0001FFFF" },
        { MAILED_NAME, "\u3164" },
        { MAILED_NAME, "two\nlines" },
        { MAILED_NAME, "PayPal Support www.evil.example" },
        { MAILED_NAME, "You won 500 EUR! Claim at https://evil.example/claim now" },
        { TYPED_CODE, "" },
        { TYPED_CODE, "12\u00e94" },
        { SLUG, "" },
        { SLUG, "-a" },
        { SLUG, "a-" },
        { SLUG, "Acme" },
        { SLUG, "a_b" },
        { SLUG, "ä" },
        { LOCALE, "" },
        { LOCALE, "d" },
        { LOCALE, "deutsch" },
        { LOCALE, "de_DE" },
        { LOCALE, "de-" },
        { LOCALE, "de--DE" },
        { LOCALE, "de-abcdefghi" },
        { LOCALE, "../x" },
        { TOKEN, "" },
        { TOKEN, "a b" },
        { TOKEN, "a\n" },
        { TOKEN, "ä" },
    };
    assert_formats(bad, COUNT(bad), false);
}

static void what_is_no_mailbox_is_refused(void **state)
{
    (void)state;
    static const struct example bad[] = {
        { EMAIL, "" },
        { EMAIL, "@" },
        { EMAIL, "ann" },
        { EMAIL, "ann@" },
        { EMAIL, "@example.org" },
        { EMAIL, "a@b@example.org" },
        { EMAIL, "ann@localhost" },
        { EMAIL, "ann@127.0.0.1" },
        { EMAIL, "ann@[127.0.0.1]" },
        { EMAIL, "ann@example.org." },
        { EMAIL, "ann@.example.org" },
        { EMAIL, "ann@example..org" },
        { EMAIL, "ann@-example.org" },
        { EMAIL, "ann@example-.org" },
        { EMAIL, "ann@exa_mple.org" },
        { EMAIL, "ann@example.o" },
        { EMAIL, "ann@bücher.example" },
        { EMAIL, "änn@example.org" },
        { EMAIL, ".ann@example.org" },
        { EMAIL, "ann.@example.org" },
        { EMAIL, "a..b@example.org" },
        { EMAIL, "\"ann smith\"@example.org" },
        { EMAIL, "ann smith@example.org" },
        { EMAIL, " ann@example.org" },
        { EMAIL, "ann@example.org " },
        { EMAIL, "ann@example.org\r\nBcc: all@example.org" },
        { EMAIL, "ann@example.org\nX" },
        { EMAIL, "ann\t@example.org" },
        { EMAIL, "ann@example.org,bob@example.org" },
        { EMAIL, "Ann <ann@example.org>" },
        { EMAIL, "ann(comment)@example.org" },
        { EMAIL, "ann@exam\x01ple.org" },
        { EMAIL, "a@" LABEL_63 "a.de" },
        { EMAIL, "a" LABEL_63 "a@example.org" },
        { EMAIL, "a@" LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 ".de" },
    };
    assert_formats(bad, COUNT(bad), false);
}

static void what_is_no_web_address_is_refused(void **state)
{
    (void)state;
    static const struct example bad[] = {
        { URL, "" },
        { URL, "example.com" },
        { URL, "//example.com" },
        { URL, "ftp://example.com" },
        { URL, "javascript:alert(1)" },
        { URL, "file:///etc/passwd" },
        { URL, "https://" },
        { URL, "https:///path" },
        { URL, "https://user:secret@example.com" },
        { URL, "https://good.example@evil.example" },
        { URL, "https://example.com:" },
        { URL, "https://example.com:0" },
        { URL, "https://example.com:65536" },
        { URL, "https://example.com:80x" },
        { URL, "https://exam ple.com" },
        { URL, "https://example.com/a b" },
        { URL, "https://example.com/\r\nX: y" },
        { URL, "https://example.com/%" },
        { URL, "https://example.com/%4" },
        { URL, "https://example.com/%zz" },
        { URL, "https://example.com/\\" },
        { URL, "https://example.com/<script>" },
        { URL, "https://[::1" },
        { URL, "https://[]/" },
        { URL, "https://[::1]x/" },
        { URL, "https://ä.example" },
    };
    assert_formats(bad, COUNT(bad), false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CTX(sql_columns_of_every_kind_land_in_the_struct),
        IN_CTX(sql_null_is_the_zero_value),
        IN_CTX(postgresql_times_are_read_to_the_microsecond),
        IN_CTX(times_without_a_place_in_rfc_3339_do_not_convert),
        IN_CTX(numbers_of_postgresql_include_nan_and_infinity),
        IN_CTX(text_arrays_are_unquoted),
        IN_CTX(arrays_of_another_form_do_not_convert),
        IN_CTX(columns_of_another_type_do_not_convert),
        IN_CTX(query_values_are_written_as_the_api_writes_them),
        IN_CTX(sql_forms_are_no_query_values),
        IN_CTX(text_need_not_end_where_it_ends),
        cmocka_unit_test(well_formed_texts_are_accepted),
        cmocka_unit_test(malformed_texts_are_refused),
        cmocka_unit_test(what_is_no_mailbox_is_refused),
        cmocka_unit_test(what_is_no_web_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
