/* Cursors: opaque, signed, good in one tenant only. */
#include "json_test.h"
#include "config/load.h"
#include "crypto/keys.h"
#include "module/registry.h"
#include <ashlar/text.h>

static int start_keys(void **state)
{
    (void)state;
    struct buf problems;
    buf_init(&problems, NULL, 4096);
    char *settings[] = { (char[]){ "ASHLAR_ENV=test" }, (char[]){ "DATABASE_URL=postgres:///none" },
        NULL };
    if (!config_load(registry_modules(), settings, &problems))
        print_error("%s\n", problems.data);
    buf_release(&problems);
    return crypto_start() ? 0 : -1;
}

static err parse_cursor(struct ctx *c, const char *text, struct uuid *out)
{
    problem_clear(c);
    return cursor_parse(c, text, out);
}

static void a_cursor_leads_back_to_its_id(void **state)
{
    struct ctx *c = *state;
    c->org = uuid_new();
    struct uuid last = uuid_new(), out;
    assert_null(parse_cursor(c, cursor_format(c, last), &out));
    assert_true(uuid_equal(last, out));
}

static void a_cursor_is_a_token_that_fits_the_query_field(void **state)
{
    struct ctx *c = *state;
    char *text = cursor_format(c, uuid_new());
    assert_true(text_format_ok(TOKEN, text));
    assert_true(strlen(text) <= 200);
}

static void a_cursor_of_another_organisation_is_refused(void **state)
{
    struct ctx *c = *state;
    struct uuid out = UUID_NIL;
    c->org = uuid_new();
    char *text = cursor_format(c, uuid_new());
    c->org = uuid_new();
    assert_ptr_equal(parse_cursor(c, text, &out), &ERR_INVALID);
    assert_refused(c, "query:cursor", "format");
    assert_true(uuid_is_nil(out));
    c->org = UUID_NIL;
    assert_ptr_equal(parse_cursor(c, text, &out), &ERR_INVALID);
}

static void a_cursor_changed_anywhere_is_refused(void **state)
{
    struct ctx *c = *state;
    struct uuid out;
    char *text = cursor_format(c, uuid_new());
    for (size_t i = 0; text[i]; i++) {
        char *changed = arena_strdup(c->arena, text);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_ptr_equal(parse_cursor(c, changed, &out), &ERR_INVALID);
    }
}

static void what_is_no_cursor_is_refused(void **state)
{
    struct ctx *c = *state;
    struct uuid out;
    char *text = cursor_format(c, uuid_new());
    const char *const others[] = { "", "A", "%", "=", "next", arena_printf(c->arena, "%sA", text),
        arena_printf(c->arena, "%s=", text), arena_strndup(c->arena, text, 42),
        "01890a5d-ac96-774b-bcce-b302099a8057", "person_01h455vb4pex5vsknk084sn02q" };
    for (size_t i = 0; i < COUNT(others); i++)
        assert_ptr_equal(parse_cursor(c, others[i], &out), &ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CTX(a_cursor_leads_back_to_its_id),
        IN_CTX(a_cursor_is_a_token_that_fits_the_query_field),
        IN_CTX(a_cursor_of_another_organisation_is_refused),
        IN_CTX(a_cursor_changed_anywhere_is_refused),
        IN_CTX(what_is_no_cursor_is_refused),
    };
    return cmocka_run_group_tests(tests, start_keys, NULL);
}
