/* How long a failed job waits. */
#include "jobs/backoff.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void the_wait_is_attempt_to_the_fourth_within_ten_per_cent(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 17; n++) {
        int64_t s = n * n * n * n, middle = s * 1000000;

        if (s > 24 * 3600)
            break;
        assert_in_range(backoff_us(n, 0), middle - middle / 10, middle - middle / 10 + 1000);
        assert_in_range(
            backoff_us(n, UINT32_MAX), middle + middle / 10 - 1000, middle + middle / 10);
        assert_in_range(backoff_us(n, UINT32_MAX / 2), middle - 2000, middle + 2000);
    }
}

static void the_wait_never_passes_a_day_and_a_tenth(void **state)
{
    int64_t day = (int64_t)24 * 3600 * 1000000;

    (void)state;
    assert_in_range(backoff_us(18, UINT32_MAX), day, day + day / 10);
    assert_in_range(backoff_us(INT64_MAX, UINT32_MAX), day, day + day / 10);
}

static void a_nonsense_attempt_waits_as_the_first(void **state)
{
    (void)state;
    assert_in_range(backoff_us(0, 0), 900000, 901000);
    assert_in_range(backoff_us(-5, 0), 900000, 901000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_is_attempt_to_the_fourth_within_ten_per_cent),
        cmocka_unit_test(the_wait_never_passes_a_day_and_a_tenth),
        cmocka_unit_test(a_nonsense_attempt_waits_as_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
