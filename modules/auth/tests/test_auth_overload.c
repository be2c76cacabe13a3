/* More sign-ins than passwords can be hashed: those that are refused cost nothing else. */
#include "base/ctx_open.h"
#include "runtime/offload.h"
#include "testkit.h"
#include <pthread.h>
#include <stdatomic.h>

enum { FILLERS = OFFLOAD_QUEUE + 8 };

static atomic_bool over;

static void hold(void *arg)
{
    (void)arg;
    while (!atomic_load(&over))
        usleep(1000);
}

/* Who waited too long queues again, so that the queue stays full. */
static void *keep_full(void *arg)
{
    while (!atomic_load(&over)) {
        struct arena *a = arena_new(0);
        struct ctx c;

        ctx_open(&c, a, "test");
        (void)!offload(&c, hold, arg);
        arena_free(a);
        usleep(1000);
    }
    return NULL;
}

static void while_full(struct t *t, void (*fn)(struct t *t, struct person *p), struct person *p)
{
    pthread_t threads[FILLERS];

    atomic_store(&over, false);
    for (int i = 0; i < FILLERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_full, NULL), 0);
    for (int i = 0; i < 10000 && offload_enter(); i++) {
        offload_leave();
        usleep(1000);
    }
    fn(t, p);
    atomic_store(&over, true);
    for (int i = 0; i < FILLERS; i++)
        pthread_join(threads[i], NULL);
}

static void sign_in(struct t *t, const struct person *p)
{
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", p->email, p->password);
}

static void try_all(struct t *t, struct person *p)
{
    sign_in(t, p);
    expect_problem(t, 503, "unavailable");
    POST_JSON(t, "/v1/auth/signup", "{'email':'new@example.org','password':'%s','name':'New'}",
        p->password);
    expect_problem(t, 503, "unavailable");
    as_person(t, p);
    GET_AT(t, "/v1/me");
    expect(t, 200);
}

static void what_cannot_be_hashed_now_is_refused_before_the_database_is_asked(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    sql_run(t, "DELETE FROM auth.throttle");
    as_nobody(t);
    while_full(t, try_all, ann);
    /* A try is counted in a row before the password is looked at, and the row stays. */
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.throttle"), 0);

    as_nobody(t);
    sign_in(t, ann);
    expect(t, 201);
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_PASSWORD_SLOTS=1", NULL };
    return run_db_tests(what_cannot_be_hashed_now_is_refused_before_the_database_is_asked);
}
