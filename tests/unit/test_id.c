/* UUIDv7 and TypeID, against the specification's vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <ashlar/clock.h>
#include <ashlar/id.h>
#include <jansson.h>
#include <pthread.h>

static json_t *vectors(const char *path)
{
    json_error_t error;
    json_t *list = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!list)
        fail_msg("%s: %s", path, error.text);
    return list;
}

static const char *text_of(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

static void every_valid_vector_parses_and_formats(void **state)
{
    (void)state;
    json_t *list = vectors("tests/data/typeid/valid.json"), *row;
    size_t i;
    json_array_foreach(list, i, row)
    {
        struct uuid wanted, got;
        char text[TYPEID_MAX + 1], canonical[UUID_TEXT_SIZE + 1];
        const char *typeid = text_of(row, "typeid"), *prefix = text_of(row, "prefix");
        assert_true(uuid_parse(text_of(row, "uuid"), UUID_TEXT_SIZE, &wanted));
        if (!typeid_parse(prefix, typeid, strlen(typeid), &got) || !uuid_equal(got, wanted))
            fail_msg("%s", text_of(row, "name"));
        assert_true(typeid_parse(NULL, typeid, strlen(typeid), &got));
        typeid_format(prefix, wanted, text);
        assert_string_equal(text, typeid);
        uuid_format(wanted, canonical);
        assert_string_equal(canonical, text_of(row, "uuid"));
    }
    assert_in_range(i, 5, 1000);
    json_decref(list);
}

static void every_invalid_vector_is_refused(void **state)
{
    (void)state;
    json_t *list = vectors("tests/data/typeid/invalid.json"), *row;
    size_t i;
    json_array_foreach(list, i, row)
    {
        struct uuid out = { { 42 } };
        const json_t *typeid = json_object_get(row, "typeid");
        if (typeid_parse(NULL, json_string_value(typeid), json_string_length(typeid), &out))
            fail_msg("accepted %s", text_of(row, "name"));
        assert_int_equal(out.b[0], 42);
    }
    assert_in_range(i, 10, 1000);
    json_decref(list);
}

static void another_prefix_is_refused(void **state)
{
    (void)state;
    struct uuid id = uuid_new(), got;
    char text[TYPEID_MAX + 1];
    typeid_format("org", id, text);
    assert_true(typeid_parse("org", text, strlen(text), &got));
    assert_true(uuid_equal(id, got));
    assert_false(typeid_parse("usr", text, strlen(text), &got));
    assert_false(typeid_parse("or", text, strlen(text), &got));
    assert_false(typeid_parse("", text, strlen(text), &got));
    assert_false(typeid_parse("org", text, strlen(text) - 1, &got));
}

static void ids_are_version_7_of_now(void **state)
{
    (void)state;
    int64_t before = clock_now().us / 1000;
    struct uuid id = uuid_new();
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id.b[i];
    assert_int_equal(id.b[6] >> 4, 7);
    assert_int_equal(id.b[8] >> 6, 2);
    assert_in_range(ms, before, clock_now().us / 1000 + 1);
    assert_false(uuid_is_nil(id));
    assert_true(uuid_is_nil(UUID_NIL));
}

static void ids_are_strictly_ordered_in_a_burst(void **state)
{
    (void)state;
    struct uuid last = uuid_new();
    for (int i = 0; i < 20000; i++) {
        struct uuid next = uuid_new();
        if (memcmp(last.b, next.b, sizeof last.b) >= 0)
            fail_msg("id %d does not follow", i);
        last = next;
    }
}

enum { THREADS = 4, EACH = 5000 };
static struct uuid made[THREADS][EACH];

static void *make_many(void *arg)
{
    struct uuid *out = arg;
    for (int i = 0; i < EACH; i++)
        out[i] = uuid_new();
    return NULL;
}

static int by_bytes(const void *x, const void *y)
{
    return memcmp(x, y, sizeof(struct uuid));
}

static void threads_never_get_the_same_tick(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, make_many, made[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    qsort(made, THREADS * EACH, sizeof(struct uuid), by_bytes);
    const struct uuid *all = &made[0][0];
    for (int i = 1; i < THREADS * EACH; i++)
        if (memcmp(all[i - 1].b, all[i].b, 8) == 0) /* time and counter, without the random part */
            fail_msg("two ids share their tick");
}

static void random_parts_of_ids_never_repeat(void **state)
{
    enum { MANY = 200 }; /* more than one stock holds */
    uint64_t parts[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        struct uuid id = uuid_new();
        memcpy(&parts[i], id.b + 8, sizeof parts[i]);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(parts[i], parts[j]);
    }
}

static void a_fake_clock_moves_ids(void **state)
{
    (void)state;
    struct uuid id;
    struct instant at;
    assert_true(instant_parse("2040-01-01T00:00:00Z", 20, &at));
    clock_fake(at);
    id = uuid_new();
    clock_fake(INSTANT_NONE);
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id.b[i];
    assert_in_range(ms, at.us / 1000, at.us / 1000 + 60000);
}

static void uuids_are_read_in_either_case_and_nothing_else(void **state)
{
    (void)state;
    struct uuid x, y;
    assert_true(uuid_parse("0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B", 36, &x));
    assert_true(uuid_parse("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", 36, &y));
    assert_true(uuid_equal(x, y));
    const char *const bad[] = { "", "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b0",
        "0190a1b2-c3d4-7e5f-8a9b_0c1d2e3f4a5b", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g",
        "{190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5}", "0190a1b-2c3d4-7e5f-8a9b-0c1d2e3f4a5b" };
    for (size_t i = 0; i < COUNT(bad); i++)
        if (uuid_parse(bad[i], strlen(bad[i]), &x))
            fail_msg("accepted \"%s\"", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_valid_vector_parses_and_formats),
        cmocka_unit_test(every_invalid_vector_is_refused),
        cmocka_unit_test(another_prefix_is_refused),
        cmocka_unit_test(ids_are_version_7_of_now),
        cmocka_unit_test(ids_are_strictly_ordered_in_a_burst),
        cmocka_unit_test(threads_never_get_the_same_tick),
        cmocka_unit_test(random_parts_of_ids_never_repeat),
        cmocka_unit_test(uuids_are_read_in_either_case_and_nothing_else),
        cmocka_unit_test(a_fake_clock_moves_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
