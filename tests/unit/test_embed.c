/* What the build embeds is what stands in the files. */
#include "migrate/migrate.h"
#include <ashlar/ashlar.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

extern const struct query db__sql[]; /* src/db/db.sql; its header is the platform's own */

static char *read_file(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = arena_alloc(a, 1024 * 1024);
    size_t size;

    assert_non_null(f);
    size = fread(text, 1, 1024 * 1024 - 1, f);
    fclose(f);
    text[size] = '\0';
    return text;
}

static void migrations_are_embedded_byte_for_byte(void **state)
{
    int n = 0;

    (void)state;
    for (const struct migration *m = migrations_embedded; m->module != NULL; m++, n++) {
        struct arena *a = arena_new(0);
        const char *path = arena_printf(a, "migrations/%s/%s.sql", m->module, m->name);
        assert_string_equal(m->sql, read_file(a, path));
        arena_free(a);
    }
    assert_true(n > 0);
}

static void migrations_of_a_module_are_in_order(void **state)
{
    (void)state;
    for (const struct migration *m = migrations_embedded; m[0].module && m[1].module; m++)
        if (text_equal(m[0].module, m[1].module))
            assert_true(strncmp(m[0].name, m[1].name, 4) < 0);
}

static void queries_are_embedded_under_their_names(void **state)
{
    (void)state;
    assert_string_equal(db__sql[0].name, "enter_tx");
    assert_string_equal(db__sql[0].module, "platform");
    assert_true(text_starts_with(db__sql[0].sql, "SELECT set_config('ashlar.org', $1, true)"));
    assert_int_equal(db__sql[0].sql[strlen(db__sql[0].sql) - 1], ')');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrations_are_embedded_byte_for_byte),
        cmocka_unit_test(migrations_of_a_module_are_in_order),
        cmocka_unit_test(queries_are_embedded_under_their_names),
    };
    return cmocka_run_group_tests_name("embed", tests, NULL, NULL);
}
