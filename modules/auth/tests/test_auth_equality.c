/* Whether an address has an account cannot be told from a response: neither from its bytes nor from
 * the time it takes. */
#include "testkit.h"
#include <math.h>

enum { ROUNDS = 150, WARM_UP = 10 };

/* A response without what differs every time: ids, tokens and times. */
static const char *response_of(struct t *t)
{
    struct buf b;
    const char *body = body_of(t), *id = strstr(body, "req_");
    const char *cookie = header_of(t, "Set-Cookie");

    buf_init(&b, arena_of(t), 64 * 1024);
    buf_printf(&b, "%d\n%.*s\n%s\n", status_of(t), (int)(id ? (size_t)(id - body) : strlen(body)),
        body, id ? id + strcspn(id, "\"") : "");
    if (cookie)
        buf_printf(&b, "%.*s%s", (int)strcspn(cookie, "="), cookie, cookie + strcspn(cookie, ";"));
    return b.data;
}

static void sign_up(struct t *t, const char *email)
{
    as_nobody(t);
    POST_JSON(
        t, "/v1/auth/signup", "{'email':'%s','password':'a long pass phrase','name':'Ann'}", email);
}

static void ask_again(struct t *t, const char *email)
{
    as_nobody(t);
    POST_JSON(t, "/v1/auth/email-verifications", "{'email':'%s'}", email);
}

static void guess(struct t *t, const char *email)
{
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'a wrong guess'}", email);
}

static void the_bytes_are_the_same_for_known_and_unknown_addresses(void **state)
{
    static void (*const requests[])(struct t *, const char *) = { sign_up, ask_again, guess };
    struct t *t = *state;
    make_person(t, .email = "known@example.org");

    for (size_t i = 0; i < COUNT(requests); i++) {
        const char *known, *unknown;
        requests[i](t, "known@example.org");
        known = response_of(t);
        requests[i](t, "other@example.org");
        unknown = response_of(t);
        assert_string_equal(known, unknown);
    }
}

struct sample {
    double sum, squares;
    int n;
};

static double measure(struct t *t, void (*request)(struct t *, const char *), const char *email)
{
    int64_t began = clock_monotonic_us();

    request(t, email);
    return (double)(clock_monotonic_us() - began);
}

static void add(struct sample *s, double us)
{
    s->sum += us;
    s->squares += us * us;
    s->n++;
}

static double mean(const struct sample *s)
{
    return s->sum / s->n;
}

static double error_squared(const struct sample *s)
{
    return (s->squares - s->sum * s->sum / s->n) / (s->n - 1) / s->n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The slowest tenth is the machine's doing and not ours. */
static struct sample without_slowest(double *us)
{
    struct sample s = { 0 };

    qsort(us, ROUNDS, sizeof *us, by_value);
    for (int i = 0; i < ROUNDS * 9 / 10; i++)
        add(&s, us[i]);
    return s;
}

/* Welch's t of two interleaved series at the cheapest hashing cost, where a difference would show
 * most. The order within a pair alternates, so that neither always goes first. */
static double t_value(struct t *t, void (*request)(struct t *, const char *))
{
    double *known = arena_array(arena_of(t), ROUNDS, sizeof *known);
    double *unknown = arena_array(arena_of(t), ROUNDS, sizeof *unknown);
    struct sample a, b;

    for (int i = -WARM_UP; i < ROUNDS; i++) {
        double first, second;
        bool known_first = i & 1;
        sql_run(t, "DELETE FROM auth.throttle");
        first = measure(t, request, known_first ? "known@example.org" : "other@example.org");
        sql_run(t, "DELETE FROM auth.throttle");
        second = measure(t, request, known_first ? "other@example.org" : "known@example.org");
        if (i >= 0) {
            known[i] = known_first ? first : second;
            unknown[i] = known_first ? second : first;
        }
    }
    a = without_slowest(known);
    b = without_slowest(unknown);
    return (mean(&a) - mean(&b)) / sqrt(error_squared(&a) + error_squared(&b));
}

static void signing_up_takes_the_same_time_for_known_and_unknown_addresses(void **state)
{
    struct t *t = *state;
    make_person(t, .email = "known@example.org");

    assert_true(fabs(t_value(t, sign_up)) < 4.5);
}

static void asking_again_takes_the_same_time_for_known_and_unknown_addresses(void **state)
{
    struct t *t = *state;
    make_person(t, .email = "known@example.org");

    assert_true(fabs(t_value(t, ask_again)) < 4.5);
}

static void guessing_takes_the_same_time_for_known_and_unknown_addresses(void **state)
{
    struct t *t = *state;
    make_person(t, .email = "known@example.org");

    assert_true(fabs(t_value(t, guess)) < 4.5);
}

int main(void)
{
    return run_db_tests(the_bytes_are_the_same_for_known_and_unknown_addresses,
        signing_up_takes_the_same_time_for_known_and_unknown_addresses,
        asking_again_takes_the_same_time_for_known_and_unknown_addresses,
        guessing_takes_the_same_time_for_known_and_unknown_addresses);
}
