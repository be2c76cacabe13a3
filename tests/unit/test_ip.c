/* Addresses and networks as text: what is read, what is refused, who is inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "base/ip.h"

static void an_address_comes_back_in_its_shortest_form(void **state)
{
    static const struct {
        const char *text, *back;
    } cases[] = {
        { "192.0.2.7", "192.0.2.7" },
        { "0.0.0.0", "0.0.0.0" },
        { "255.255.255.255", "255.255.255.255" },
        { "::ffff:9.10.99.100", "9.10.99.100" },
        { "2001:0DB8:0:0::1", "2001:db8::1" },
        { "::", "::" },
    };
    char out[INET6_ADDRSTRLEN];
    struct ip ip;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(ip_parse(cases[i].text, strlen(cases[i].text), &ip));
        ip_write(&ip, out);
        assert_string_equal(out, cases[i].back);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = { "", "10.0.0", "10.0.0.256", "10.0.0.1 ", "[::1]", "::1%lo",
        "10.0.0.1:80", "proxy.example.org", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa" };
    struct ip ip;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(ip_parse(bad[i], strlen(bad[i]), &ip));
    assert_false(ip_parse("10.0.0.1\0", 9, &ip));
}

static void a_network_holds_its_first_and_last_address_and_no_neighbour(void **state)
{
    static const struct {
        const char *network, *inside[2], *outside[2];
    } cases[] = {
        { "10.0.0.0/8", { "10.0.0.0", "10.255.255.255" }, { "9.255.255.255", "11.0.0.0" } },
        { "10.128.0.0/9", { "10.128.0.0", "10.255.255.255" }, { "10.127.255.255", "11.0.0.0" } },
        { "192.0.2.7", { "192.0.2.7", "::ffff:192.0.2.7" }, { "192.0.2.6", "192.0.2.8" } },
        { "0.0.0.0/0", { "0.0.0.0", "255.255.255.255" }, { "::", "2001:db8::1" } },
        { "fd00::/8", { "fd00::", "fdff::1" }, { "fc00::1", "fe00::" } },
        { "::1", { "::1", "0::1" }, { "::", "::2" } },
    };
    struct ip_network network;
    struct ip ip;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(ip_network_parse(cases[i].network, strlen(cases[i].network), &network));
        for (int j = 0; j < 2; j++) {
            assert_true(ip_parse(cases[i].inside[j], strlen(cases[i].inside[j]), &ip));
            assert_true(ip_network_holds(&network, &ip));
            assert_true(ip_parse(cases[i].outside[j], strlen(cases[i].outside[j]), &ip));
            assert_false(ip_network_holds(&network, &ip));
        }
    }
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const bad[] = { "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/+8",
        "10.0.0.0/-1", "10.0.0.0/0008", "::/129", "::ffff:10.0.0.0/104", "/8", "10.0.0.0/8/8" };
    struct ip_network network;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(ip_network_parse(bad[i], strlen(bad[i]), &network));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_comes_back_in_its_shortest_form),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_network_holds_its_first_and_last_address_and_no_neighbour),
        cmocka_unit_test(what_is_no_network_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
