/* Stickiness of flags: buckets are the same for ever, even, and independent between flags. */
#include "flags/flags.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { SUBJECTS = 20000 };

static struct uuid subject(unsigned n)
{
    struct uuid id = { { 0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80 } };

    id.b[14] = (uint8_t)(n >> 8);
    id.b[15] = (uint8_t)n;
    return id;
}

/* Vectors from an independent SipHash-2-4: changing them would turn features on and off for people
 * at an upgrade. */
static void buckets_never_change(void **state)
{
    (void)state;
    assert_int_equal(flag_bucket("users.bulk_invite", subject(1)), 2553);
    assert_int_equal(flag_bucket("users.bulk_invite", subject(2)), 5211);
    assert_int_equal(flag_bucket("payments.new_checkout", subject(1)), 9541);
}

static void a_rollout_reaches_its_share(void **state)
{
    int n = 0;

    (void)state;
    for (unsigned i = 0; i < SUBJECTS; i++)
        n += flag_bucket("a.flag", subject(i)) < 2500;
    /* 25 % of 20,000; six standard deviations (61) */
    assert_in_range(n, 5000 - 6 * 61, 5000 + 6 * 61);
}

static void two_flags_split_people_differently(void **state)
{
    int both = 0;

    (void)state;
    for (unsigned i = 0; i < SUBJECTS; i++)
        both +=
            flag_bucket("a.flag", subject(i)) < 5000 && flag_bucket("b.flag", subject(i)) < 5000;
    assert_in_range(both, 5000 - 6 * 61, 5000 + 6 * 61);
}

static void without_a_snapshot_the_default_answers(void **state)
{
    const struct flag on = { .name = "a.on", .fallback = true };
    const struct flag off = { .name = "a.off" };
    const struct ctx c = { .arena = NULL };

    (void)state;
    assert_true(flag_bool(&c, &on));
    assert_false(flag_bool(&c, &off));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_never_change),
        cmocka_unit_test(a_rollout_reaches_its_share),
        cmocka_unit_test(two_flags_split_people_differently),
        cmocka_unit_test(without_a_snapshot_the_default_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
