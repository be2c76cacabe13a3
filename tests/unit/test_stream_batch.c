/* Events as bytes: what is written, how much at once, what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "base/log_start.h"
#include "http/stream/stream_batch.h"

struct note {
    const char *text;
};
static const struct field note_fields[] = {
    TEXT(note, text, .max = 1000000),
};
static SHAPE(note);
static STREAM_EVENT(NOTE, note, .name = "note.added");
static STREAM_EVENT(STRAY, note, .name = "note.lost");
static const struct stream_event *const events[] = { &NOTE.kind, NULL };
static const struct stream_kind NOTES = { .doc = "Notes", .events = events };

static struct stream_batch batch;

static int begin(void **state)
{
    (void)state;
    log_start_by_name("error", "json");
    stream_batch_init(&batch, &NOTES, false, 10);
    return 0;
}

static int begin_ndjson(void **state)
{
    (void)state;
    stream_batch_init(&batch, &NOTES, true, 10);
    return 0;
}

static int end(void **state)
{
    (void)state;
    stream_batch_release(&batch);
    return 0;
}

static bool add(int64_t id, const char *text)
{
    const struct note note = { text };
    return stream_add(&batch, id, &NOTE, &note);
}

static bool add_long(int64_t id, size_t size)
{
    char *text = malloc(size + 1);
    bool more;

    memset(text, 'x', size);
    text[size] = '\0';
    more = add(id, text);
    free(text);
    return more;
}

static void an_event_is_three_lines_and_an_empty_one(void **state)
{
    (void)state;
    assert_true(add(11, "two\nlines"));
    assert_string_equal(
        batch.bytes.data, "id: 11\nevent: note.added\ndata: {\"text\":\"two\\nlines\"}\n\n");
    assert_int_equal(batch.after, 11);
}

static void in_ndjson_it_is_one_line(void **state)
{
    (void)state;
    assert_true(add(11, "two\nlines"));
    stream_batch_retry(&batch, 1000);
    stream_batch_beat(&batch);
    stream_batch_end(&batch, "draining");
    assert_string_equal(batch.bytes.data,
        "{\"id\":11,\"event\":\"note.added\",\"data\":{\"text\":\"two\\nlines\"}}\n"
        "{\"event\":\"heartbeat\"}\n"
        "{\"event\":\"end\",\"data\":{\"code\":\"draining\"}}\n");
}

static void numbers_must_grow_and_the_others_are_left_out(void **state)
{
    (void)state;
    assert_true(add(10, "had"));
    assert_true(add(12, "new"));
    assert_true(add(12, "again"));
    assert_true(add(11, "late"));
    assert_int_equal(batch.n, 1);
    assert_null(strstr(batch.bytes.data, "again"));
    assert_null(strstr(batch.bytes.data, "late"));
}

static void an_event_the_kind_does_not_list_is_left_out(void **state)
{
    const struct note note = { "x" };

    (void)state;
    assert_true(stream_add(&batch, 11, &STRAY, &note));
    assert_int_equal(batch.n, 0);
    assert_int_equal(batch.bytes.size, 0);
}

static void a_hundred_are_enough_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < BATCH_EVENTS; i++)
        assert_true(add(11 + i, "x"));
    assert_false(batch.full);
    assert_false(add(11 + BATCH_EVENTS, "x"));
    assert_true(batch.full);
    assert_int_equal(batch.after, 10 + BATCH_EVENTS);
}

static void what_does_not_fit_beside_the_others_waits(void **state)
{
    (void)state;
    assert_true(add_long(11, LIMIT_STREAM_BATCH / 2));
    assert_false(add_long(12, LIMIT_STREAM_BATCH / 2));
    assert_true(batch.full);
    assert_int_equal(batch.after, 11);
    assert_false(add(12, "small, but it would overtake"));
}

static void one_alone_may_be_longer_and_a_giant_is_left_out(void **state)
{
    (void)state;
    assert_true(add_long(11, LIMIT_STREAM_BATCH + 1000));
    stream_batch_clear(&batch);
    assert_int_equal(batch.after, 10);
    assert_true(add_long(11, LIMIT_STREAM_EVENT));
    assert_int_equal(batch.n, 0);
    assert_true(add(12, "the next"));
    assert_int_equal(batch.n, 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_three_lines_and_an_empty_one),
        cmocka_unit_test_setup_teardown(in_ndjson_it_is_one_line, begin_ndjson, end),
        TEST(numbers_must_grow_and_the_others_are_left_out),
        TEST(an_event_the_kind_does_not_list_is_left_out),
        TEST(a_hundred_are_enough_at_once),
        TEST(what_does_not_fit_beside_the_others_waits),
        TEST(one_alone_may_be_longer_and_a_giant_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
