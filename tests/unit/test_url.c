/* Which URLs a customer may give us. */
#include "net/url.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static bool is_allowed(const char *url, unsigned rules)
{
    CURLU *u = NULL;

    if (url_parse(url, rules, &u) != NULL)
        return false;
    curl_url_cleanup(u);
    return true;
}

static void a_customers_url_is_https_on_443(void **state)
{
    (void)state;
    assert_true(is_allowed("https://example.org/hook?a=b#c", URL_CUSTOMER));
    assert_true(is_allowed("HTTPS://example.org", URL_CUSTOMER));
    assert_true(is_allowed("https://example.org:443/", URL_CUSTOMER));
    assert_false(is_allowed("https://example.org:8443/", URL_CUSTOMER));
    assert_false(is_allowed("http://example.org/", URL_CUSTOMER));
    assert_false(is_allowed("https://example.org:80/", URL_CUSTOMER));
}

static void plain_http_and_ports_need_their_rule(void **state)
{
    (void)state;
    assert_true(is_allowed("http://example.org/", URL_PLAIN_TOO | URL_ANY_PORT));
    assert_true(is_allowed("http://127.0.0.1:8080/", URL_PLAIN_TOO | URL_ANY_PORT));
    assert_false(is_allowed("http://example.org/", URL_ANY_PORT));
}

static void other_schemes_are_refused_whatever_the_rules(void **state)
{
    static const char *const urls[] = { "file:///etc/passwd", "ftp://example.org/", "gopher://x/",
        "dict://127.0.0.1:11211/", "smtp://mail/", "ldap://x/", "javascript:alert(1)", "data:,x",
        "//example.org/", "example.org", "/path", "", "https:", "https://", "https:///",
        "ws://x/" };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        if (is_allowed(urls[i], URL_PLAIN_TOO | URL_ANY_PORT))
            fail_msg("%s must be refused", urls[i]);
    }
}

static void user_names_and_ambiguous_bytes_are_refused(void **state)
{
    static const char *const urls[] = { "https://user@example.org/", "https://user:pw@example.org/",
        "https://example.org\\@127.0.0.1/", "https://exa mple.org/", "https://example.org/\r\nX: y",
        "https://example.org/\tx", "https://ex\xc3\xa4mple.org/", "https://example.org/\x7f",
        "https://127.0.0.1:99999/", "https://[::1/", "https://example.org:x/" };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        if (is_allowed(urls[i], URL_PLAIN_TOO | URL_ANY_PORT))
            fail_msg("%s must be refused", urls[i]);
    }
}

static void what_parsers_read_differently_is_refused(void **state)
{
    static const char *const urls[] = { "https:/example.org/", "https:example.org/",
        "https:////example.org/", "https:/1%", "https://1%/", "https://127%2e0.0.1/",
        "https://example%2eorg/", "https://example.org%00.invalid/", "https://[fe80::1%25lo]/",
        "https://[fe80::1%lo]/" };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        if (is_allowed(urls[i], URL_PLAIN_TOO | URL_ANY_PORT))
            fail_msg("%s must be refused", urls[i]);
    }
    assert_true(is_allowed("https://example.org/a%2fb?c=%25", URL_CUSTOMER));
    assert_true(is_allowed("https://[2001:db8::1]/", URL_CUSTOMER));
}

static void a_url_has_a_longest_length(void **state)
{
    char url[URL_MAX + 2];

    (void)state;
    memset(url, 'a', sizeof url);
    memcpy(url, "https://example.org/", 20);
    url[URL_MAX] = '\0';
    assert_true(is_allowed(url, URL_CUSTOMER));
    url[URL_MAX] = 'a';
    url[URL_MAX + 1] = '\0';
    assert_false(is_allowed(url, URL_CUSTOMER));
}

static void a_server_on_every_address_is_asked_on_the_loopback_one(void **state)
{
    char url[URL_MAX];

    (void)state;
    url_of_self(":8080", "/readyz", url);
    assert_string_equal(url, "http://127.0.0.1:8080/readyz");
    url_of_self("0.0.0.0:8080", "/readyz", url);
    assert_string_equal(url, "http://127.0.0.1:8080/readyz");
    url_of_self("[::]:8080", "/readyz", url);
    assert_string_equal(url, "http://127.0.0.1:8080/readyz");
    url_of_self("10.0.0.7:80", "/livez", url);
    assert_string_equal(url, "http://10.0.0.7:80/livez");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_customers_url_is_https_on_443),
        cmocka_unit_test(plain_http_and_ports_need_their_rule),
        cmocka_unit_test(other_schemes_are_refused_whatever_the_rules),
        cmocka_unit_test(user_names_and_ambiguous_bytes_are_refused),
        cmocka_unit_test(what_parsers_read_differently_is_refused),
        cmocka_unit_test(a_url_has_a_longest_length),
        cmocka_unit_test(a_server_on_every_address_is_asked_on_the_loopback_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
