/* Rules of write keys, reports and deletion. */
#include "analytics_internal.h"
#include <users.h>

enum {
    WRITE_KEYS_MAX = 50,
    RANGE_MAX_DAYS = 400,
    RANGE_USUAL_DAYS = 30,
    LIST_JSON_MAX = 64 * 1024
};

static char *json_list(struct ctx *c, const char *const *texts, size_t n)
{
    struct buf b;

    buf_init(&b, c->arena, LIST_JSON_MAX);
    buf_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(&b, ',');
        buf_json_text(&b, texts[i]);
    }
    buf_char(&b, ']');
    return b.data;
}

/* --- Write keys --- */

err analytics_create_write_key(struct ctx *c, const char *name, const char *const *traits,
    size_t n_traits, struct analytics_write_key *out)
{
    struct analytics_write_key made, wanted = { .name = name, .key = secret_token(c->arena, "wk") };
    struct users_org org;
    int64_t n;

    TRY(users_lock_org(c, &org)); /* otherwise two concurrent requests would both see a free
                                   * place */
    TRY(analytics__count_write_keys(c, &n));
    if (n >= WRITE_KEYS_MAX)
        return problem(c, &ANALYTICS_TOO_MANY_WRITE_KEYS, NULL,
            "An organisation may have %d write keys.", WRITE_KEYS_MAX);
    TRY(analytics__insert_write_key(c, &wanted, json_list(c, traits, n_traits), &made));
    TRY(audit(
        c, "analytics.write_key_created", "writekey", made.id, analytics_write_key, NULL, &made));

    *out = made;
    return NULL;
}

err analytics_list_write_keys(
    struct ctx *c, const struct page_in *page, struct analytics_write_key_list *out)
{
    return analytics__list_write_keys(c, page, out);
}

err analytics_revoke_write_key(struct ctx *c, struct uuid id)
{
    struct analytics_write_key gone;

    TRY(analytics__delete_write_key(c, id, &gone));
    return audit(
        c, "analytics.write_key_revoked", "writekey", id, analytics_write_key, &gone, NULL);
}

/* --- Reports --- */

static err settle_range(
    struct ctx *c, const struct analytics_range *wanted, struct analytics_range *out)
{
    struct analytics_range range = *wanted;

    if (range.to.us == 0)
        range.to = clock_now();
    if (range.from.us == 0)
        range.from = instant_add(range.to, -DAYS(RANGE_USUAL_DAYS));
    if (range.from.us >= range.to.us) {
        problem_add(c, "query:from", "too_large", "Must be before the end of the range.");
        return problem(c, &ERR_INVALID, NULL, "The range begins after its end.");
    }
    if (range.to.us - range.from.us > DAYS(RANGE_MAX_DAYS - 1)) {
        problem_add(c, "query:from", "too_small", "The range may have at most %d days.",
            RANGE_MAX_DAYS - 1);
        return problem(c, &ERR_INVALID, NULL, "The range is too long.");
    }
    *out = range;
    return NULL;
}

static struct instant midnight_before(struct instant at)
{
    int64_t into_day = at.us % DAYS(1);

    return instant_add(at, -(into_day < 0 ? into_day + DAYS(1) : into_day));
}

/* Counts are stored by day: the range grows to whole days. */
static err settle_days(
    struct ctx *c, const struct analytics_range *wanted, struct analytics_range *out)
{
    struct analytics_range range = *wanted;

    TRY(settle_range(c, wanted, &range));
    *out = (struct analytics_range){ midnight_before(range.from),
        midnight_before(instant_add(range.to, DAYS(1) - 1)) };
    return NULL;
}

err analytics_events(
    struct ctx *c, const struct analytics_range *wanted, struct analytics_event_total_list *out)
{
    struct analytics_range range;

    TRY(settle_days(c, wanted, &range));
    return analytics__events_by_name(c, &range, out);
}

err analytics_count_by_day(struct ctx *c, const struct analytics_range *wanted, const char *event,
    struct analytics_day_count_list *out)
{
    struct analytics_range range;

    TRY(settle_days(c, wanted, &range));
    return analytics__events_by_day(c, &range, event, out);
}

err analytics_active_visitors(struct ctx *c, const struct analytics_range *wanted,
    const char *period, struct analytics_active_visitors *out)
{
    struct analytics_range range;

    TRY(settle_days(c, wanted, &range));
    return analytics__active(c, &range, period, out);
}

err analytics_run_funnel(
    struct ctx *c, const struct analytics_funnel_wanted *wanted, struct analytics_funnel *out)
{
    struct analytics_range range;

    TRY(settle_range(c, &wanted->range, &range));
    return analytics__funnel(
        c, &range, json_list(c, wanted->steps, wanted->n_steps), wanted->within_s, out);
}

struct funnel_asked {
    const char *const *steps;
    size_t n_steps;
};
static const struct field funnel_asked_fields[] = {
    TEXTS(funnel_asked, steps, .max = ANALYTICS_STEPS_MAX),
};
static SHAPE(funnel_asked);

err analytics__run_platform_funnel(
    struct ctx *c, const struct analytics_funnel_wanted *wanted, struct analytics_funnel *out)
{
    const struct funnel_asked asked = { wanted->steps, wanted->n_steps };
    struct analytics_range range;

    TRY(settle_range(c, &wanted->range, &range));
    TRY(analytics__platform_funnel(
        c, &range, json_list(c, wanted->steps, wanted->n_steps), wanted->within_s, out));
    return audit(
        c, "analytics.platform_funnel_run", "search", UUID_NIL, funnel_asked, NULL, &asked);
}

/* --- Deletion --- */

err analytics_find_visitor(struct ctx *c, const char *visitor, struct analytics_visitor *out)
{
    return analytics__find_visitor(c, visitor, out);
}

err analytics_forget_visitor(struct ctx *c, const char *visitor, struct analytics_visitor *out)
{
    struct analytics_visitor found;

    TRY(analytics__find_visitor(c, visitor, &found));
    TRY(job_enqueue(
        c, &analytics__forget_visitor_job, &(struct analytics__forget){ .visitor = visitor }));

    *out = found;
    return NULL;
}

/* Customers' products may use our person ids as visitor ids. */
err analytics__erase_person(struct ctx *c, struct uuid person)
{
    const char *visitor = typeid_text(c->arena, "person", person);

    TRY(analytics__forget_person(c));
    return job_enqueue(
        c, &analytics__forget_person_job, &(struct analytics__forget){ .visitor = visitor });
}

/* Millions of events cannot be deleted within one request. The job is delayed until all messages
 * accepted under the deleted keys are stored. */
err analytics__purge_org(struct ctx *c)
{
    TRY(analytics__delete_keys_of_org(c));
    return job_enqueue(c, &analytics__purge_job, &(struct analytics__purge){ .org_id = c->org },
        .run_at = instant_add(clock_now(), MINUTES(2)));
}
