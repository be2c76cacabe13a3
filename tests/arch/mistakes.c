/*
 * One mistake of an author at a time, chosen by -DMISTAKE_<name>: each must be an error. Without a
 * name it compiles. Read by tests/arch/types.
 */
#include <ashlar/ashlar.h>
#include <notifications.h>

struct thing {
    struct present present;
    struct uuid id;
    const char *name;
};
static const struct field thing_fields[] = {
    ID(thing, id, "thing", .in = PATH),
    TEXT(thing, name, .optional = true),
};
static PATCH_SHAPE(thing);
LIST_OF(thing);
LIST_SHAPE(thing);
EVENT_OF(thing);
JOB_OF(thing);
NOTIFICATION_OF(thing);

struct other {
    struct present present;
    int64_t n;
};
static const struct field other_fields[] = {
#if defined MISTAKE_member_of_another_type
    TEXT(other, n), /* NAMED: the member n of struct other must be of type const char */
#elif defined MISTAKE_member_that_is_not_there
    INT(other, m), /* NAMED: no member named */
#else
    INT(other, n),
#endif
};
static SHAPE(other);
LIST_OF(other);
EVENT_OF(other);
JOB_OF(other);

/* --- Rows and what they name --- */

HANDLER(get_thing, thing, thing)
{
    (void)c;
    *out = *in;
    return NULL;
}

EVENT_HANDLER(hear_thing, thing)
{
    (void)c, (void)meta, (void)in;
    return NULL;
}

EVENT_HANDLER(hear_other, other)
{
    (void)c, (void)meta, (void)in;
    return NULL;
}

JOB_HANDLER(work_thing, thing)
{
    (void)c, (void)in;
    return NULL;
}

JOB_HANDLER(work_other, other)
{
    (void)c, (void)in;
    return NULL;
}

NOTIFICATION_WORDS(say_thing, thing)
{
    (void)c, (void)locale, (void)in;
    *out = (struct notifications_content){ .title = "Thing" };
}

NOTIFICATION_WORDS(say_other, other)
{
    (void)c, (void)locale, (void)in;
    *out = (struct notifications_content){ .title = "Other" };
}

SUPPORT_VIEW(see_thing, thing)
{
    (void)c, (void)of, (void)out;
    return NULL;
}

#if defined MISTAKE_kind_of_another_payload
extern const EVENT(other) MADE;
#else
extern const EVENT(thing) MADE;
#endif
EVENT_KIND(MADE, thing, .name = "test.made");

#if defined MISTAKE_job_of_another_payload
extern const JOB(other) WORK;
#else
extern const JOB(thing) WORK;
#endif
JOB_KIND(WORK, thing, .name = "test.work");
extern const JOB(nothing) SWEEP;
SWEEP_JOB(SWEEP, .name = "test.sweep");

const struct job_worker test_workers[] = {
#if defined MISTAKE_worker_of_another_payload
    { RUNS(WORK, work_other) },
#elif defined MISTAKE_worker_by_a_route
    { RUNS(WORK, get_thing) },
#elif defined MISTAKE_worker_by_an_event
    { RUNS(WORK, hear_thing) },
#elif defined MISTAKE_worker_by_a_function
    { .job = &WORK.kind, .handler = work_thing },
#elif defined MISTAKE_worker_by_an_events_descriptor
    { .job = &WORK.kind, .handler = &hear_thing_event_handler },
#elif defined MISTAKE_worker_of_an_event
    { RUNS(MADE, work_thing) },
#elif defined MISTAKE_worker_of_the_union
    { .job = &WORK, .handler = &work_thing_job_handler },
#elif defined MISTAKE_death_of_another_payload
    { RUNS(WORK, work_thing), ON_DEAD(WORK, work_other) },
#elif defined MISTAKE_death_by_an_event
    { RUNS(WORK, work_thing), ON_DEAD(WORK, hear_thing) },
#elif defined MISTAKE_death_of_an_event
    { RUNS(WORK, work_thing), ON_DEAD(MADE, work_thing) },
#elif defined MISTAKE_sweep_of_what_carries_something
    { SWEEPS(WORK) },
#else
    { RUNS(WORK, work_thing), ON_DEAD(WORK, work_thing) },
#endif
    { SWEEPS(SWEEP) },
    { .job = NULL },
};

#if defined MISTAKE_notification_of_other_words
static NOTIFICATION_KIND(NEWS, thing, say_other, .name = "test.news");
#elif defined MISTAKE_notification_by_a_job
static NOTIFICATION_KIND(NEWS, thing, work_thing, .name = "test.news");
#else
static NOTIFICATION_KIND(NEWS, thing, say_thing, .name = "test.news");
#endif

static STREAM_EVENT(CAME, thing, .name = "thing.came");

const struct route test_routes[] = {
    {
        .method = GET,
#if defined MISTAKE_row_by_a_function
        .handler = get_thing,
#elif defined MISTAKE_row_by_a_job
        .handler = &work_thing_job_handler,
#elif defined MISTAKE_row_by_an_event
        .handler = &hear_thing_event_handler,
#elif defined MISTAKE_row_by_a_shape
        .handler = &thing_shape,
#elif defined MISTAKE_row_says_in
        .in = &other_shape,
        .handler = BY(get_thing),
#elif defined MISTAKE_row_says_out
        .out = &other_shape,
        .handler = BY(get_thing),
#elif defined MISTAKE_row_says_run
        .run = get_thing_run,
        .handler = BY(get_thing),
#elif defined MISTAKE_row_by_a_name_nobody_defined
        .handler = BY(get_thign),
#else
        .handler = BY(get_thing),
#endif
    },
};

const struct subscription test_subscriptions[] = {
#if defined MISTAKE_hears_another_payload
    { HEARS(MADE, hear_other), .consumer = "test.hear" },
#elif defined MISTAKE_hears_by_a_job
    { HEARS(MADE, work_thing), .consumer = "test.hear" },
#elif defined MISTAKE_hears_all_by_one
    { HEARS_ALL(hear_thing), .consumer = "test.hear" },
#elif defined MISTAKE_event_death_of_another_payload
    { HEARS(MADE, hear_thing), DIES(MADE, hear_other), .consumer = "test.hear" },
#else
    { HEARS(MADE, hear_thing), DIES(MADE, hear_thing), .consumer = "test.hear" },
#endif
};

const struct support_view test_view = {
#if defined MISTAKE_support_view_by_a_function
    .loader = see_thing,
#elif defined MISTAKE_support_view_by_a_route
    .loader = BY(get_thing),
#else
    .loader = LOADED_BY(see_thing),
#endif
};

/* --- Functions that take a struct by its name --- */

static const struct query q = { "q", "test", "SELECT 1" };

/* CALL(a call of a thing, of another struct, of a void pointer) */
#if defined MISTAKE_ANOTHER
#define CALL(right, another, untyped) another
#elif defined MISTAKE_UNTYPED
#define CALL(right, another, untyped) untyped
#else
#define CALL(right, another, untyped) right
#endif

err test_reads(struct ctx *c, struct thing *thing, struct other *other, struct thing_list *things,
    struct other_list *others, struct buf *b, void *anything);
err test_reads(struct ctx *c, struct thing *thing, struct other *other, struct thing_list *things,
    struct other_list *others, struct buf *b, void *anything)
{
    const struct thing *rows;
    const struct other *other_rows;
    const struct page_in page = { .limit = 1 };
    bool found;
    size_t n;

    (void)others, (void)other_rows, (void)anything, (void)other;
#if !defined ONLY || ONLY == 1
    TRY(db_one(c, &q, thing, CALL(thing, other, anything), NO_ARGS));
#endif
#if !defined ONLY || ONLY == 2
    TRY(db_maybe(c, &q, thing, CALL(thing, other, anything), &found, NO_ARGS));
#endif
#if !defined ONLY || ONLY == 3
    TRY(db_list(c, &q, thing, CALL(&rows, &other_rows, anything), &n, NO_ARGS));
#endif
#if !defined ONLY || ONLY == 4
    TRY(db_page(c, &q, thing, CALL(things, others, anything), &page, NO_ARGS));
#endif
#if !defined ONLY || ONLY == 5
    TRY(shape_parse(c, thing, "{}", 2, CALL(thing, other, anything)));
#endif
#if !defined ONLY || ONLY == 6
    shape_render(b, thing, CALL(thing, other, anything));
#endif
#if !defined ONLY || ONLY == 7
    shape_render_redacted(b, thing, CALL(thing, other, anything));
#endif
#if !defined ONLY || ONLY == 8
    found = PRESENT(thing, CALL(thing, other, anything), name);
#endif
    return NULL;
}

err test_writes(struct ctx *c, struct thing *thing, struct other *other, struct stream_batch *batch,
    void *anything);
err test_writes(struct ctx *c, struct thing *thing, struct other *other, struct stream_batch *batch,
    void *anything)
{
    const struct notifications_audience to = { .permission = "test" };

    (void)anything, (void)other;
#if !defined ONLY || ONLY == 9
    TRY(audit(c, "test.made", "thing", thing->id, thing, CALL(thing, other, anything), NULL));
#endif
#if !defined ONLY || ONLY == 10
    TRY(audit(c, "test.made", "thing", thing->id, thing, NULL, CALL(thing, other, anything)));
#endif
#if !defined ONLY || ONLY == 11
    TRY(event_publish(c, &MADE, thing->id, CALL(thing, other, anything)));
#endif
#if !defined ONLY || ONLY == 12
    TRY(job_enqueue(c, &WORK, CALL(thing, other, anything)));
#endif
#if !defined ONLY || ONLY == 13
    (void)stream_add(batch, 1, &CAME, CALL(thing, other, anything));
#endif
#if !defined ONLY || ONLY == 14
    TRY(notifications_notify(c, &NEWS, &to, CALL(thing, other, anything)));
#endif
    return NULL;
}
