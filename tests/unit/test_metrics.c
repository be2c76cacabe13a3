/* Counters, histograms and their page: a fixed set of series. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "metrics/metrics_start.h"
#include "module/registry.h"
#include <pthread.h>

static const struct metric MAILS = {
    .name = "test_mails_total",
    .help = "Mails.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "sent|refused|later",
};
static const struct metric DEPTH = { .name = "test_depth", .help = "Depth.", .kind = METRIC_GAUGE };
static const struct metric UNDECLARED = { .name = "test_undeclared", .help = "No." };
static const struct metric *const metrics[] = { &MAILS, &DEPTH, NULL };
static const struct module counting = { .name = "counting", .metrics = metrics };
static const struct module *const modules[] = { &counting, NULL };
static const char *const routes[] = { "createOrg", "listOrgs" };

static struct arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new(0);
    registry_set(modules);
    metrics_start(registry_modules(), routes, COUNT(routes));
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static const char *page(void)
{
    struct buf out;
    buf_init(&out, a, 1024 * 1024);
    metrics_render(&out);
    assert_false(buf_is_full(&out));
    return out.data;
}

#define assert_line(text)                                                                          \
    do {                                                                                           \
        if (!strstr(page(), "\n" text "\n"))                                                       \
            fail_msg("no line \"%s\" in\n%s", text, page());                                       \
    } while (0)

static void labels_are_a_closed_list(void **state)
{
    (void)state;
    metric_add(&MAILS, "sent", 2);
    metric_add(&MAILS, "later", 1);
    metric_add(&MAILS, "eaten", 1);
    metric_add(&MAILS, "sen", 1);
    metric_add(&MAILS, NULL, 1);
    assert_line("test_mails_total{outcome=\"sent\"} 2");
    assert_line("test_mails_total{outcome=\"refused\"} 0");
    assert_line("test_mails_total{outcome=\"later\"} 1");
    assert_line("test_mails_total{outcome=\"other\"} 3");
    assert_line("# TYPE test_mails_total counter");
}

static void gauges_are_set(void **state)
{
    (void)state;
    metric_set(&DEPTH, NULL, 7);
    metric_set(&DEPTH, NULL, 5);
    metric_add(&DEPTH, NULL, -1);
    assert_line("test_depth 4");
    assert_line("# TYPE test_depth gauge");
}

static void what_nobody_declared_adds_no_series(void **state)
{
    (void)state;
    metric_add(&UNDECLARED, NULL, 1);
    assert_null(strstr(page(), "undeclared"));
}

static void requests_count_by_route_status_and_duration(void **state)
{
    (void)state;
    metrics_request(0, 201, 900, 1);
    metrics_request(0, 201, 1000, 1);
    metrics_request(0, 422, 30000, 0);
    metrics_request(1, 503, 20000000, 3);
    metrics_request(2, 404, 100, 0);
    metrics_request(9999, 404, 100, 0);
    assert_line("ashlar_http_requests_total{route=\"createOrg\",status=\"2xx\"} 2");
    assert_line("ashlar_http_requests_total{route=\"createOrg\",status=\"4xx\"} 1");
    assert_line("ashlar_http_requests_total{route=\"listOrgs\",status=\"5xx\"} 1");
    assert_line("ashlar_http_requests_total{route=\"unmatched\",status=\"4xx\"} 2");
    assert_line("http_server_request_duration_seconds_bucket{route=\"createOrg\",le=\"0.001\"} 2");
    assert_line("http_server_request_duration_seconds_bucket{route=\"createOrg\",le=\"0.025\"} 2");
    assert_line("http_server_request_duration_seconds_bucket{route=\"createOrg\",le=\"0.05\"} 3");
    assert_line("http_server_request_duration_seconds_bucket{route=\"listOrgs\",le=\"10\"} 0");
    assert_line("http_server_request_duration_seconds_bucket{route=\"listOrgs\",le=\"+Inf\"} 1");
    assert_line("http_server_request_duration_seconds_sum{route=\"createOrg\"} 0.031900");
    assert_line("http_server_request_duration_seconds_count{route=\"createOrg\"} 3");
    assert_line("ashlar_http_round_trips_total{route=\"listOrgs\"} 3");
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void series_do_not_grow(void **state)
{
    (void)state;
    size_t before = count_lines(page());
    for (int i = 0; i < 1000; i++) {
        metrics_request((size_t)i, i, i * 100, i);
        metric_add(&MAILS, arena_printf(a, "%d", i), 1);
    }
    assert_int_equal(count_lines(page()), before);
}

/* "# HELP name …", "# TYPE name …" or `name{label="v",…} number`. */
static void every_line_is_prometheus_text(void **state)
{
    (void)state;
    char *text = arena_strdup(a, page()), *rest = text, *line;
    while ((line = strsep(&rest, "\n")) && rest) {
        char name[100], labels[200], value[40];
        if (*line == '#') {
            assert_int_equal(sscanf(line, "# %*[A-Z] %99[a-z_]", name), 1);
            continue;
        }
        if (sscanf(line, "%99[a-z_]{%199[^}]} %39[0-9.]", name, labels, value) != 3 &&
            sscanf(line, "%99[a-z_] %39[0-9.]", name, value) != 2)
            fail_msg("odd line: %s", line);
    }
}

static void the_process_is_described(void **state)
{
    (void)state;
    const char *text = page();
    assert_non_null(strstr(text, "ashlar_build_info{version=\""));
    const char *rss = strstr(text, "\nprocess_resident_memory_bytes ");
    assert_non_null(rss);
    assert_true(strtoll(rss + strlen("\nprocess_resident_memory_bytes "), NULL, 10) > 1000000);
    const char *files = strstr(text, "\nprocess_open_fds ");
    assert_true(strtoll(files + strlen("\nprocess_open_fds "), NULL, 10) >= 3);
    assert_non_null(strstr(text, "\nashlar_log_dropped_total "));
    assert_non_null(strstr(text, "\nprocess_start_time_seconds "));
}

static void ask_depth(void)
{
    metric_add(&DEPTH, NULL, 1);
}

static void who_is_asked_is_asked_once_a_page(void **state)
{
    (void)state;
    metrics_ask(ask_depth);
    metrics_ask(ask_depth);
    assert_non_null(strstr(page(), "\ntest_depth 1\n"));
    assert_non_null(strstr(page(), "\ntest_depth 2\n"));
}

static void *count_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < 10000; i++) {
        metric_add(&MAILS, "refused", 1);
        metrics_request(1, 200, 10, 1);
    }
    return NULL;
}

static void no_count_is_lost_between_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count_many, NULL);
    page();
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_line("test_mails_total{outcome=\"refused\"} 40000");
    assert_line("ashlar_http_requests_total{route=\"listOrgs\",status=\"2xx\"} 40000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(labels_are_a_closed_list, begin, end),
        cmocka_unit_test_setup_teardown(gauges_are_set, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_declared_adds_no_series, begin, end),
        cmocka_unit_test_setup_teardown(requests_count_by_route_status_and_duration, begin, end),
        cmocka_unit_test_setup_teardown(series_do_not_grow, begin, end),
        cmocka_unit_test_setup_teardown(every_line_is_prometheus_text, begin, end),
        cmocka_unit_test_setup_teardown(the_process_is_described, begin, end),
        cmocka_unit_test_setup_teardown(who_is_asked_is_asked_once_a_page, begin, end),
        cmocka_unit_test_setup_teardown(no_count_is_lost_between_threads, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
