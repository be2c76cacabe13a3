/* Flags and jobs as staff change them. */
#include "admin_internal.h"
#include "flags/flags.h"
#include "testkit.h"
#include "monitoring/errors.h"

extern const struct module users_module, auth_module, notifications_module, admin_module;

static const struct flag SIZE = { .name = "work.size",
    .doc = "A size",
    .type = FLAG_TEXT,
    .fallback_text = "small",
    .one_of = "small|large" };
static const struct flag NEW = { .name = "work.new", .doc = "Something new" };

JOB_HANDLER(fail_for_good, nothing)
{
    (void)c;
    (void)in;
    return &JOB_GIVE_UP;
}

static JOB_KIND(HOPELESS, nothing, .name = "work.hopeless");
static const struct module work_module = { .name = "work",
    .summary = "Work of the test",
    .jobs = (const struct job_kind *const[]){ &HOPELESS.kind, NULL },
    .workers = (const struct job_worker[]){ { RUNS(HOPELESS, fail_for_good) }, { .job = NULL } },
    .flags = (const struct flag *const[]){ &SIZE, &NEW, NULL } };
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &admin_module, &work_module, NULL };

static void flags_are_listed_with_what_was_said(void **state)
{
    struct t *t = *state;
    as_staff(t, "support");
    GET_AT(t, "/v1/admin/flags/work.size");
    expect(t, 200, "type", "text", "fallback", "small", "version", "0", "value", "null");
    GET_AT(t, "/v1/admin/flags/work.other");
    expect_problem(t, 404, "not-found");
    PUT_JSON(t, "/v1/admin/flags/work.new", "{'killed':false,'rollout':2500}");
    expect_problem(t, 403, "forbidden");
    as_staff(t, "operator");
    PUT_JSON(t, "/v1/admin/flags/work.new", "{'killed':false,'rollout':2500}");
    expect(t, 200, "rollout", "2500", "version", "1");
    as_staff(t, "support");
    GET_AT(t, "/v1/admin/flags");
    expect(t, 200, "data.1.name", "work.new", "data.1.rollout", "2500", "data.1.target_count", "0",
        "data.1.targets", "null", "data.2", NULL);
}

static void a_flag_is_aimed_at_an_organisation_and_answers_it_alone(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t), *other = make_org(t);
    struct ctx of_acme = { .arena = arena_of(t), .org = acme->id };
    struct ctx of_other = { .arena = arena_of(t), .org = other->id };
    const char *at_acme = at(t, "/v1/admin/flags/work.size/orgs/%s", acme->id_text);

    as_staff(t, "operator");
    PUT_JSON(t, at_acme, "{'value':'huge'}");
    expect_problem(t, 422, "invalid-fields", .field = "value");
    PUT_JSON(t, at_acme, "{'value':'large'}");
    expect(t, 200, "targets.0.subject", acme->id_text, "targets.0.value", "large", "target_count",
        "1");
    GET_AT(t, "/v1/admin/flags");
    expect(
        t, 200, "data.0.name", "work.size", "data.0.target_count", "1", "data.0.targets", "null");
    expect_ok(flags_refresh());
    assert_string_equal(flag_text(&of_acme, &SIZE), "large");
    assert_string_equal(flag_text(&of_other, &SIZE), "small");
    GET_AT(t, "/v1/admin/orgs/%s", acme->id_text);
    expect(
        t, 200, "flags.0.name", "work.size", "flags.0.value", "large", "flags.0.reason", "target");
    PUT_JSON(t,
        at(t, "/v1/admin/flags/work.size/orgs/%s", typeid_text(arena_of(t), "org", uuid_new())),
        "{'value':'large'}");
    expect_problem(t, 404, "not-found");
    DELETE_AT(t, "%s", at_acme);
    expect(t, 200, "targets.0", NULL);
    DELETE_AT(t, "%s", at_acme);
    expect_problem(t, 404, "not-found");
    flags_release();
}

static void a_flag_is_aimed_at_a_person(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *at_ann = at(t, "/v1/admin/flags/work.new/people/%s", ann->id_text);

    as_staff(t, "operator");
    PUT_JSON(t, at_ann, "{'value':'true'}");
    expect(t, 200, "targets.0.subject", ann->id_text);
    DELETE_AT(t, "%s", at_ann);
    expect(t, 200, "targets.0", NULL);
}

static void a_flag_has_at_most_a_thousand_targets(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t);
    struct person *ann = make_person(t);

    sql_run(t,
        "INSERT INTO platform.flag (name, rollout) VALUES ('work.new', 0);"
        "INSERT INTO platform.flag_override (flag, subject, answer) SELECT 'work.new', "
        "lpad(n::text, 32, '0')::uuid, true FROM generate_series(1, %d) n",
        LIMIT_FLAG_TARGETS);
    as_staff(t, "operator");
    PUT_JSON(t, at(t, "/v1/admin/flags/work.new/orgs/%s", acme->id_text), "{'value':'true'}");
    expect_problem(t, 409, "flags/too-many-targets");
    PUT_JSON(t, at(t, "/v1/admin/flags/work.new/people/%s", ann->id_text), "{'value':'true'}");
    expect_problem(t, 409, "flags/too-many-targets");
}

static void nobody_overwrites_what_another_just_said(void **state)
{
    struct t *t = *state;
    const char *seen;

    as_staff(t, "operator");
    GET_AT(t, "/v1/admin/flags/work.new");
    expect(t, 200);
    seen = header_of(t, "ETag");
    PUT_JSON(t, "/v1/admin/flags/work.new", "{'killed':true,'rollout':0}");
    expect(t, 200, "killed", "true");
    with_header(t, "If-Match", seen);
    PUT_JSON(t, "/v1/admin/flags/work.new", "{'killed':false,'rollout':10000}");
    expect_problem(t, 412, "precondition-failed");
    GET_AT(t, "/v1/admin/flags/work.new");
    expect(t, 200, "killed", "true");
}

static err enqueue(struct ctx *c, void *arg)
{
    (void)arg;
    return job_enqueue(c, &HOPELESS, &(const struct nothing){ 0 });
}

static const char *dead_job(struct t *t)
{
    expect_ok(tx_run(make_ctx(t, NULL, NULL), enqueue, NULL));
    return sql_text(t, "SELECT id::text FROM platform.job WHERE kind = 'work.hopeless' "
                       "AND state = 'ready' ORDER BY seq DESC LIMIT 1");
}

static void dead_jobs_are_listed_retried_and_given_up(void **state)
{
    struct t *t = *state;
    const char *id;

    as_staff(t, "operator");
    (void)dead_job(t);
    sql_run(t, "UPDATE platform.job SET state = 'dead', finished_at = now(), last_error = 'no' "
               "WHERE kind = 'work.hopeless'");
    GET_AT(t, "/v1/admin/jobs");
    expect(t, 200, "data.0.kind", "work.hopeless", "data.0.last_error", "no", "data.1", NULL);
    id = member_of(t, "data.0.id");
    GET_AT(t, "/v1/admin/jobs/%s", id);
    expect(t, 200, "state", "dead", "kind", "work.hopeless");
    POST_AT(t, "/v1/admin/jobs/%s/retry", id);
    expect(t, 204);
    POST_AT(t, "/v1/admin/jobs/%s/retry", id);
    expect_problem(t, 409, "jobs/not-dead");
    GET_AT(t, "/v1/admin/jobs?state=ready&kind=work.hopeless");
    expect(t, 200, "data.0.id", id);
    sql_run(t, "UPDATE platform.job SET state = 'running', locked_by = 'x', heartbeat_at = now() "
               "WHERE kind = 'work.hopeless'");
    DELETE_AT(t, "/v1/admin/jobs/%s", id);
    expect_problem(t, 409, "jobs/running");
    sql_run(t, "UPDATE platform.job SET state = 'ready', locked_by = NULL, heartbeat_at = NULL "
               "WHERE kind = 'work.hopeless'");
    DELETE_AT(t, "/v1/admin/jobs/%s", id);
    expect(t, 204);
    GET_AT(t, "/v1/admin/jobs/%s", id);
    expect_problem(t, 404, "not-found");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit WHERE action IN "
                                "('platform.job_retried', 'platform.job_discarded')"),
        2);
}

static void support_sees_jobs_and_touches_none(void **state)
{
    struct t *t = *state;
    as_staff(t, "support");
    GET_AT(t, "/v1/admin/jobs");
    expect(t, 200);
    DELETE_AT(t, "/v1/admin/jobs/%s", typeid_text(arena_of(t), "job", uuid_new()));
    expect_problem(t, 403, "forbidden");
}

static void errors_are_listed_and_resolved(void **state)
{
    struct t *t = *state;
    const char *id;

    as_staff(t, "operator");
    errors_start();
    log_error(NULL, "work.failed", log_text("why", "a test"));
    expect_ok(errors_flush());
    errors_stop();
    GET_AT(t, "/v1/admin/errors?state=open");
    expect(t, 200, "data.0.event", "work.failed", "data.0.count", "1", "data.0.sample",
        "why=a test", "data.1", NULL);
    id = member_of(t, "data.0.id");
    POST_AT(t, "/v1/admin/errors/%s/resolve", id);
    expect(t, 200, "state", "resolved");
    GET_AT(t, "/v1/admin/errors?state=open");
    expect(t, 200, "data.0", NULL);
    POST_AT(t, "/v1/admin/errors/%s/resolve", typeid_text(arena_of(t), "error", uuid_new()));
    expect_problem(t, 404, "not-found");
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(flags_are_listed_with_what_was_said,
        a_flag_is_aimed_at_an_organisation_and_answers_it_alone, a_flag_is_aimed_at_a_person,
        a_flag_has_at_most_a_thousand_targets, nobody_overwrites_what_another_just_said,
        dead_jobs_are_listed_retried_and_given_up, support_sees_jobs_and_touches_none,
        errors_are_listed_and_resolved);
}
