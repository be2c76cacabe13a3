/* Descriptors handed over by a supervisor are known by name, whoever made the names. */
#include "base/handed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <unistd.h>

static void hand(const char *count, const char *names)
{
    char pid[16];

    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", count, 1);
    if (names)
        setenv("LISTEN_FDNAMES", names, 1);
    else
        unsetenv("LISTEN_FDNAMES");
}

static void each_is_found_by_its_name(void **state)
{
    static const struct {
        const char *count, *names;
        int api, ops, log;
    } cases[] = {
        { "3", "api:ops:log", 3, 4, 5 },
        { "3", "log:ops:api", 5, 4, 3 },
        { "2", "api:log", 3, -1, 4 },
        { "1", "ashlar.socket", 3, -1, -1 },
        { "2", "ops:ashlar.socket", 4, 3, -1 },
        { "3", "ashlar.socket:api:ops", 4, 5, -1 },
        { "1", "ops", -1, 3, -1 },
        { "2", "operations:opsx", 3, -1, -1 },
        { "1", NULL, 3, -1, -1 },
        { "2", NULL, 3, -1, -1 },
        { "1", "api:ops:log", 3, -1, -1 }, /* more names than descriptors */
        { "3", "ops", 4, 3, -1 },          /* and fewer */
        { "2", "", 3, -1, -1 },
        { "2", ":ops", 3, 4, -1 },
        { "0", "api", -1, -1, -1 },
        { "-1", "api", -1, -1, -1 },
        { "99999999999999999999", "api", -1, -1, -1 },
        { "4096", "api", -1, -1, -1 },
        { "two", "api:ops", -1, -1, -1 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        hand(cases[i].count, cases[i].names);
        assert_int_equal(handed_fd(HANDED_API), cases[i].api);
        assert_int_equal(handed_fd(HANDED_OPS), cases[i].ops);
        assert_int_equal(handed_fd(HANDED_LOG), cases[i].log);
    }
}

static void what_was_handed_to_another_process_is_not_ours(void **state)
{
    (void)state;
    hand("3", "api:ops:log");
    setenv("LISTEN_PID", "1", 1);
    assert_int_equal(handed_count(), 0);
    assert_int_equal(handed_fd(HANDED_API), -1);
    assert_false(handed_have_names());
}

static void a_supervisor_without_names_is_known(void **state)
{
    (void)state;
    hand("1", NULL);
    assert_false(handed_have_names());
    hand("1", "ashlar.socket");
    assert_true(handed_have_names());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_by_its_name),
        cmocka_unit_test(what_was_handed_to_another_process_is_not_ours),
        cmocka_unit_test(a_supervisor_without_names_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
