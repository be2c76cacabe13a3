/* A worker that is really killed between the receiver's having the event and our having noted it.
 */
#include "testkit.h"
#include "jobs/store.h"
#include "receiver.h"
#include "worker_factory.h"
#include <signal.h>

static const char *hook;
static pid_t worker;

static void kill_worker(void)
{
    kill(worker, SIGKILL);
}

static void what_was_sent_but_not_noted_is_sent_again_with_the_same_id(void **state)
{
    struct t *t = *state;
    struct received first, second;
    const char *path;

    as_owner_of(t, make_org(t));
    drain_jobs(t);
    POST_JSON(t, at(t, "/v1/orgs/%s/webhook-endpoints", org_of(t)), "{'url':'%s'}", hook);
    expect(t, 201);
    path = at(t, "/v1/orgs/%s/webhook-endpoints/%s", org_of(t), member_of(t, "endpoint.id"));
    POST_AT(t, "%s/test", path);
    expect(t, 202);

    receiver_answers(200);
    receiver_calls(kill_worker);
    worker = worker_start(t, 0);
    for (int i = 0; i < 600 && receiver_count() == 0; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    worker_kill(worker);
    assert_int_equal(receiver_count(), 1);
    first = receiver_got(0);
    assert_string_equal(
        sql_text(t, "SELECT state || ' ' || attempts || ' ' || (leased_by IS NOT NULL) FROM "
                    "integrations.delivery"),
        "pending 0 true");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM integrations.attempt"), 0);

    receiver_calls(NULL);
    sql_run(t, "UPDATE platform.job SET heartbeat_at = heartbeat_at - interval '26 s'");
    expect_ok(store_rescue(arena_of(t), 25));
    worker = worker_start(t, 1000);
    wait_until(t, 30000,
        "SELECT count(*) FROM integrations.delivery WHERE state = 'delivered' AND attempts = 1");
    worker_end(worker);
    assert_int_equal(receiver_count(), 2);
    second = receiver_got(1);
    assert_string_equal(first.id, second.id);
    assert_string_equal(first.body, second.body);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM integrations.attempt"), 1);
}

int main(void)
{
    int failed;

    if (worker_was_meant(NULL))
        return 0;
    hook = receiver_start();
    failed = run_db_tests(what_was_sent_but_not_noted_is_sent_again_with_the_same_id);
    receiver_stop();
    return failed;
}
