/* The command line's own decisions: names of new modules, and the nearest verb. */
#include "modules.h"
#include "child.h"
#include "cli/cli.h"
#include "cli/module_name.h"
#include <ashlar/base.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static void the_noun_is_guessed_from_the_plural(void **state)
{
    static const struct {
        const char *module, *noun, *nouns;
    } cases[] = {
        { "invoices", "invoice", "invoices" },
        { "companies", "company", "companies" },
        { "boxes", "box", "boxes" },
        { "branches", "branch", "branches" },
        { "classes", "class", "classes" },
        { "billing", "billing", "billings" },
        { "status", "status", "statuses" },
        { "days", "day", "days" },
    };
    struct module_name n;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(module_name_make(&n, cases[i].module, NULL));
        assert_string_equal(n.noun, cases[i].noun);
        assert_string_equal(n.nouns, cases[i].nouns);
    }
}

static void a_given_noun_is_taken(void **state)
{
    struct module_name n;

    (void)state;
    assert_null(module_name_make(&n, "billing", "charge"));
    assert_string_equal(n.module, "billing");
    assert_string_equal(n.noun, "charge");
    assert_string_equal(n.nouns, "charges");
}

static void names_that_cannot_work_are_refused_with_a_reason(void **state)
{
    static const char *const bad[] = { "", "ab", "Invoices", "in-voices", "in_voices", "invoices2",
        "../etc", "platform", "public", "order", "user", "test", "aaaaaaaaaaaaaaaaaaaaaaaaa" };
    struct module_name n;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(module_name_make(&n, bad[i], NULL));
    assert_non_null(module_name_make(&n, "invoices", "In voice"));
    /* its file would be written over another of the module */
    assert_non_null(module_name_make(&n, "stores", NULL));
    assert_non_null(module_name_make(&n, "invoices", "routes"));
    assert_null(module_name_make(&n, "stores", "shop"));
}

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
    cli_main(2, argv, modules_linked);
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
        cmocka_unit_test(the_noun_is_guessed_from_the_plural),
        cmocka_unit_test(a_given_noun_is_taken),
        cmocka_unit_test(names_that_cannot_work_are_refused_with_a_reason),
        cmocka_unit_test(a_mistyped_verb_finds_its_neighbour),
        cmocka_unit_test(no_socket_can_take_the_place_of_a_closed_stream),
        cmocka_unit_test(every_verb_says_what_it_does),
        cmocka_unit_test(a_worker_with_nothing_to_do_is_refused),
        cmocka_unit_test(a_setting_under_another_name_is_told_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
