/* What modules show staff: put together in their order, and refused at start when it would show
 * secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "shape/shape_json.h"
#include "module/registry.h"

struct seen {
    const char *name;
};
static const struct field seen_fields[] = { TEXT(seen, name, .optional = true) };
static SHAPE(seen);

struct door {
    const char *code;
};
static const struct field door_fields[] = { TEXT(door, code, .secret = true) };
static SHAPE(door);
struct house {
    const struct door *door;
};
static const struct field house_fields[] = { OBJECT(house, door, door) };
static SHAPE(house);

SUPPORT_VIEW(see_first, seen)
{
    (void)of;
    out->name = c->operation;
    return NULL;
}

SUPPORT_VIEW(see_house, house)
{
    (void)c, (void)of, (void)out;
    return NULL;
}

SUPPORT_VIEW(see_nothing, seen)
{
    (void)c, (void)of, (void)out;
    return NULL;
}

SUPPORT_VIEW(fail_to_see, seen)
{
    (void)c, (void)of;
    out->name = "half";
    return &ERR_NOT_FOUND;
}

static const struct support_view first = { "First", LOADED_BY(see_first) },
                                 nothing = { "Nothing", LOADED_BY(see_nothing) },
                                 failing = { "Fails", LOADED_BY(fail_to_see) },
                                 telling = { "Secrets", LOADED_BY(see_house) },
                                 unsaid = { NULL, LOADED_BY(see_nothing) },
                                 empty = { "Empty", NULL };
static const struct module one = {
    .name = "one", .org_support_view = &first, .person_support_view = &nothing
};
static const struct module two = { .name = "two" };
static const struct module three = { .name = "three", .org_support_view = &nothing };
static const struct module bad = { .name = "bad", .org_support_view = &failing };
static const struct module leaky = { .name = "leaky", .person_support_view = &telling };
static const struct module silent = {
    .name = "silent", .org_support_view = &unsaid, .person_support_view = &empty
};

static void views_stand_under_their_modules_names(void **state)
{
    const struct module *const list[] = { &one, &two, &three, NULL };
    struct arena *a = arena_new(0);
    struct ctx c = { .arena = a, .operation = "a \"b\"" };
    const char *json;

    (void)state;
    registry_set(list);
    assert_null(support_view_org(&c, &json));
    assert_string_equal(json, "{\"one\":{\"name\":\"a \\\"b\\\"\"},\"three\":{\"name\":null}}");
    assert_null(support_view_person(&c, uuid_new(), &json));
    assert_string_equal(json, "{\"one\":{\"name\":null}}");
    assert_string_equal(support_view_org_member(1).name, "three");
    assert_ptr_equal(support_view_org_member(1).of, &seen_shape);
    assert_null(support_view_org_member(2).name);
    assert_null(support_view_person_member(1).name);
    arena_free(a);
}

static void without_views_there_is_an_empty_object(void **state)
{
    const struct module *const list[] = { &two, NULL };
    struct arena *a = arena_new(0);
    struct ctx c = { .arena = a };
    const char *json;

    (void)state;
    registry_set(list);
    assert_null(support_view_org(&c, &json));
    assert_string_equal(json, "{}");
    arena_free(a);
}

static void a_view_that_fails_fails_the_page_and_leaves_the_output_alone(void **state)
{
    const struct module *const list[] = { &one, &bad, NULL };
    struct arena *a = arena_new(0);
    struct ctx c = { .arena = a };
    const char *json = "untouched";

    (void)state;
    registry_set(list);
    assert_ptr_equal(support_view_org(&c, &json), &ERR_NOT_FOUND);
    assert_string_equal(json, "untouched");
    arena_free(a);
}

static void a_view_with_a_secret_anywhere_inside_does_not_start(void **state)
{
    const struct module *const list[] = { &one, &leaky, &silent, NULL };
    struct buf problems;

    (void)state;
    buf_init(&problems, NULL, 4096);
    assert_false(support_views_check(list, &problems));
    assert_string_equal(problems.data,
        "leaky: its person_support_view: shows staff a secret field.\n"
        "silent: its org_support_view: needs a doc and a loader.\n"
        "silent: its person_support_view: needs a doc and a loader.\n");
    buf_release(&problems);
}

struct page {
    const char *modules;
};
static const struct field page_fields[] = {
    OPEN_JSON(page, modules, .members = support_view_org_member, .doc = "All of them"),
};
static SHAPE(page);

static void the_schema_names_every_view(void **state)
{
    const struct module *const list[] = { &one, &three, NULL };
    struct buf b;

    (void)state;
    registry_set(list);
    buf_init(&b, NULL, 4096);
    shape_schema(&b, &page_shape, &(struct schema_use){ .for_input = false });
    assert_non_null(
        strstr(b.data, "\"modules\":{\"type\":\"object\",\"properties\":{\"one\":{\"$ref\":"
                       "\"#/components/schemas/Seen\",\"description\":\"First\"},\"three\":{"));
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_stand_under_their_modules_names),
        cmocka_unit_test(without_views_there_is_an_empty_object),
        cmocka_unit_test(a_view_that_fails_fails_the_page_and_leaves_the_output_alone),
        cmocka_unit_test(a_view_with_a_secret_anywhere_inside_does_not_start),
        cmocka_unit_test(the_schema_names_every_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
