/* Log lines: one each, not to be forged, never in anybody's way. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "base/ctx_open.h"
#include "base/log_line.h"
#include <ashlar/clock.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    log_redirect(-1);
    log_start(LOG_INFO, LOG_JSON);
    arena_free(a);
    return 0;
}

/* What one call writes, read back from a pipe. */
struct reader {
    int in, out;
};

static struct reader reader_open(enum log_level level, enum log_format format)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    log_start(level, format);
    log_redirect(fds[1]);
    return (struct reader){ fds[0], fds[1] };
}

/* Good until the next call. */
static char *reader_take(const struct reader *r)
{
    static char text[256 * 1024];
    size_t size = 0;
    ssize_t n;
    while ((n = read(r->in, text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)n;
    text[size] = '\0';
    return text;
}

static void reader_close(const struct reader *r)
{
    log_redirect(-1);
    close(r->in);
    close(r->out);
}

static json_t *as_json(const char *line)
{
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        fail_msg("%s in: %s", error.text, line);
    assert_string_equal(line + strlen(line) - 2, "}\n");
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    return object;
}

static const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (!text)
        fail_msg("no \"%s\"", name);
    return text;
}

static void a_line_is_one_json_object_with_its_fields(void **state)
{
    (void)state;
    struct reader r = reader_open(LOG_INFO, LOG_JSON);
    log_info(NULL, "mail.sent", log_text("to", "x"), log_int("ms", -5), log_bool("again", true),
        log_text("none", NULL));
    json_t *line = as_json(reader_take(&r));
    struct instant at;
    const char *ts = text_of(line, "ts");
    assert_true(instant_parse(ts, strlen(ts), &at));
    const int64_t now = clock_now().us;
    assert_in_range(at.us, now - SECONDS(5), now);
    assert_string_equal(text_of(line, "level"), "info");
    assert_string_equal(text_of(line, "event"), "mail.sent");
    assert_string_equal(text_of(line, "to"), "x");
    assert_int_equal(json_integer_value(json_object_get(line, "ms")), -5);
    assert_true(json_is_true(json_object_get(line, "again")));
    assert_true(json_is_null(json_object_get(line, "none")));
    json_decref(line);
    reader_close(&r);
}

static void a_unit_of_work_adds_who_and_what(void **state)
{
    (void)state;
    struct reader r = reader_open(LOG_INFO, LOG_JSON);
    char id[UUID_TEXT_SIZE + 1];
    struct ctx c;
    ctx_open(&c, a, "createOrg");
    c.org = uuid_new();
    c.actor.person = uuid_new();
    log_warn(&c, "org.odd");
    json_t *line = as_json(reader_take(&r));
    assert_string_equal(text_of(line, "operation"), "createOrg");
    assert_string_equal(text_of(line, "request_id"), c.request_id);
    assert_string_equal(text_of(line, "trace_id"), c.trace_id);
    assert_string_equal(text_of(line, "span_id"), c.span_id);
    uuid_format(c.org, id);
    assert_string_equal(text_of(line, "org"), id);
    uuid_format(c.actor.person, id);
    assert_string_equal(text_of(line, "person"), id);
    json_decref(line);
    reader_close(&r);
}

/* Line ends, terminal escapes, quotes, bidirectional overrides, broken UTF-8. */
static const char *const hostile[] = { "a\nb", "a\r\nb", "\x1b[2J", "\"},{\"x\":\"", "\\", "\x7f",
    "\xc2\x9b[2J", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xae", "\xe2\x81\xa6", "\xff\xfe",
    "\xc3", "\xed\xa0\x80", "\xf0\x9f\x98", "\t", "\b\f", "" };

static bool has_raw_control(const char *line)
{
    for (const unsigned char *at = (const unsigned char *)line; at[0] && at[1]; at++)
        if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) ||
            (*at == 0xe2 && at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae))
            return true;
    return false;
}

static void values_cannot_forge_lines_or_drive_terminals(void **state)
{
    (void)state;
    const enum log_format formats[] = { LOG_JSON, LOG_READABLE };
    for (size_t f = 0; f < COUNT(formats); f++)
        for (size_t i = 0; i < COUNT(hostile); i++) {
            struct reader r = reader_open(LOG_INFO, formats[f]);
            log_info(NULL, hostile[i], log_text("value", hostile[i]));
            char *line = reader_take(&r);
            assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
            if (has_raw_control(line))
                fail_msg("control character in: %s", line);
            if (formats[f] == LOG_JSON)
                json_decref(as_json(line));
            reader_close(&r);
        }
}

static void ordinary_text_comes_through_unchanged(void **state)
{
    (void)state;
    const char *text = "Gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x98\x80 \"quoted\" a\\b\tc\n";
    struct reader r = reader_open(LOG_INFO, LOG_JSON);
    log_info(NULL, "x", log_text("value", text));
    json_t *line = as_json(reader_take(&r));
    assert_string_equal(text_of(line, "value"), text);
    json_decref(line);
    reader_close(&r);
}

static void a_long_line_is_cut_and_still_json(void **state)
{
    (void)state;
    struct ctx c;
    ctx_open(&c, a, "op");
    for (size_t size = 3700; size < 4200; size++) {
        char *text = arena_alloc(a, size + 1);
        memset(text, size % 3 ? 'x' : '\n', size);
        struct reader r = reader_open(LOG_INFO, LOG_JSON);
        log_info(&c, "x", log_text("value", text), log_int("after", 1));
        char *raw = reader_take(&r);
        assert_in_range(strlen(raw), 1000, LOG_LINE_SIZE);
        json_t *line = as_json(raw);
        bool cut = json_is_true(json_object_get(line, "truncated"));
        bool complete = json_object_get(line, "after") != NULL;
        assert_true(cut != complete);
        assert_string_equal(text_of(line, "request_id"), c.request_id);
        json_decref(line);
        reader_close(&r);
    }
}

static void a_second_long_field_finds_no_room_behind_the_first(void **state)
{
    (void)state;
    char *filler = arena_alloc(a, LOG_LINE_SIZE);
    memset(filler, 'y', LOG_LINE_SIZE - 1);
    for (size_t size = 3900; size < LOG_LINE_SIZE; size++) {
        struct log_line line;
        char *text = arena_alloc(a, size + 1);
        memset(text, 'x', size);
        const struct log_field fields[] = { log_text("value", text), log_text("more", filler),
            { .kind = LOG_NONE } };
        log_line_build(&line, LOG_JSON, NULL, LOG_INFO, "x", fields);
        assert_in_range(line.size, 1000, LOG_LINE_SIZE);
        json_decref(as_json(arena_strndup(a, line.data, line.size)));
        log_line_build(&line, LOG_READABLE, NULL, LOG_INFO, text, fields);
        assert_in_range(line.size, 1000, LOG_LINE_SIZE);
    }
}

static void levels_below_the_least_are_silent(void **state)
{
    (void)state;
    struct reader r = reader_open(LOG_WARN, LOG_JSON);
    log_debug(NULL, "x");
    log_info(NULL, "x");
    assert_string_equal(reader_take(&r), "");
    log_warn(NULL, "x");
    log_error(NULL, "y");
    assert_non_null(strstr(reader_take(&r), "\"event\":\"y\""));
    reader_close(&r);
    log_start_by_name("debug", "readable");
    r = reader_open(LOG_DEBUG, LOG_READABLE);
    log_debug(NULL, "quiet");
    assert_non_null(strstr(reader_take(&r), "quiet"));
    reader_close(&r);
}

static void readable_lines_are_for_people(void **state)
{
    (void)state;
    struct reader r = reader_open(LOG_INFO, LOG_READABLE);
    log_warn(NULL, "db.slow", log_int("ms", 12), log_text("query", "lock org"), log_text("n", "1"));
    char *line = reader_take(&r);
    assert_non_null(strstr(line, " warn  db.slow  ms=12  query=\"lock org\"  n=1\n"));
    reader_close(&r);
}

static void a_full_pipe_drops_lines_and_counts_them(void **state)
{
    (void)state;
    struct reader r = reader_open(LOG_INFO, LOG_JSON);
    int64_t before = log_dropped(), began = clock_monotonic_us();
    enum { LINES = 5000 };
    for (int i = 0; i < LINES; i++)
        log_info(NULL, "flood", log_int("i", i));
    assert_true(clock_monotonic_us() - began < SECONDS(10));
    int64_t lost = log_dropped() - before, kept = 0;
    for (const char *at = reader_take(&r); *at; kept++) {
        const char *next = strchr(at, '\n') + 1;
        json_decref(as_json(arena_strndup(a, at, (size_t)(next - at))));
        at = next;
    }
    assert_true(lost > 0);
    assert_int_equal(kept + lost, LINES);
    log_info(NULL, "again"); /* the reader is back */
    assert_non_null(strstr(reader_take(&r), "again"));
    reader_close(&r);
}

static void the_parents_terminal_stays_blocking(void **state)
{
    (void)state;
    struct reader r = reader_open(LOG_INFO, LOG_JSON);
    log_info(NULL, "x");
    assert_int_equal(fcntl(r.out, F_GETFL) & O_NONBLOCK, 0);
    reader_close(&r);
}

/* A connection that takes lines in part: TCP counts bytes where a pipe counts pages. */
static struct reader socket_open(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int small = 4096, listener = socket(AF_INET, SOCK_STREAM, 0);
    int out = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(out, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&at, &size);
    assert_int_equal(connect(out, (struct sockaddr *)&at, size), 0);
    int in = accept(listener, NULL, NULL);
    close(listener);
    fcntl(in, F_SETFL, O_NONBLOCK);
    log_redirect(out);
    return (struct reader){ in, out };
}

static void log_until_dropped(const char *pad)
{
    int64_t before = log_dropped();
    for (int i = 0; i < 100000 && log_dropped() < before + 3; i++)
        log_info(NULL, "flood", log_int("i", i), log_text("pad", pad));
    assert_int_equal(log_dropped() - before, 3);
}

static int count_in(const char *text, const char *wanted)
{
    int n = 0;
    for (; (text = strstr(text, wanted)); text++)
        n++;
    return n;
}

static void a_full_socket_never_blocks_and_never_glues_lines(void **state)
{
    (void)state;
    char pad[3000];
    memset(pad, 'x', sizeof pad - 1);
    pad[sizeof pad - 1] = '\0';
    struct reader r = socket_open();
    log_until_dropped(pad);
    char *flood = arena_strdup(a, reader_take(&r));
    for (int i = 0; i < 100 && !strstr(flood, "\"again\""); i++) {
        log_info(NULL, "again");
        usleep(10000);
        flood = arena_printf(a, "%s%s", flood, reader_take(&r));
    }
    int begun = count_in(flood, "{\"ts\":"), ended = count_in(flood, "}\n");
    assert_non_null(strstr(flood, "\"again\""));
    assert_true(ended < begun); /* some were torn, otherwise this shows nothing */
    assert_int_equal(count_in(flood, "\n{\"ts\":"), begun - 1);
    reader_close(&r);
}

static void a_closed_reader_only_drops(void **state)
{
    (void)state;
    struct reader r = reader_open(LOG_INFO, LOG_JSON);
    int64_t before = log_dropped();
    signal(SIGPIPE, SIG_IGN);
    close(r.in);
    log_info(NULL, "x");
    log_info(NULL, "x");
    assert_int_equal(log_dropped() - before, 2);
    log_redirect(-1);
    close(r.out);
}

static void a_full_disk_only_drops(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY);
    int64_t before = log_dropped();
    log_redirect(fd);
    errno = 5;
    log_error(NULL, "x");
    assert_int_equal(errno, 5);
    assert_int_equal(log_dropped() - before, 1);
    log_redirect(-1);
    close(fd);
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 200; i++)
        log_info(NULL, "thread", log_text("who", arg), log_int("i", i));
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    pthread_t threads[4];
    static char names[4][64];
    char line[LOG_LINE_SIZE + 1];
    int n = 0;
    log_start(LOG_INFO, LOG_JSON);
    log_redirect(fileno(file));
    for (int i = 0; i < 4; i++) {
        memset(names[i], 'a' + i, 60);
        pthread_create(&threads[i], NULL, write_many, names[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_redirect(-1);
    rewind(file);
    for (; fgets(line, sizeof line, file); n++)
        json_decref(as_json(line));
    assert_int_equal(n, 800);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_one_json_object_with_its_fields, begin, end),
        cmocka_unit_test_setup_teardown(a_unit_of_work_adds_who_and_what, begin, end),
        cmocka_unit_test_setup_teardown(values_cannot_forge_lines_or_drive_terminals, begin, end),
        cmocka_unit_test_setup_teardown(ordinary_text_comes_through_unchanged, begin, end),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut_and_still_json, begin, end),
        cmocka_unit_test_setup_teardown(
            a_second_long_field_finds_no_room_behind_the_first, begin, end),
        cmocka_unit_test_setup_teardown(levels_below_the_least_are_silent, begin, end),
        cmocka_unit_test_setup_teardown(readable_lines_are_for_people, begin, end),
        cmocka_unit_test_setup_teardown(a_full_pipe_drops_lines_and_counts_them, begin, end),
        cmocka_unit_test_setup_teardown(the_parents_terminal_stays_blocking, begin, end),
        cmocka_unit_test_setup_teardown(
            a_full_socket_never_blocks_and_never_glues_lines, begin, end),
        cmocka_unit_test_setup_teardown(a_closed_reader_only_drops, begin, end),
        cmocka_unit_test_setup_teardown(a_full_disk_only_drops, begin, end),
        cmocka_unit_test_setup_teardown(lines_of_threads_do_not_mix, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
