/* The command line's own decisions: verbs, the nearest one, and streams that were closed. */
#include "modules.h"
#include "child.h"
#include "cli/cli.h"
#include <ashlar/base.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_mistyped_verb_finds_its_neighbour(void **state)
{
    static const char *const words[] = { "serve", "migrate", "routes" };

    (void)state;
    assert_string_equal(cli_nearest("sevre", words, COUNT(words), sizeof words[0]), "serve");
    assert_string_equal(cli_nearest("route", words, COUNT(words), sizeof words[0]), "routes");
    assert_null(cli_nearest("zzz", words, COUNT(words), sizeof words[0]));
    assert_null(cli_nearest(
        "a-very-long-word-that-is-longer-than-any-verb", words, COUNT(words), sizeof words[0]));
}

/* In a child: 1 when a stream that was closed at start is anything but /dev/null. */
static void start_with_streams_closed(void *arg)
{
    char name[] = "ashlar", verb[] = "help";
    char *argv[] = { name, verb, NULL };
    struct stat null, stream;

    (void)arg;
    if (stat("/dev/null", &null) != 0)
        _exit(2);
    for (int fd = 0; fd <= 1; fd++)
        close(fd);
    cli_main(2, argv, &(struct program){ .name = name, .modules = modules_linked });
    for (int fd = 0; fd <= 1; fd++)
        if (fstat(fd, &stream) != 0 || stream.st_rdev != null.st_rdev)
            _exit(1);
    _exit(0);
}

static void no_socket_can_take_the_place_of_a_closed_stream(void **state)
{
    struct arena *a = arena_new(0);
    struct child_end end = child_run(a, start_with_streams_closed, NULL);

    (void)state;
    assert_int_equal(end.signal, 0);
    assert_int_equal(end.status, 0);
    arena_free(a);
}

static void every_verb_says_what_it_does(void **state)
{
    (void)state;
    for (const struct verb *v = cli_verbs; v->name != NULL; v++) {
        assert_non_null(v->run);
        assert_true(v->summary[0] != '\0');
    }
}

static void be_idle_worker(void *arg)
{
    char name[] = "worker", *argv[] = { name, NULL };
    char env[] = "ASHLAR_ENV=development", workers[] = "ASHLAR_WORKERS=0",
         url[] = "DATABASE_URL=postgresql:///none?host=/nowhere";
    char *settings[] = { env, workers, url, NULL };

    (void)arg;
    environ = settings;
    _exit(cli_worker(1, argv));
}

static void a_worker_with_nothing_to_do_is_refused(void **state)
{
    struct arena *a = arena_new(0);
    struct child_end ended = child_run(a, be_idle_worker, NULL);

    (void)state;
    assert_int_equal(ended.status, CLI_SETTINGS);
    if (!strstr(ended.said, "with ASHLAR_WORKERS=0 a worker runs no jobs"))
        fail_msg("%s", ended.said);
    arena_free(a);
}

static void be_idle_worker_with_a_misnamed_setting(void *arg)
{
    char name[] = "worker", *argv[] = { name, NULL };
    char env[] = "ASHLAR_ENV=development", workers[] = "ASHLAR_WORKERS=0",
         url[] = "DATABASE_URL=postgresql:///none?host=/nowhere",
         read[] = "DATABASE_READ_URL=postgresql://me:hunter2@replica/none";
    char *settings[] = { env, workers, url, read, NULL };

    (void)arg;
    environ = settings;
    _exit(cli_worker(1, argv));
}

static void a_setting_under_another_name_is_told_at_start(void **state)
{
    struct arena *a = arena_new(0);
    struct child_end ended = child_run(a, be_idle_worker_with_a_misnamed_setting, NULL);

    (void)state;
    if (!strstr(ended.said, "config.setting_unknown") || !strstr(ended.said, "DATABASE_READ_URL"))
        fail_msg("%s", ended.said);
    assert_null(strstr(ended.said, "hunter2"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistyped_verb_finds_its_neighbour),
        cmocka_unit_test(no_socket_can_take_the_place_of_a_closed_stream),
        cmocka_unit_test(every_verb_says_what_it_does),
        cmocka_unit_test(a_worker_with_nothing_to_do_is_refused),
        cmocka_unit_test(a_setting_under_another_name_is_told_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
