/* Declared counters and gauges, and the page of all metrics. */
#include "base/memory.h"
#include "metrics_start.h"
#include "process.h"
#include "requests.h"
#include <stdatomic.h>

/* One row per declared metric. Its values are adjacent: the listed ones, then "other". */
struct row {
    const struct metric *metric;
    _Atomic int64_t *values;
    size_t n_values;
};

enum { ASKED_MAX = 16 };

static struct row *rows; /* sorted by the metric's address */
static size_t n_rows;
static void (*asked[ASKED_MAX])(void);
static size_t n_asked;

static size_t count_words(const char *list)
{
    size_t n = 1;
    for (; *list; list++)
        n += *list == '|';
    return n;
}

static size_t count_values(const struct metric *m)
{
    return m->label ? count_words(m->values) + 1 : 1;
}

static int by_address(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct row *)a)->metric;
    uintptr_t right = (uintptr_t)((const struct row *)b)->metric;
    return (left > right) - (left < right);
}

static void forget_rows(void)
{
    for (size_t i = 0; i < n_rows; i++)
        free(rows[i].values);
    free(rows);
    rows = NULL;
    n_rows = 0;
}

static void add_row(const struct metric *m)
{
    struct row *r = &rows[n_rows++];
    *r = (struct row){ .metric = m, .n_values = count_values(m) };
    r->values = memory_alloc(r->n_values * sizeof *r->values);
    for (size_t i = 0; i < r->n_values; i++)
        atomic_init(&r->values[i], 0);
}

void metrics_start(
    const struct module *const *modules, const char *const *route_ids, size_t n_routes)
{
    size_t total = 0;
    process_start();
    requests_start(route_ids, n_routes);
    forget_rows();
    for (const struct module *const *m = modules; *m; m++)
        for (const struct metric *const *k = (*m)->metrics; k && *k; k++)
            total++;
    rows = memory_alloc(total * sizeof *rows);
    for (const struct module *const *m = modules; *m; m++)
        for (const struct metric *const *k = (*m)->metrics; k && *k; k++)
            add_row(*k);
    qsort(rows, n_rows, sizeof *rows, by_address);
}

void metrics_totals(int64_t *all, int64_t *failed)
{
    requests_totals(all, failed);
}

void metrics_request(size_t route, int status, int64_t duration_us, int round_trips)
{
    requests_count(route, status, duration_us, round_trips);
}

void metrics_ask(void (*fn)(void))
{
    for (size_t i = 0; i < n_asked; i++)
        if (asked[i] == fn)
            return;
    if (n_asked == ASKED_MAX)
        memory_abort("metrics.callback_limit_exceeded", n_asked, ASKED_MAX);
    asked[n_asked++] = fn;
}

/* Index in "sent|refused|later". Their number for any other word. */
static size_t index_of(const char *list, const char *word)
{
    size_t wanted = word ? strlen(word) : 0, i = 0;
    for (;; list++, i++) {
        size_t size = strcspn(list, "|");
        if (size == wanted && word && memcmp(list, word, size) == 0)
            return i;
        list += size;
        if (!*list)
            return i + 1;
    }
}

/* NULL before metrics_start (commands, tests) and for a metric that no enabled module declares. */
static _Atomic int64_t *value_of(const struct metric *m, const char *value)
{
    const struct row wanted = { .metric = m };
    struct row *r = n_rows ? bsearch(&wanted, rows, n_rows, sizeof *rows, by_address) : NULL;
    if (!r)
        return NULL;
    return &r->values[m->label ? index_of(m->values, value) : 0];
}

void metric_add(const struct metric *m, const char *value, int64_t n)
{
    _Atomic int64_t *at = value_of(m, value);
    if (at)
        atomic_fetch_add_explicit(at, n, memory_order_relaxed);
}

void metric_set(const struct metric *m, const char *value, int64_t n)
{
    _Atomic int64_t *at = value_of(m, value);
    if (at)
        atomic_store_explicit(at, n, memory_order_relaxed);
}

static void render_row(struct buf *out, const struct row *r)
{
    const struct metric *m = r->metric;
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
        m->kind == METRIC_COUNTER ? "counter" : "gauge");
    const char *word = m->label ? m->values : "";
    for (size_t i = 0; i < r->n_values; i++) {
        long long n = (long long)atomic_load_explicit(&r->values[i], memory_order_relaxed);
        size_t size = strcspn(word, "|");
        if (!m->label)
            buf_printf(out, "%s %lld\n", m->name, n);
        else if (i + 1 == r->n_values)
            buf_printf(out, "%s{%s=\"other\"} %lld\n", m->name, m->label, n);
        else
            buf_printf(out, "%s{%s=\"%.*s\"} %lld\n", m->name, m->label, (int)size, word, n);
        word += size + (word[size] == '|');
    }
}

void metrics_render(struct buf *out)
{
    for (size_t i = 0; i < n_asked; i++)
        asked[i]();
    requests_render(out);
    for (size_t i = 0; i < n_rows; i++)
        render_row(out, &rows[i]);
    process_render(out);
}
