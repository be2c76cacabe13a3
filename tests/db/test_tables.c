/* The catalogue of tables: every table there is has its row, and every swept one loses what is past
 * its time while more arrives. What is past its time is said by <module>'s tests/past.sql. Knows no
 * table. */
#include "testkit.h"
#include "jobs/jobs.h"
#include "jobs/table.h"
#include "modules.h"
#include "module/registry.h"
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
    ROWS_SHORT = 2000, /* more than a bite */
    ROWS_LONG = 60000,
    WITHIN_S = 60,
    ARRIVE = 10, /* at once, every tenth of a second */
    ARRIVE_EVERY_MS = 100,
    LEFT_MOST = 500, /* what arrived since the last look */
    FILE_MAX = 1 << 16,
};

/* --- Every table has a row --- */

static const struct table *find(const struct module *m, const char *name)
{
    for (const struct table *t = m->tables; t != NULL && t->name != NULL; t++)
        if (strcmp(t->name, name) == 0)
            return t;
    return NULL;
}

/* How many of the module's tables have no row; it names them. */
static int tables_without_row(struct t *t, const struct module *m)
{
    int64_t n = sql_int(t,
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND NOT "
        "relispartition AND relnamespace = to_regnamespace('%s')",
        m->name);
    int missing = 0;

    for (int64_t i = 0; i < n; i++) {
        const char *name = sql_text(t,
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND "
            "relnamespace = to_regnamespace('%s') ORDER BY relname OFFSET %lld LIMIT 1",
            m->name, (long long)i);
        if (find(m, name) == NULL) {
            print_error("%s.%s is neither kept nor swept: add its row to the module's tables\n",
                m->name, name);
            missing++;
        }
    }
    return missing;
}

static int rows_without_table(struct t *t, const struct module *m)
{
    int missing = 0;

    for (const struct table *row = m->tables; row != NULL && row->name != NULL; row++) {
        if (sql_int(t, "SELECT count(to_regclass('%s.%s'))", m->name, row->name) == 1)
            continue;
        print_error("%s has a row for %s, which is no table\n", m->name, row->name);
        missing++;
    }
    return missing;
}

static void every_table_is_kept_or_swept(void **state)
{
    struct t *t = *state;
    struct buf problems;
    int wrong = 0;

    for (const struct module *const *m = registry_modules(); *m != NULL; m++)
        wrong += tables_without_row(t, *m) + rows_without_table(t, *m);
    assert_int_equal(wrong, 0);
    buf_init(&problems, arena_of(t), 10000);
    tables_check(&problems);
    assert_string_equal(problems.data != NULL ? problems.data : "", "");
}

static void a_new_table_without_a_row_is_noticed(void **state)
{
    struct t *t = *state;

    sql_run(t, "CREATE TABLE platform.forgotten (id uuid)");
    assert_int_equal(tables_without_row(t, registry_modules()[0]), 1);
}

static err no_bite(struct ctx *c, int64_t most, int64_t *gone)
{
    (void)c;
    (void)most;
    *gone = 0;
    return NULL;
}

JOB_HANDLER(sweep_nothing, nothing)
{
    (void)c, (void)in;
    return NULL;
}
static JOB_KIND(HOURLY, nothing, .name = "m.hourly", .system = true, .every_s = 3600);

static void rows_that_cannot_be_are_named(void **state)
{
    static const struct table wrong[] = { { .name = "both", .kept = "k", .swept = "s" },
        { .name = "neither" }, { .name = "nobody", .swept = "s", .bite = no_bite },
        { .name = "other", .swept = "s", .bite = no_bite, .by = &HOURLY.kind },
        { .name = "lost", .swept = "s", .with = "neither" }, { .name = "good", .kept = "k" },
        { .name = "good", .kept = "k" }, { NULL } };
    static const struct job_kind *const jobs[] = { &HOURLY.kind, NULL };
    static const struct job_worker workers[] = { { RUNS(HOURLY, sweep_nothing) }, { .job = NULL } };
    static const struct module module = {
        .name = "m", .tables = wrong, .jobs = jobs, .workers = workers
    };
    static const struct module *const modules[] = { &module, NULL };
    struct t *t = *state;
    struct buf problems;

    buf_init(&problems, arena_of(t), 10000);
    registry_set(modules);
    tables_check(&problems);
    registry_set(modules_linked);
    assert_string_equal(problems.data,
        "m: table both: it must be either kept or swept.\n"
        "m: table neither: it must be either kept or swept.\n"
        "m: table nobody: no scheduled system job of the module sweeps it.\n"
        "m: table other: no scheduled system job of the module sweeps it.\n"
        "m: table lost: the table it goes with is not swept.\n"
        "m: table good: the name is used twice.\n");
}

/* --- Every swept table loses what is past its time --- */

static const char *read_file(struct t *t, const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = arena_alloc(arena_of(t), FILE_MAX);
    size_t n;

    if (f == NULL)
        return "";
    n = fread(text, 1, FILE_MAX - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

/* The statement of that name in the module's past.sql; NULL: it is missing. */
static const char *past_of(struct t *t, const struct module *m, const char *table)
{
    const char *path = strcmp(m->name, "platform") == 0
                           ? "tests/db/past.sql"
                           : arena_printf(arena_of(t), "modules/%s/tests/past.sql", m->name);
    const char *head = arena_printf(arena_of(t), "-- name: %s\n", table);
    const char *at = strstr(read_file(t, path), head), *end;

    if (at == NULL)
        return NULL;
    at += strlen(head);
    end = strstr(at, "-- name: ");
    return arena_strndup(arena_of(t), at, end != NULL ? (size_t)(end - at) : strlen(at));
}

static const char *with_rows(struct arena *a, const char *statement, int rows)
{
    struct buf out;
    const char *at;

    buf_init(&out, a, FILE_MAX);
    while ((at = strstr(statement, ":rows")) != NULL) {
        buf_add(&out, statement, (size_t)(at - statement));
        buf_printf(&out, "%d", rows);
        statement = at + strlen(":rows");
    }
    buf_printf(&out, "%s", statement);
    return out.data;
}

struct arriving {
    PGconn *link;
    const char *statement;
    atomic_bool over;
    int refused;
};

static void *arrive(void *arg)
{
    struct arriving *a = arg;

    while (!atomic_load(&a->over)) {
        PGresult *r = PQexec(a->link, a->statement);
        if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
            a->refused++;
        PQclear(r);
        usleep(ARRIVE_EVERY_MS * 1000);
    }
    return NULL;
}

struct swept {
    const struct module *module;
    const struct table *table;
    const struct job_kind *by;
};

static int64_t rows_of(struct t *t, const struct swept *s)
{
    return sql_int(t, "SELECT count(*) FROM %s.%s", s->module->name, s->table->name);
}

static err begin_sweep(struct ctx *c, void *arg)
{
    static const struct nothing none;
    const struct swept *s = arg;

    return job_enqueue_(c, s->by, &none, &(const struct job_options){ .dedupe_key = NULL });
}

/* Rows that are left of `rows` that were there, while others arrive all the time. */
static int64_t sweep_against(struct t *t, struct swept *s, const char *past, int64_t *took_us)
{
    struct arriving a = { .link = PQconnectdb(database_url_of(t)),
        .statement = with_rows(arena_of(t), past, ARRIVE) };
    int64_t before = rows_of(t, s), left, began_us;
    int rows = getenv("ASHLAR_TEST_LONG") != NULL && getenv("ASHLAR_TEST_LONG")[0] != '\0'
                   ? ROWS_LONG
                   : ROWS_SHORT;
    pthread_t thread;

    sql_run(t, "%s", with_rows(arena_of(t), past, rows));
    if (rows_of(t, s) != before + rows)
        fail_msg("past.sql: %s of %s fills in %lld rows instead of %d", s->table->name,
            s->module->name, (long long)(rows_of(t, s) - before), rows);
    pthread_create(&thread, NULL, arrive, &a);
    began_us = clock_monotonic_us();
    expect_ok(tx_run(make_ctx(t, NULL, NULL), begin_sweep, s));
    (void)jobs_drain();
    *took_us = clock_monotonic_us() - began_us;
    left = rows_of(t, s) - before;
    atomic_store(&a.over, true);
    pthread_join(thread, NULL);
    PQfinish(a.link);
    assert_int_equal(a.refused, 0);
    return left;
}

static bool is_swept_in_time(struct t *t, struct swept *s)
{
    const char *past = past_of(t, s->module, s->table->name);
    int64_t took_us, left;

    if (past == NULL) {
        print_error("%s.%s: nothing in past.sql says what is past its time\n", s->module->name,
            s->table->name);
        return false;
    }
    left = sweep_against(t, s, past, &took_us);
    print_message("%s.%s: %lld ms, %lld left\n", s->module->name, s->table->name,
        (long long)(took_us / 1000), (long long)left);
    if (left <= LEFT_MOST && took_us <= SECONDS(WITHIN_S))
        return true;
    print_error("%s.%s keeps what is past its time\n", s->module->name, s->table->name);
    return false;
}

static void every_swept_table_loses_what_is_past_its_time_while_more_arrives(void **state)
{
    struct t *t = *state;
    int wrong = 0;

    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        for (const struct table *row = (*m)->tables; row != NULL && row->name != NULL; row++) {
            const struct table *with = row->with != NULL ? find(*m, row->with) : row;
            struct swept s = { *m, row, with->by };
            if (row->swept != NULL)
                wrong += !is_swept_in_time(t, &s);
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    return run_db_tests(every_table_is_kept_or_swept, a_new_table_without_a_row_is_noticed,
        rows_that_cannot_be_are_named,
        every_swept_table_loses_what_is_past_its_time_while_more_arrives);
}
