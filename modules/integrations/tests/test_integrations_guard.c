/*
 * No webhook reaches our own network, however its URL spells the address. connect() is replaced in
 * this program: it is counted here and goes nowhere, so no packet ever tries.
 */
#include "testkit.h"
#include "integrations_internal.h"
#include <ashlar/text.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int connects;

/* Visible, so that libcurl's calls land here too. PostgreSQL is on a socket of this machine. */
PUBLIC int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    if (address->sa_family == AF_UNIX)
        return (int)syscall(SYS_connect, fd, address, size);
    atomic_fetch_add(&connects, 1);
    errno = ECONNREFUSED;
    return -1;
}

static const char *const addresses[] = { "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1",
    "017700000001", "0177.0.0.1", "0", "0.0.0.0", "localhost", "LOCALHOST", "127.0.0.53",
    "127.127.127.127", "127.255.255.254", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::1]",
    "[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[2001::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]",
    "[100::1]", "[fd00::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[febf::1]", "[fec0::1]",
    "[ff02::1]", "169.254.169.254", "0xa9fea9fe", "2852039166", "169.254.1.1", "10.0.0.1",
    "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255",
    "100.64.0.1", "100.127.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255" };

static void no_webhook_goes_to_a_private_address(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct integrations__item item = { .type = "x.y", .data = "{}", .event_id = uuid_new() };
    struct integrations__outcome o;

    assert_int_equal(COUNT(addresses), 60);
    for (size_t i = 0; i < COUNT(addresses); i++) {
        const struct integrations__sender s = {
            .url = at(t, "http://%s/hook", addresses[i]),
            .secret = { "01234567890123456789012345678901", 32 },
        };
        integrations__send(c, &s, &item, &o);
        if (strcmp(o.result, "refused") != 0)
            fail_msg("%s: %s", addresses[i], o.result);
    }
    assert_int_equal(connects, 0);
}

static void a_public_address_is_tried(void **state)
{
    struct t *t = *state;
    const struct integrations__sender s = { .url = "http://93.184.216.34/hook",
        .secret = { "01234567890123456789012345678901", 32 } };
    struct integrations__item item = { .type = "x.y", .data = "{}", .event_id = uuid_new() };
    struct integrations__outcome o;

    atomic_store(&connects, 0);
    integrations__send(make_ctx(t, NULL, NULL), &s, &item, &o);
    assert_string_equal(o.result, "unreachable"); /* our connect() says no */
    assert_int_equal(connects, 1);
}

/* --- Without a database: what else leaves --- */

static void the_schedule_is_the_published_one(void **state)
{
    static const int64_t seconds[] = { 5, 300, 1800, 7200, 18000, 36000, 36000, 36000, 36000, 36000,
        36000 };

    (void)state;
    for (int64_t tries = 1; tries <= 11; tries++) {
        int64_t right = seconds[tries - 1] * 1000;
        for (uint32_t random = 0; random < 4000000000u; random += 39999999u) {
            int64_t ms = integrations__delay_ms(tries, random);
            assert_true(ms >= right * 8 / 10 && ms <= right * 12 / 10);
        }
    }
    assert_int_equal(integrations__delay_ms(12, 7), -1);
}

/* The example of the specification's reference library. */
static void the_signature_is_that_of_standard_webhooks(void **state)
{
    struct t *t = *state;
    struct bytes key;
    const char *body = "{\"test\": 2432232314}";

    assert_true(base64url_to_bytes(arena_of(t), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 32, &key));
    assert_string_equal(integrations__sign(arena_of(t), key, "msg_p5jXN8AQM9LWM0D4loKWxJek",
                            1614265330, (struct bytes){ body, strlen(body) }),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void cursors_of_others_and_made_up_ones_are_refused(void **state)
{
    static const char *const bad[] = { "", "-", "1", "1-", "-1", "1-00000000000000000000",
        "99999999999999999999-00", "1-\xff", "+1-0" };
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL), *other = make_ctx(t, NULL, NULL);
    int64_t sequence = 0;
    const char *good;

    c->org = uuid_new();
    other->org = uuid_new();
    good = integrations__cursor(c, 4711);
    assert_true(integrations__cursor_read(c, good, &sequence));
    assert_int_equal(sequence, 4711);
    assert_false(integrations__cursor_read(other, good, &sequence));
    assert_false(integrations__cursor_read(c, at(t, "0%s", good), &sequence));
    assert_false(integrations__cursor_read(c, at(t, "%s0", good), &sequence));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(integrations__cursor_read(c, bad[i], &sequence));
    assert_int_equal(sequence, 4711);
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_WEBHOOK_PRIVATE_ADDRESSES=false", NULL };
    return run_db_tests(no_webhook_goes_to_a_private_address, a_public_address_is_tried,
        the_schedule_is_the_published_one, the_signature_is_that_of_standard_webhooks,
        cursors_of_others_and_made_up_ones_are_refused);
}
