/*
 * Statements of work in the background, under plans made for another table: the statistics last saw
 * it empty or with finished rows only, or a connection kept its plan from then. However it was
 * planned, a statement may touch so many blocks and rows for each row there is, and no more. Knows
 * no statement but by its name.
 */
#include "testkit.h"
#include "migrate/sql_file.h"
#include "db/tx.h"
#include "jobs/store.h"
#include "modules.h"
#include "module/registry.h"
#include <glob.h>
#include <stdio.h>

enum {
    ROWS = 4000,
    PER_ROW = 40, /* a quadratic plan touches thousands */
    FILE_MAX = 1 << 20,
    CLAIM_MS = 50,
    CLAIM_BLOCKS = 12000,
    HELD_BLOCKS = 300,
    LOOKS = 5, /* the quickest counts */
};

#define KINDS                                                                                      \
    "'[{\"kind\":\"work.a\"},{\"kind\":\"work.b\"},{\"kind\":\"work.c\",\"most\":3},"              \
    "{\"kind\":\"work.d\",\"while_held\":true}]'"
#define ORG_TEXT "5a445d71-0ae2-4cd2-7606-2b0c84850838"
#define ORG      "'" ORG_TEXT "'::uuid"
#define END      "md5('endpoint 1')::uuid"
#define ABOUT    "md5('about')::uuid"

/* Every statement that takes a bite (it changes rows and has a LIMIT), and others that look at
 * what is due. */
static const struct {
    const char *file, *name, *args;
    bool as_app; /* runs in an organisation */
} statements[] = {
    { "src/jobs/jobs.sql", "defer_blocked_jobs", KINDS ", 500, 10" },
    { "src/jobs/jobs.sql", "claim_jobs", "'w', " KINDS ", 500, 10, 8" },
    { "src/jobs/jobs.sql", "beat_jobs", "'gone', '[]'" },
    { "src/jobs/jobs.sql", "rescue_jobs", "25, 3" },
    { "src/jobs/jobs.sql", "release_jobs", "'gone', '[]'" },
    { "src/jobs/jobs.sql", "sweep_jobs", "5000" },
    { "src/jobs/jobs.sql", "sweep_dead_jobs", "5000" },
    { "src/jobs/jobs.sql", "sweep_events", "5000" },
    { "src/jobs/jobs.sql", "count_jobs", NULL },
    { "src/jobs/jobs.sql", "retry_jobs", "NULL, 'work.a'" },
    { "src/jobs/jobs.sql", "release_parked", "1000" },
    { "src/jobs/jobs.sql", "discard_job", "md5('job 1')::uuid" },
    { "src/monitoring/alert.sql", "queue_lag", NULL },
    { "src/monitoring/alert.sql", "claim_lag", "10, " KINDS },
    { "src/http/request/idempotency.sql", "idempotency_sweep", "5000" },
    { "src/monitoring/error_group.sql", "sweep_error_groups", "5000" },
    { "modules/users/users.sql", "delete_expired_invitations", "5000" },
    { "modules/auth/auth.sql", "delete_expired_signups", "5000" },
    { "modules/auth/auth.sql", "delete_expired_sessions", "5000" },
    { "modules/auth/auth.sql", "delete_idle_throttles", "5000" },
    { "modules/auth/auth.sql", "delete_expired_challenges", "5000" },
    { "modules/auth/auth.sql", "delete_expired_resets", "5000" },
    { "modules/auth/auth.sql", "delete_expired_email_changes", "5000" },
    { "modules/admin/admin.sql", "delete_old_staff_sessions", "5000" },
    { "modules/notifications/notifications.sql", "settle_abandoned_mails", NULL },
    { "modules/notifications/notifications.sql", "delete_old_suppressions", "5000" },
    { "modules/notifications/notifications.sql", "delete_old_mails", "5000" },
    { "modules/notifications/notifications.sql", "delete_old_items", "30, 5000" },
    { "modules/notifications/notifications.sql", "forget_items_about", ABOUT ", 5000" },
    { "modules/notifications/notifications.sql", "forget_mails_about", ABOUT ", 5000" },
    { "modules/notifications/notifications.sql", "count_open_mails", NULL },
    { "modules/integrations/integrations.sql", "claim_deliveries",
        ORG ", " END ", md5('run')::uuid, 50, 60", true },
    { "modules/integrations/integrations.sql", "list_stuck", NULL },
    { "modules/integrations/integrations.sql", "list_failing", NULL },
    { "modules/integrations/integrations.sql", "count_waiting", NULL },
    { "modules/integrations/integrations.sql", "delete_old_events", "30, 5000" },
    { "modules/payments/payments.sql", "list_stuck_operations", NULL },
    { "modules/payments/payments.sql", "sweep_webhooks", "5000" },
    { "modules/payments/payments.sql", "sweep_pending_cancellations", "5000" },
    { "modules/payments/payments.sql", "sweep_expected_events", "5000" },
    { "modules/payments/payments.sql", "list_losses", "'dev', 14, 3" },
    { "modules/payments_simulator/payments_simulator.sql", "list_due", "platform.now()" },
    { "modules/analytics/analytics.sql", "delete_seen_messages", "platform.now(), 5000" },
    { "modules/analytics/analytics.sql", "delete_day_visitors", "platform.now(), 5000" },
    { "modules/analytics/analytics.sql", "delete_day_counts", "platform.now(), 5000" },
    { "modules/analytics/analytics.sql", "delete_default_events", "platform.now(), 5000" },
    { "modules/analytics/analytics.sql", "delete_milestones", "platform.now(), 5000" },
    { "modules/analytics/analytics.sql", "delete_users", "platform.now(), 1000" },
};

/* How a table comes to have the statistics it has. */
static const char *const pasts[] = { "never", "empty", "finished" };

static const char finished_rows[] =
    "INSERT INTO platform.job (id, kind, max_attempts, state, finished_at, ordering_key) "
    "SELECT gen_random_uuid(), 'work.a', 20, 'done', now(), 'd' || i FROM generate_series(1, %d) "
    "i;"
    "INSERT INTO notifications.mail (id, to_address, template, subject, state, settled_at) "
    "SELECT gen_random_uuid(), 'a' || i || '@example.org', 't', 's', 'sent', now() "
    "FROM generate_series(1, %d) i;";

static const char due_rows[] =
    "INSERT INTO platform.job (id, kind, max_attempts, ordering_key, org_id) "
    "SELECT md5('job ' || i)::uuid, CASE i %% 2 WHEN 0 THEN 'work.a' ELSE 'work.b' END, 20, "
    "'k' || i / 2, md5((i / 20)::text)::uuid FROM generate_series(1, %1$d) i;"
    "INSERT INTO platform.job (id, kind, max_attempts, state, finished_at, dedupe_key) "
    "SELECT gen_random_uuid(), 'work.a', 20, CASE i %% 2 WHEN 0 THEN 'done' ELSE 'dead' END, "
    "now() - interval '2 days', 'u' || i FROM generate_series(1, %1$d) i;"
    "INSERT INTO platform.job_hold (org_id, released_at) SELECT md5((i / 20)::text)::uuid, CASE "
    "WHEN i > 20 THEN now() END FROM generate_series(1, %1$d, 20) i;"
    "INSERT INTO platform.job_parked SELECT org_id, id FROM platform.job WHERE state = 'ready';"
    "INSERT INTO platform.event (id, name, version, aggregate, seq, payload, pending, created_at) "
    "SELECT gen_random_uuid(), 'e', 1, md5((i / 4)::text)::uuid, i, '{}', 0, now() - interval '40 "
    "days' FROM generate_series(1, %1$d) i;"
    "INSERT INTO platform.event_stream SELECT '00000000-0000-0000-0000-000000000000', aggregate, "
    "max(seq) FROM platform.event GROUP BY 2;"
    "INSERT INTO platform.idempotency (scope, key, content, status, expires_at) "
    "SELECT 'a scope of the test', 'k' || i, 'content of the test', 200, now() - interval '1 day' "
    "FROM generate_series(1, %1$d) i;"
    "INSERT INTO notifications.mail (id, to_address, template, subject, state, created_at, "
    "about_id) "
    "SELECT gen_random_uuid(), 'a' || i || '@example.org', 't', 's', CASE i %% 4 WHEN 0 THEN "
    "'caught' WHEN 1 THEN 'queued' ELSE 'sent' END, now() - interval '40 days', " ABOUT " "
    "FROM generate_series(1, %1$d) i;"
    "INSERT INTO notifications.item (person_id, id, seq, kind, title, text, data, created_at, "
    "about_id) "
    "SELECT md5('person' || i / 40)::uuid, gen_random_uuid(), i, 'k', 't', 't', '{}', "
    "now() - interval '40 days', " ABOUT " FROM generate_series(1, %1$d) i;"
    "INSERT INTO integrations.feed VALUES ('" ORG_TEXT "'::uuid, %1$d, 0);"
    "INSERT INTO integrations.endpoint (org_id, id, url, description, events, secret, "
    "failing_since) SELECT '" ORG_TEXT
    "'::uuid, md5('endpoint ' || i)::uuid, 'https://x', '', '{}', "
    "'s', now() - interval '2 days' FROM generate_series(0, %1$d / 20) i;"
    "INSERT INTO integrations.event (org_id, id, seq, name, payload, occurred_at, created_at) "
    "SELECT '" ORG_TEXT "'::uuid, md5('event ' || i)::uuid, i, 'e', '{}', now(), "
    "now() - interval '40 days' FROM generate_series(1, %1$d) i;"
    "INSERT INTO integrations.delivery (org_id, id, endpoint_id, event_id, next_at) "
    "SELECT '" ORG_TEXT "'::uuid, gen_random_uuid(), md5('endpoint ' || i %% (%1$d / 20))::uuid, "
    "md5('event ' || i)::uuid, now() - interval '1 hour' FROM generate_series(1, %1$d) i;"
    "INSERT INTO payments.operation (org_id, id, kind, subject, key, created_at) "
    "SELECT md5(i::text)::uuid, gen_random_uuid(), 'cancel', 's', 'the long key ' || i, "
    "now() - interval '1 hour' FROM generate_series(1, %1$d) i;"
    "INSERT INTO payments.webhook (id, provider, external_id, type, subject_kind, subject, body, "
    "received_at, done_at) SELECT gen_random_uuid(), 'p', 'x' || i, 't', 's', 's', '', "
    "now() - interval '50 days', now() FROM generate_series(1, %1$d) i;"
    "INSERT INTO analytics.message SELECT '" ORG_TEXT "'::uuid, gen_random_uuid(), "
    "now() - interval '9 days' FROM generate_series(1, %1$d) i;"
    "INSERT INTO analytics.day_count (org_id, name, day, slot, events) SELECT '" ORG_TEXT
    "'::uuid, "
    "'n' || i, current_date - 9, 0, 1 FROM generate_series(1, %1$d / 20) i;"
    "INSERT INTO analytics.day_visitor (org_id, name, day, visitor) SELECT '" ORG_TEXT "'::uuid, "
    "'n' || i %% (%1$d / 20), current_date - 9, 'v' || i FROM generate_series(1, %1$d) i;"
    "INSERT INTO analytics.known_user SELECT '" ORG_TEXT "'::uuid, 'u' || i, current_date - 9 "
    "FROM generate_series(1, %1$d) i;"
    "INSERT INTO analytics.visitor_link SELECT '" ORG_TEXT "'::uuid, 'b' || i, 'u' || i "
    "FROM generate_series(1, %1$d) i;";

/* plans.work: what it touches, undone afterwards; plans.ms: how long it takes, in the backend's own
 * time: others keep the machine busy as well. */
static const char tools[] =
    "CREATE SCHEMA plans;"
    "CREATE FUNCTION plans.explain(name text, args text) RETURNS jsonb LANGUAGE plpgsql AS $$ "
    "DECLARE plan json; BEGIN "
    "BEGIN EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE %I%s', "
    "name, args) INTO plan; RAISE EXCEPTION 'undone'; EXCEPTION WHEN raise_exception THEN END; "
    "RETURN plan::jsonb; END $$;"
    "CREATE FUNCTION plans.work(name text, args text) RETURNS bigint LANGUAGE sql AS $$ "
    "WITH plan AS MATERIALIZED (SELECT plans.explain(name, args) AS p) "
    "SELECT ((p #>> '{0,Plan,Shared Hit Blocks}')::bigint + "
    "(p #>> '{0,Plan,Shared Read Blocks}')::bigint + (SELECT sum((n ->> 'Actual Loops')::bigint * "
    "(1 + (n ->> 'Actual Rows')::numeric + coalesce((n ->> 'Rows Removed by Filter')::numeric, 0) "
    "+ coalesce((n ->> 'Rows Removed by Join Filter')::numeric, 0))) FROM jsonb_path_query(p, "
    "'strict $.** ? (exists (@.\"Actual Loops\"))') AS n))::bigint FROM plan $$;"
    "CREATE FUNCTION plans.blocks(name text, args text) RETURNS bigint LANGUAGE sql AS $$ "
    "SELECT (p #>> '{0,Plan,Shared Hit Blocks}')::bigint + "
    "(p #>> '{0,Plan,Shared Read Blocks}')::bigint FROM plans.explain(name, args) AS p $$;"
    "CREATE FUNCTION plans.cpu_ns() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$ "
    "SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint $$;"
    "CREATE FUNCTION plans.ms(name text, args text) RETURNS bigint LANGUAGE plpgsql AS $$ "
    "DECLARE began bigint := plans.cpu_ns(); BEGIN PERFORM plans.explain(name, args); "
    "RETURN (plans.cpu_ns() - began) / 1000000; END $$;"
    "CREATE FUNCTION plans.prepare(name text, statement text, args text, kept boolean) "
    "RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('plan_cache_mode', CASE WHEN "
    "kept THEN 'force_generic_plan' ELSE 'force_custom_plan' END, false); "
    "EXECUTE format('PREPARE %I AS %s', name, statement); "
    "IF kept THEN PERFORM plans.work(name, args); END IF; RETURN 1; END $$;"
    "GRANT USAGE ON SCHEMA plans TO ashlar_system, ashlar_app;";

#define Q(n, text) static const struct query n = { #n, "plans", text }
Q(prepare, "SELECT plans.prepare($1, $2, $3, $4)");
Q(work, "SELECT plans.work($1, $2)");
Q(blocks, "SELECT plans.blocks($1, $2)");
Q(ms, "SELECT plans.ms($1, $2)");

static const char *file_text(struct t *t, const char *path, size_t *size)
{
    char *text = arena_alloc(arena_of(t), FILE_MAX);
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    *size = fread(text, 1, FILE_MAX - 1, f);
    text[*size] = '\0';
    fclose(f);
    return text;
}

static const char *statement_text(struct t *t, const char *file, const char *name)
{
    size_t size;
    const char *at = file_text(t, file, &size), *end = at + size, *problem = NULL;
    struct sql_piece piece;
    int line = 1;

    while (sql_file_next_query(&at, end, &line, &piece, &problem))
        if (strlen(name) == piece.name_size && memcmp(piece.name, name, piece.name_size) == 0)
            return arena_strndup(arena_of(t), piece.sql, piece.sql_size);
    fail_msg("%s has no %s", file, name);
    return NULL;
}

static const char *args_text(struct t *t, const char *args)
{
    return args == NULL ? "" : at(t, "(%s)", args);
}

/* One question on a connection as the workers have it. */
struct asked {
    const struct query *q;
    const char *name, *args, *statement;
    bool kept, as_app;
    int64_t answer;
};

static err answer(struct ctx *c, void *arg)
{
    struct asked *a = arg;

    if (a->statement != NULL)
        return db_int(
            c, a->q, &a->answer, ARGS(ARG(a->name), ARG(a->statement), ARG(a->args), ARG(a->kept)));
    return db_int(c, a->q, &a->answer, ARGS(ARG(a->name), ARG(a->args)));
}

/* INT32_MAX: it took longer than a statement may. */
static int64_t ask(struct t *t, struct asked a)
{
    struct ctx *c = make_ctx(t, NULL, NULL);
    err e;

    a.args = args_text(t, a.args);
    if (a.as_app)
        assert_true(uuid_parse(ORG_TEXT, strlen(ORG_TEXT), &c->org));
    e = tx_run_as(c, a.as_app ? DB_APP : DB_SYSTEM, TX_WRITE, answer, &a);
    assert_true(e == NULL || e == &ERR_TIMEOUT);
    return e == NULL ? a.answer : INT32_MAX;
}

static void analyse(struct t *t, const char *past)
{
    if (strcmp(past, "finished") == 0)
        sql_run(t, finished_rows, ROWS, ROWS);
    if (strcmp(past, "never") != 0)
        sql_run(t, "ANALYZE");
}

static void make_due(struct t *t, int rows)
{
    sql_run(t, "SET session_replication_role = replica");
    sql_run(t, due_rows, rows);
    sql_run(t, "RESET session_replication_role");
}

static void touches_little(struct t *t, const char *past, bool kept)
{
    int too_many = 0;

    sql_run(t, "%s", tools);
    analyse(t, past);
    for (size_t i = 0; i < COUNT(statements); i++)
        ask(t, (struct asked){ .q = &prepare,
                   .name = statements[i].name,
                   .args = statements[i].args,
                   .statement = statement_text(t, statements[i].file, statements[i].name),
                   .kept = kept,
                   .as_app = statements[i].as_app });
    make_due(t, ROWS);
    for (size_t i = 0; i < COUNT(statements); i++) {
        int64_t touched = ask(t, (struct asked){ .q = &work,
                                     .name = statements[i].name,
                                     .args = statements[i].args,
                                     .as_app = statements[i].as_app });
        if (touched > (int64_t)PER_ROW * ROWS) {
            print_error("%s touches %lld for %d rows; analysed: %s, %s\n", statements[i].name,
                (long long)touched, ROWS, past, kept ? "plan kept" : "planned anew");
            too_many++;
        }
    }
    assert_int_equal(too_many, 0);
}

#define TOUCHES_LITTLE(test, past, kept)                                                           \
    static void test(void **state)                                                                 \
    {                                                                                              \
        touches_little(*state, past, kept);                                                        \
    }
TOUCHES_LITTLE(each_touches_little_when_nothing_was_analysed, pasts[0], false)
TOUCHES_LITTLE(each_touches_little_when_tables_were_analysed_empty, pasts[1], false)
TOUCHES_LITTLE(each_touches_little_when_only_finished_rows_were_seen, pasts[2], false)
TOUCHES_LITTLE(each_touches_little_by_a_plan_kept_from_the_beginning, pasts[0], true)
TOUCHES_LITTLE(each_touches_little_by_a_plan_kept_from_empty_tables, pasts[1], true)
TOUCHES_LITTLE(each_touches_little_by_a_plan_kept_from_finished_rows, pasts[2], true)

/* A whole claim: what is out of order goes out of the way, then the claim itself. */
static const char *const claim_names[] = { "defer_blocked_jobs", "claim_jobs" };
static const char *const claim_args[] = { KINDS ", 500, 10", "'w', " KINDS ", 500, 10, 8" };

static void prepare_claim(struct t *t)
{
    for (size_t i = 0; i < COUNT(claim_names); i++)
        ask(t, (struct asked){ .q = &prepare,
                   .name = claim_names[i],
                   .args = claim_args[i],
                   .statement = statement_text(t, "src/jobs/jobs.sql", claim_names[i]) });
}

static int64_t sum_of_a_claim(struct t *t, const struct query *q)
{
    int64_t sum = 0;

    for (size_t i = 0; i < COUNT(claim_names); i++)
        sum += ask(t, (struct asked){ .q = q, .name = claim_names[i], .args = claim_args[i] });
    return sum;
}

static int64_t blocks_of_a_claim(struct t *t)
{
    return sum_of_a_claim(t, &blocks);
}

static void one_claim_is_short_after_only_finished_rows_were_seen(void **state)
{
    struct t *t = *state;
    int64_t quickest = INT32_MAX, now;

    sql_run(t, "%s", tools);
    analyse(t, "finished");
    prepare_claim(t);
    sql_run(t,
        "INSERT INTO platform.job (id, kind, max_attempts, ordering_key, org_id) SELECT "
        "gen_random_uuid(), CASE i %% 2 WHEN 0 THEN 'work.a' ELSE 'work.b' END, 20, 'k' || i, "
        "md5(i::text)::uuid FROM generate_series(1, 2000) i");
    assert_in_range(blocks_of_a_claim(t), 1, CLAIM_BLOCKS);
    for (int look = 0; look < LOOKS; look++) {
        now = sum_of_a_claim(t, &ms);
        quickest = now < quickest ? now : quickest;
    }
    assert_in_range(quickest, 0, CLAIM_MS - 1);
}

/* However many jobs of one organisation are on hold: once each was parked, a claim does not meet
 * them. */
static void jobs_on_hold_cost_a_claim_nothing(void **state)
{
    struct t *t = *state;
    const struct job_row *rows;
    size_t n;

    sql_run(t, "%s", tools);
    analyse(t, "finished");
    prepare_claim(t);
    sql_run(t, "INSERT INTO platform.job_hold (org_id) VALUES (md5('held')::uuid)");
    sql_run(t,
        "INSERT INTO platform.job (id, kind, max_attempts, org_id) SELECT gen_random_uuid(), "
        "'work.a', 20, md5('held')::uuid FROM generate_series(1, %d) i",
        5 * ROWS);
    expect_ok(store_claim(arena_of(t), "w", 8, &rows, &n));
    assert_int_equal(n, 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job_parked"), 5 * ROWS);
    sql_run(t, "VACUUM platform.job"); /* as autovacuum does after 2,000 */
    assert_in_range(blocks_of_a_claim(t), 1, HELD_BLOCKS);
}

static bool has_word(const struct sql_piece *piece, const char *word)
{
    const char *from = piece->sql;
    struct sql_token token;

    while (sql_file_next_token(&from, piece->sql + piece->sql_size, &token))
        if (token.size == strlen(word) && memcmp(token.at, word, token.size) == 0)
            return true;
    return false;
}

static bool is_listed(const char *file, const struct sql_piece *piece)
{
    for (size_t i = 0; i < COUNT(statements); i++)
        if (strcmp(statements[i].file, file) == 0 &&
            strlen(statements[i].name) == piece->name_size &&
            memcmp(statements[i].name, piece->name, piece->name_size) == 0)
            return true;
    return false;
}

static void every_statement_that_takes_a_bite_is_tried_here(void **state)
{
    struct t *t = *state;
    glob_t files = { 0 };

    assert_int_equal(glob("src/{*,*/*}/*.sql", GLOB_BRACE, NULL, &files), 0);
    assert_int_equal(glob("modules/*/*.sql", GLOB_APPEND, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        size_t size;
        const char *at = file_text(t, files.gl_pathv[i], &size), *end = at + size, *problem = NULL;
        struct sql_piece piece;
        int line = 1;

        while (sql_file_next_query(&at, end, &line, &piece, &problem))
            if (has_word(&piece, "LIMIT") &&
                (has_word(&piece, "UPDATE") || has_word(&piece, "DELETE")) &&
                !is_listed(files.gl_pathv[i], &piece))
                fail_msg("%s: %.*s has no line here", files.gl_pathv[i], (int)piece.name_size,
                    piece.name);
    }
    globfree(&files);
}

static const struct job_kind A = { .name = "work.a", .payload = &nothing_shape };
static const struct job_kind B = { .name = "work.b", .payload = &nothing_shape };
static const struct module work_module = { .name = "work",
    .jobs = (const struct job_kind *const[]){ &A, &B, NULL } };

/* All of the binary's, and that one. */
enum { MODULES_MAX = 32 };
static const struct module *all[MODULES_MAX];

static void add_work_module(void)
{
    size_t n = 0;

    while (modules_linked[n] != NULL && n < MODULES_MAX - 2) {
        all[n] = modules_linked[n];
        n++;
    }
    all[n] = &work_module;
    testkit_modules = all;
}

int main(void)
{
    add_work_module();
    return run_db_tests(every_statement_that_takes_a_bite_is_tried_here,
        one_claim_is_short_after_only_finished_rows_were_seen, jobs_on_hold_cost_a_claim_nothing,
        each_touches_little_when_nothing_was_analysed,
        each_touches_little_when_tables_were_analysed_empty,
        each_touches_little_when_only_finished_rows_were_seen,
        each_touches_little_by_a_plan_kept_from_the_beginning,
        each_touches_little_by_a_plan_kept_from_empty_tables,
        each_touches_little_by_a_plan_kept_from_finished_rows);
}
