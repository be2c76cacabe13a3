/* Which addresses are on the public Internet. Each blocked range with its first and last address,
 * and its neighbours outside. */
#include "net/peer_address.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_is_public((const struct sockaddr *)&v4, sizeof v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return address_is_public((const struct sockaddr *)&v6, sizeof v6);
}

static void both_ends_of_every_blocked_v4_range_are_refused(void **state)
{
    static const char *const blocked[] = { "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255",
        "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0",
        "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0",
        "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.0", "192.88.99.255", "192.168.0.0",
        "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.0", "198.51.100.255",
        "203.0.113.0", "203.0.113.255", "224.0.0.0", "239.255.255.255", "240.0.0.0",
        "255.255.255.255" };

    (void)state;
    for (size_t i = 0; i < COUNT(blocked); i++) {
        if (is_public(blocked[i]))
            fail_msg("%s must be refused", blocked[i]);
    }
}

static void the_neighbours_of_v4_ranges_are_allowed(void **state)
{
    static const char *const allowed[] = { "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
        "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
        "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
        "223.255.255.255", "8.8.8.8" };

    (void)state;
    for (size_t i = 0; i < COUNT(allowed); i++) {
        if (!is_public(allowed[i]))
            fail_msg("%s must be allowed", allowed[i]);
    }
}

static void v6_outside_global_unicast_is_refused(void **state)
{
    static const char *const blocked[] = { "::", "::1", "::8.8.8.8", "64:ff9b::8.8.8.8",
        "64:ff9b:1::1", "100::1", "1fff:ffff::1", "4000::1", "5f00::1", "fc00::1", "fdff::1",
        "fe80::1", "febf::1", "fec0::1", "ff02::1", "2001::1", "2001:0:5ef5:79fd::1", "2001:2::1",
        "2001:10::1", "2001:20::1", "2001:1ff::1", "2001:db8::1", "2001:db8:ffff::1", "2002::1",
        "2002:7f00:1::1", "2002:ffff::1", "3fff::1", "3fff:fff::1" };

    (void)state;
    for (size_t i = 0; i < COUNT(blocked); i++) {
        if (is_public(blocked[i]))
            fail_msg("%s must be refused", blocked[i]);
    }
}

static void global_unicast_v6_is_allowed(void **state)
{
    static const char *const allowed[] = { "2000::1", "2001:200::1", "2001:4860:4860::8888",
        "2001:db7::1", "2001:db9::1", "2003::1", "2a00:1450:4001::1", "3ffe::1", "3fff:1000::1" };

    (void)state;
    for (size_t i = 0; i < COUNT(allowed); i++) {
        if (!is_public(allowed[i]))
            fail_msg("%s must be allowed", allowed[i]);
    }
}

static void a_mapped_v4_address_is_judged_as_what_it_reaches(void **state)
{
    (void)state;
    assert_false(is_public("::ffff:127.0.0.1"));
    assert_false(is_public("::ffff:169.254.169.254"));
    assert_false(is_public("::ffff:10.1.2.3"));
    assert_true(is_public("::ffff:8.8.8.8"));
}

static void other_families_and_short_addresses_are_refused(void **state)
{
    struct sockaddr unix_socket = { .sa_family = AF_UNIX };
    struct sockaddr_in v4 = { .sin_family = AF_INET };

    (void)state;
    assert_int_equal(inet_pton(AF_INET, "8.8.8.8", &v4.sin_addr), 1);
    assert_false(address_is_public(&unix_socket, sizeof unix_socket));
    assert_false(address_is_public((const struct sockaddr *)&v4, sizeof v4 - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_of_every_blocked_v4_range_are_refused),
        cmocka_unit_test(the_neighbours_of_v4_ranges_are_allowed),
        cmocka_unit_test(v6_outside_global_unicast_is_refused),
        cmocka_unit_test(global_unicast_v6_is_allowed),
        cmocka_unit_test(a_mapped_v4_address_is_judged_as_what_it_reaches),
        cmocka_unit_test(other_families_and_short_addresses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
