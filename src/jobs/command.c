/* `ashlar jobs`: view and changes for operators. */
#include "db/tx.h"
#include "jobs.h"
#include "jobs_sql.h"
#include "store.h"
#include <ashlar/buf.h>
#include <ashlar/db.h>
#include <ashlar/text.h>
#include <stdio.h>

enum { OK = 0, FAILED = 1, USAGE = 2, ROWS_MAX = 1000, OUT_MAX = 16 * 1024 * 1024 };

static const char usage[] =
    "usage: ashlar jobs list [--state ready|running|done|dead] [--kind KIND] [--limit N] "
    "[--json]\n                        list dead jobs first, then running, then waiting jobs\n     "
    "  ashlar jobs show JOB [--json]\n                        show all details of a job without "
    "its secrets\n       ashlar jobs retry JOB | --kind KIND | --all\n                        run "
    "dead jobs again from their first attempt\n       ashlar jobs discard JOB\n                    "
    "    delete a dead or waiting job; its ordering key continues\n";

struct options {
    struct uuid id;
    const char *state, *kind;
    int64_t limit;
    bool json, all;
};

/* --- Arguments --- */

static bool take_value(const char *name, const char *value, struct options *o)
{
    if (value == NULL)
        return false;
    if (text_equal(name, "--kind"))
        o->kind = value;
    else if (text_equal(name, "--state") &&
             text_is_one_of("ready|running|done|dead", value, strlen(value)))
        o->state = value;
    else
        return text_equal(name, "--limit") && text_to_int(value, &o->limit) && o->limit > 0 &&
               o->limit <= ROWS_MAX;
    return true;
}

static bool parse(char **argv, struct options *o)
{
    *o = (struct options){ .limit = 50 };
    for (; *argv != NULL; argv++) {
        if (text_equal(*argv, "--json"))
            o->json = true;
        else if (text_equal(*argv, "--all"))
            o->all = true;
        else if (typeid_parse("job", *argv, strlen(*argv), &o->id))
            continue;
        else if (!take_value(*argv, argv[1], o))
            return false;
        else
            argv++;
    }
    return true;
}

static int bad_usage(void)
{
    fputs(usage, stderr);
    return USAGE;
}

static int explain(err e)
{
    fprintf(stderr, "ashlar: %s (%s). See the log line above.\n", e->title, e->code);
    return FAILED;
}

/* --- list --- */

struct listed_job {
    struct uuid id;
    const char *kind, *state;
    int64_t attempts, max_attempts;
    struct instant run_at, finished_at;
    struct uuid org_id;
    const char *last_error;
};
static const struct field listed_job_fields[] = {
    ID(listed_job, id, "job"),
    TEXT(listed_job, kind),
    TEXT(listed_job, state),
    INT(listed_job, attempts),
    INT(listed_job, max_attempts),
    TIME(listed_job, run_at),
    TIME(listed_job, finished_at, .optional = true),
    ID(listed_job, org_id, "org", .optional = true),
    TEXT(listed_job, last_error, .optional = true),
};
static SHAPE(listed_job);

struct listing {
    const struct options *o;
    const struct listed_job *rows;
    size_t n;
};

static err read_list(struct ctx *c, void *arg)
{
    struct listing *l = arg;

    return db_list(c, &SQL_list_jobs, listed_job, &l->rows, &l->n,
        ARGS(ARG(l->o->state), ARG(l->o->kind), ARG(l->o->limit)));
}

static void print_row(const struct listed_job *j)
{
    char id[TYPEID_MAX + 1], at[INSTANT_TEXT_SIZE];

    typeid_format("job", j->id, id);
    instant_format(j->finished_at.us != 0 ? j->finished_at : j->run_at, at);
    printf("%-30s  %-7s  %-36s  %2d of %-2d  %-27s  %.60s\n", id, j->state, j->kind,
        (int)j->attempts, (int)j->max_attempts, at, j->last_error != NULL ? j->last_error : "");
}

static void print_json(const struct shape *s, const void *row)
{
    struct buf b;

    buf_init(&b, NULL, OUT_MAX);
    shape_render_(&b, s, row);
    puts(b.data);
    buf_release(&b);
}

static int list(struct ctx *c, const struct options *o)
{
    struct listing l = { .o = o };
    err e = tx_run_as(c, DB_SYSTEM, TX_READ, read_list, &l);
    const struct listed_job *rows = l.rows;

    if (e != NULL)
        return explain(e);
    if (!o->json)
        printf("%-30s  %-7s  %-36s  %-8s  %-27s  %s\n", "JOB", "STATE", "KIND", "ATTEMPTS",
            "DUE OR ENDED", "LAST ERROR");
    for (size_t i = 0; i < l.n; i++) {
        if (o->json)
            print_json(&listed_job_shape, &rows[i]);
        else
            print_row(&rows[i]);
    }
    return OK;
}

/* --- show --- */

struct showing {
    struct uuid id;
    struct job_detail job;
    bool found;
};

static err read_one(struct ctx *c, void *arg)
{
    struct showing *s = arg;

    return db_maybe(c, &SQL_show_job, job_detail, &s->job, &s->found, ARGS(ARG(s->id)));
}

/* The shape formats each member. Here each member gets a separate line. */
static void print_members(const struct job_detail *job)
{
    const struct shape *s = &job_detail_shape;

    for (size_t i = 0; i < s->n_fields; i++) {
        struct shape one = {
            .name = s->name, .size = s->size, .fields = &s->fields[i], .n_fields = 1
        };
        struct buf b;
        char *value;

        buf_init(&b, NULL, OUT_MAX);
        shape_render_(&b, &one, job);
        value = strchr(b.data, ':'); /* {"name":value} */
        if (value != NULL && strcmp(value + 1, "null}") != 0)
            printf("%-15s %.*s\n", s->fields[i].name, (int)(b.size - 2 - (size_t)(value - b.data)),
                value + 1);
        buf_release(&b);
    }
}

static int no_such_job(void)
{
    fputs("ashlar: no such job (done jobs are kept for a day)\n", stderr);
    return FAILED;
}

static int show(struct ctx *c, const struct options *o)
{
    struct showing s = { .id = o->id };
    err e;

    if (uuid_is_nil(o->id))
        return bad_usage();
    e = tx_run_as(c, DB_SYSTEM, TX_READ, read_one, &s);
    if (e != NULL)
        return explain(e);
    if (!s.found)
        return no_such_job();
    if (o->json)
        print_json(&job_detail_shape, &s.job);
    else
        print_members(&s.job);
    return OK;
}

/* --- retry and discard --- */

struct change {
    const struct options *o;
    int64_t n;
};

static err do_retry(struct ctx *c, void *arg)
{
    struct change *w = arg;
    bool sent;

    TRY(db_exec_count(c, &SQL_retry_jobs, &w->n, ARGS(ARG(w->o->id), ARG(w->o->kind))));
    return db_bool(c, &SQL_notify_workers, &sent, NO_ARGS);
}

static int retry(struct ctx *c, const struct options *o)
{
    struct change w = { .o = o };
    err e;

    if ((!uuid_is_nil(o->id)) + (o->kind != NULL) + o->all != 1)
        return bad_usage();
    e = tx_run_as(c, DB_SYSTEM, TX_WRITE, do_retry, &w);
    if (e != NULL)
        return explain(e);
    printf("%d dead %s again\n", (int)w.n, w.n == 1 ? "job runs" : "jobs run");
    return w.n == 0 && !o->all ? FAILED : OK;
}

static err do_discard(struct ctx *c, void *arg)
{
    struct change *w = arg;
    struct job_detail job;
    err e = job_get(c, w->o->id, &job);

    if (e == &ERR_NOT_FOUND)
        return NULL;
    TRY(e);
    TRY(store_report_death(c, job.id, job.kind, "ready"));
    return db_int(c, &SQL_discard_job, &w->n, ARGS(ARG(job.id)));
}

static int discard(struct ctx *c, const struct options *o)
{
    struct change w = { .o = o };
    err e;

    if (uuid_is_nil(o->id))
        return bad_usage();
    e = tx_run_as(c, DB_SYSTEM, TX_WRITE, do_discard, &w);
    if (e != NULL)
        return explain(e);
    if (w.n == 0)
        return no_such_job();
    puts("discarded");
    return OK;
}

int jobs_command(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct ctx *c, const struct options *o);
    } verbs[] = {
        { "list", list },
        { "show", show },
        { "retry", retry },
        { "discard", discard },
    };
    struct options o;
    struct arena *a;
    struct ctx c;
    int code = -1;

    if (argc < 2 || !parse(argv + 2, &o))
        return bad_usage();
    a = arena_new(0);
    store_ctx(&c, a, "jobs.command");
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (text_equal(argv[1], verbs[i].name))
            code = verbs[i].run(&c, &o);
    }
    arena_free(a);
    return code >= 0 ? code : bad_usage();
}
