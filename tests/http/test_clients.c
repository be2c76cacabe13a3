/* Clients that reset, half-close or close while their request waits, on both runtimes: what was
 * asked happens once, as it was asked, and everything is given back. */
#include "testkit.h"
#include "base/poison.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "http/server/mhd_request.h"
#include "http/server/listener.h"
#include "sockets.h"
#include <dlfcn.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

extern const struct module users_module, auth_module, notifications_module;

enum { PATIENCE_MS = 10000, TURN_MS = 5, OTHERS = 40, PAGE_SIZE = 4 * 1024 * 1024 };

#define VICTIM "KEY-VICTIM-uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu"
#define OTHER  "KEY-OTHERS-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

#define Q(n, text) static const struct query n = { #n, "test", text }
Q(touch_gate, "UPDATE test.gate SET n = n + 1");
Q(write_note, "INSERT INTO test.note (text, said) VALUES ($1, $2)");

/* --- Where the library keeps what it read: between us and its own function --- */

static _Thread_local const char *lent; /* a value of the last head */
static atomic_int lookers, borrowers, readers;

struct taker {
    MHD_KeyValueIteratorN fn;
    void *arg;
};

static enum MHD_Result pass_on(void *arg, enum MHD_ValueKind kind, const char *name,
    size_t name_size, const char *value, size_t value_size)
{
    const struct taker *to = arg;

    if (strcmp(name, "X-Said") == 0)
        lent = value;
    return to->fn(to->arg, kind, name, name_size, value, value_size);
}

int MHD_get_connection_values_n(
    struct MHD_Connection *connection, enum MHD_ValueKind kind, MHD_KeyValueIteratorN fn, void *arg)
{
    int (*library)(struct MHD_Connection *, enum MHD_ValueKind, MHD_KeyValueIteratorN, void *) =
        NULL;
    struct taker to = { fn, arg };

    *(void **)&library = dlsym(RTLD_NEXT, "MHD_get_connection_values_n");
    return library(connection, kind, pass_on, &to);
}

static bool can_be_read(const char *at)
{
#ifdef WITH_ASAN
    return !__asan_address_is_poisoned(at);
#else
    (void)at;
    return false;
#endif
}

/* Before the handler waits: later ones come to the same thread. */
static void look_for_borrowed(const struct ctx *c)
{
    const char *mine = request_header_value(c, "X-Said");

    if (lent == NULL || mine == NULL)
        return;
    atomic_fetch_add(&lookers, 1);
    atomic_fetch_add(&borrowers, mine == lent);
    atomic_fetch_add(&readers, can_be_read(lent));
}

/* --- A module whose handlers wait, and look at their request afterwards --- */

struct note_in {
    const char *text;
};
static const struct field note_in_fields[] = {
    TEXT(note_in, text, .doc = "Text"),
};
static SHAPE(note_in);

static const char *or_none(const char *text)
{
    return text ? text : "none";
}

/* All that a handler may read of its request. */
static const char *said(struct ctx *c)
{
    return arena_printf(c->arena, "%s %s %s %s", or_none(request_header_value(c, "X-Said")),
        or_none(request_cookie(c, "crumb")), or_none(request_user_agent(c)),
        or_none(c->actor.network));
}

/* In a transaction, behind whoever locks the gate. */
HANDLER(add_note, note_in, note_in)
{
    look_for_borrowed(c);
    TRY(db_exec(c, &touch_gate, NO_ARGS));
    out->text = in->text;
    return db_exec(c, &write_note, ARGS(ARG(in->text), ARG(said(c))));
}

static err add_in_unit(struct ctx *c, void *arg)
{
    const struct note_in *in = arg;

    TRY(db_exec(c, &touch_gate, NO_ARGS));
    return db_exec(c, &write_note, ARGS(ARG(in->text), ARG(said(c))));
}

/* Waits outside a transaction first. */
HANDLER(call_then_add, note_in, note_in)
{
    struct note_in note = *in;

    look_for_borrowed(c);
    TRY(sleep_ms(c, 50));
    out->text = in->text;
    return tx_run(c, add_in_unit, &note);
}

HANDLER(get_page, nothing, content)
{
    char *page = arena_alloc(c->arena, PAGE_SIZE);

    (void)in;
    memset(page, 'x', PAGE_SIZE);
    *out = (struct content){ .type = "text/plain", .data = page, .size = PAGE_SIZE };
    return NULL;
}

static const struct stream_event TICK = { .name = "tick", .data = &note_in_shape, .doc = "Never" };
static const struct stream_event *const events[] = { &TICK, NULL };

static err pull_nothing(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch)
{
    (void)c, (void)topic, (void)after, (void)batch;
    return NULL;
}
static const struct stream_kind TICKS = { .doc = "None", .events = events, .pull = pull_nothing };

HANDLER(follow, nothing, stream_from)
{
    (void)c, (void)in;
    out->topic = (struct uuid){ { 9 } };
    return NULL;
}

#define ROW(m, p, i, fn, st)                                                                       \
    .method = m, .path = p, .id = i, .summary = "s", .auth = AUTH_PUBLIC, .rate = RATE_NONE,       \
    .status = st, .errors = NO_ERRORS, .hidden = true, .handler = BY(fn)
static const struct route routes[] = {
    { ROW(POST, "/test/notes", "addNote", add_note, 201) },
    { ROW(POST, "/test/calls", "callThenAdd", call_then_add, 201), .tx = TX_MANUAL },
    { ROW(GET, "/test/page", "getPage", get_page, 200) },
    { ROW(GET, "/test/stream", "follow", follow, 200), .stream = &TICKS },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &test_module, NULL };

/* --- The server --- */

static const char *const runtimes[] = { "reactors", "threads" };
static uint16_t port;

static void prepare(struct t *t)
{
    sql_run(t, "CREATE SCHEMA test; GRANT USAGE ON SCHEMA test TO ashlar_app;"
               "CREATE TABLE test.gate (n bigint); INSERT INTO test.gate VALUES (0);"
               "CREATE TABLE test.note (text text, said text);"
               "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA test TO ashlar_app");
}

static void serve(struct t *t, const char *runtime)
{
    sql_run(t, "TRUNCATE test.note, platform.idempotency");
    config_override(&ASHLAR_RUNTIME, runtime);
    assert_true(listener_start());
}

static void wait_for_rest(void)
{
    for (int ms = 0; ms < PATIENCE_MS; ms += TURN_MS) {
        if (mhd_request_in_flight() == 0 && mhd_connections() == 0 && streams_open() == 0)
            return;
        usleep(TURN_MS * 1000);
    }
    fail_msg("left: %d requests, %d connections, %d streams", mhd_request_in_flight(),
        mhd_connections(), streams_open());
}

static void wait_for_connections(int n)
{
    for (int ms = 0; mhd_connections() != n && ms < PATIENCE_MS; ms += TURN_MS)
        usleep(TURN_MS * 1000);
    assert_int_equal(mhd_connections(), n);
}

static void lock_gate(struct t *t)
{
    sql_run(t, "BEGIN; LOCK TABLE test.gate IN ACCESS EXCLUSIVE MODE");
}

static void unlock_gate(struct t *t)
{
    sql_run(t, "COMMIT");
}

static void wait_for_waiting(struct t *t, int n)
{
    int waiting = 0;

    for (int ms = 0; waiting < n && ms < PATIENCE_MS; ms += TURN_MS) {
        usleep(TURN_MS * 1000);
        waiting = (int)sql_int(t,
            "SELECT count(*) FROM pg_locks WHERE relation = 'test.gate'::regclass AND NOT granted");
    }
    assert_int_equal(waiting, n);
}

/* --- The clients --- */

static int say(const char *format, ...) PRINTF_LIKE(1, 2);
static int say(const char *format, ...)
{
    char text[2048];
    int fd = dial_port(port), size;
    va_list args;

    va_start(args, format);
    size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_in_range(size, 1, sizeof text - 1);
    assert_int_equal(send(fd, text, (size_t)size, MSG_NOSIGNAL), size);
    return fd;
}

#define BODY "{\"text\": \"victim\"}"

static int post(const char *path, const char *key, const char *body)
{
    return say("POST %s HTTP/1.1\r\nHost: x\r\nIdempotency-Key: %s\r\nX-Said: hello\r\n"
               "Cookie: crumb=bread\r\nUser-Agent: victim/1\r\nContent-Type: application/json\r\n"
               "Content-Length: %zu\r\n\r\n%s",
        path, key, strlen(BODY), body);
}

/* The head and as much of the body as there is until `needle` came or it is closed. */
static const char *hear(struct t *t, int fd, const char *needle)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    struct buf b;
    char some[4096];
    ssize_t n = 1;

    buf_init(&b, arena_of(t), 64 * 1024);
    buf_text(&b, "");
    while (n > 0 && !strstr(b.data, needle) && poll(&p, 1, PATIENCE_MS) > 0) {
        n = recv(fd, some, sizeof some, 0);
        if (n > 0)
            buf_add(&b, some, (size_t)n);
    }
    return b.data;
}

#define assert_hears(t, fd, needle)                                                                \
    do {                                                                                           \
        const char *heard_ = hear(t, fd, needle);                                                  \
        if (!strstr(heard_, needle))                                                               \
            fail_msg("not heard \"%s\" but: %s", needle, heard_);                                  \
    } while (0)

enum way { RESET, CLOSED, HALF_CLOSED, SHUT, WAYS };

static void leave(int fd, enum way way)
{
    static const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    if (way == RESET)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    if (way == RESET || way == CLOSED)
        close(fd);
    else
        assert_int_equal(shutdown(fd, way == SHUT ? SHUT_RDWR : SHUT_WR), 0);
}

static void gone(int fd, enum way way)
{
    if (way != RESET && way != CLOSED)
        close(fd);
}

/* Unfinished heads that put another key where the victim's lay. */
static void let_others_in(int *fds)
{
    for (int i = 0; i < OTHERS; i++)
        fds[i] = say("POST /test/notes HTTP/1.1\r\nHost: x\r\nIdempotency-Key: " OTHER
                     "\r\nX-Said: other\r\nCookie: crumb=stone\r\nUser-Agent: others/1\r\n");
    wait_for_connections(OTHERS);
}

static void let_others_out(const int *fds)
{
    for (int i = 0; i < OTHERS; i++)
        close(fds[i]);
}

/* --- The tests --- */

static void assert_done_once(struct t *t)
{
    for (int ms = 0; ms < PATIENCE_MS && mhd_request_in_flight() > 0; ms += TURN_MS)
        usleep(TURN_MS * 1000);
    assert_string_equal(sql_text(t, "SELECT string_agg(key || ' ' || status, ', ') "
                                    "FROM platform.idempotency"),
        VICTIM " 201");
    assert_string_equal(sql_text(t, "SELECT string_agg(text || ': ' || said, ', ') FROM test.note"),
        "victim: hello bread victim/1 127.0.0.0/24");
}

static void assert_replayed(struct t *t, const char *path)
{
    int fd = post(path, VICTIM, BODY);

    assert_hears(t, fd, "Idempotency-Replayed: true");
    close(fd);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM test.note"), 1);
}

static void reset_behind_the_gate(struct t *t, const char *path)
{
    int others[OTHERS], fd;

    lock_gate(t);
    fd = post(path, VICTIM, BODY);
    wait_for_waiting(t, 1);
    leave(fd, RESET);
    if (strcmp(setting_text(&ASHLAR_RUNTIME), "reactors") == 0)
        wait_for_connections(0); /* a thread notices when its handler is done */
    if (mhd_connections() == 0)
        let_others_in(others);
    else
        memset(others, -1, sizeof others);
    unlock_gate(t);
    for (int ms = 0; ms < PATIENCE_MS; ms += TURN_MS) {
        if (sql_int(t, "SELECT count(*) FROM test.note") == 1)
            break;
        usleep(TURN_MS * 1000);
    }
    if (others[0] >= 0)
        let_others_out(others);
    wait_for_rest();
    assert_done_once(t);
    assert_replayed(t, path);
    wait_for_rest();
}

static void a_request_is_kept_whole_when_its_client_resets(void **state)
{
    static const char *const paths[] = { "/test/notes", "/test/calls" };
    struct t *t = *state;

    prepare(t);
    for (size_t i = 0; i < COUNT(runtimes) * COUNT(paths); i++) {
        serve(t, runtimes[i / COUNT(paths)]);
        reset_behind_the_gate(t, paths[i % COUNT(paths)]);
        listener_stop(1000);
    }
}

static void what_the_library_read_is_out_of_a_handlers_reach(void **state)
{
    struct t *t = *state;

    prepare(t);
    for (size_t i = 0; i < COUNT(runtimes); i++) {
        int fd;
        serve(t, runtimes[i]);
        lookers = borrowers = readers = 0;
        fd = post("/test/calls", VICTIM, BODY);
        assert_hears(t, fd, "HTTP/1.1 201");
        close(fd);
        wait_for_rest();
        assert_int_equal(lookers, 1);
        assert_int_equal(borrowers, 0);
        assert_int_equal(readers, 0);
        listener_stop(1000);
    }
}

static void leave_behind_the_gate(struct t *t, const char *path, enum way way)
{
    int fd;

    sql_run(t, "TRUNCATE test.note, platform.idempotency");
    lock_gate(t);
    fd = post(path, VICTIM, BODY);
    wait_for_waiting(t, 1);
    leave(fd, way);
    usleep(20 * 1000);
    unlock_gate(t);
    if (way == HALF_CLOSED)
        assert_hears(t, fd, "HTTP/1.1 201");
    gone(fd, way);
    wait_for_rest();
    assert_done_once(t);
    assert_replayed(t, path);
}

static void whoever_leaves_a_waiting_handler_is_served_once(void **state)
{
    struct t *t = *state;

    prepare(t);
    for (size_t i = 0; i < COUNT(runtimes); i++) {
        serve(t, runtimes[i]);
        for (enum way way = RESET; way < WAYS; way++) {
            leave_behind_the_gate(t, "/test/notes", way);
            leave_behind_the_gate(t, "/test/calls", way);
        }
        listener_stop(1000);
    }
}

static void who_leaves_in_mid_body_has_asked_nothing(void **state)
{
    struct t *t = *state;

    prepare(t);
    for (size_t i = 0; i < COUNT(runtimes); i++) {
        serve(t, runtimes[i]);
        for (enum way way = RESET; way < WAYS; way++) {
            int fd = post("/test/notes", VICTIM, "{\"text\":");
            usleep(20 * 1000);
            leave(fd, way);
            usleep(20 * 1000);
            gone(fd, way);
            wait_for_rest();
        }
        assert_int_equal(sql_int(t, "SELECT count(*) FROM test.note"), 0);
        assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.idempotency"), 0);
        listener_stop(1000);
    }
}

static void who_leaves_a_stream_or_a_long_reply_takes_nothing_along(void **state)
{
    static const char *const targets[] = { "/test/stream", "/test/page" };
    struct t *t = *state;

    prepare(t);
    for (size_t i = 0; i < COUNT(runtimes); i++) {
        serve(t, runtimes[i]);
        for (size_t n = 0; n < (size_t)WAYS * COUNT(targets); n++) {
            enum way way = (enum way)(n / COUNT(targets));
            int fd = say("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", targets[n % COUNT(targets)]);
            assert_hears(t, fd, "HTTP/1.1 200");
            leave(fd, way);
            usleep(20 * 1000);
            gone(fd, way);
            wait_for_rest();
        }
        listener_stop(1000);
    }
}

static void who_asks_again_while_the_first_waits_is_told_so(void **state)
{
    struct t *t = *state;

    prepare(t);
    for (size_t i = 0; i < COUNT(runtimes); i++) {
        int first, again;
        serve(t, runtimes[i]);
        lock_gate(t);
        first = post("/test/notes", VICTIM, BODY);
        wait_for_waiting(t, 1);
        leave(first, RESET);
        again = post("/test/notes", VICTIM, BODY);
        assert_hears(t, again, "HTTP/1.1 409");
        leave(again, RESET);
        unlock_gate(t);
        wait_for_rest();
        assert_done_once(t);
        assert_replayed(t, "/test/notes");
        listener_stop(1000);
    }
}

int main(void)
{
    static char listen[64];
    static const char *const environment[] = { listen, "ASHLAR_THREADS=4", "ASHLAR_CONNECTIONS=200",
        "ASHLAR_DB_CONNECTIONS=12", NULL };

    port = free_port();
    snprintf(listen, sizeof listen, "ASHLAR_LISTEN=127.0.0.1:%u", port);
    testkit_modules = modules;
    testkit_environment = environment;
    return run_db_tests(a_request_is_kept_whole_when_its_client_resets,
        what_the_library_read_is_out_of_a_handlers_reach,
        whoever_leaves_a_waiting_handler_is_served_once, who_leaves_in_mid_body_has_asked_nothing,
        who_leaves_a_stream_or_a_long_reply_takes_nothing_along,
        who_asks_again_while_the_first_waits_is_told_so);
}
