/*
 * The link to PostgreSQL is cut after each message of a transaction in turn: the server has acted
 * on it, the answer never arrives. Whatever the caller is told, the effect is there once or not at
 * all; told "done", it is there.
 */
#include "shop_factory.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { CUTS_MAX = 80, LINKS_MAX = 8, BUFFER = 65536, SERVER_ACTS_US = 10000 };

/* A proxy in front of the server. Its first link is cut after `messages` messages of the client;
 * later ones are left alone. */
static struct {
    int listener, port;
    pthread_t thread;
    int messages;
    _Atomic bool has_cut, stopping;
} proxy;

struct link {
    pthread_t thread;
    int client, server, left; /* messages until the cut; -1: never */
    bool has_started;         /* the start-up message has no type byte */
    size_t held;
    char buffer[BUFFER];
};

static int connect_to_socket(const char *folder)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(to.sun_path, sizeof(to.sun_path), "%s/.s.PGSQL.%s", folder, PQport(shop_db.admin));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static int connect_to_server(void)
{
    const char *host = PQhost(shop_db.admin);
    struct addrinfo *to = NULL;
    int fd;

    if (host[0] == '/')
        return connect_to_socket(host);
    assert_int_equal(getaddrinfo(host, PQport(shop_db.admin), NULL, &to), 0);
    fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, to->ai_addr, to->ai_addrlen), 0);
    freeaddrinfo(to);
    return fd;
}

/* Length of the first whole message in the buffer; 0 when more must come. */
static size_t whole_message(const struct link *l)
{
    size_t skip = l->has_started ? 1 : 0;
    uint32_t size;

    if (l->held < skip + sizeof(size))
        return 0;
    memcpy(&size, l->buffer + skip, sizeof(size));
    size = ntohl(size);
    return l->held >= skip + size ? skip + size : 0;
}

/* False when the link is to be cut, or has ended. */
static bool forward_requests(struct link *l)
{
    ssize_t n = recv(l->client, l->buffer + l->held, BUFFER - l->held, 0);
    size_t size;

    l->held += n > 0 ? (size_t)n : 0;
    while (l->left != 0 && (size = whole_message(l)) > 0) {
        if (send(l->server, l->buffer, size, MSG_NOSIGNAL) != (ssize_t)size)
            return false;
        memmove(l->buffer, l->buffer + size, l->held - size);
        l->held -= size;
        l->has_started = true;
        l->left -= l->left > 0;
    }
    proxy.has_cut |= l->left == 0;
    return n > 0 && l->left != 0;
}

static bool forward_replies(struct link *l)
{
    char piece[8192];
    ssize_t n = recv(l->server, piece, sizeof(piece), 0);

    return n > 0 && send(l->client, piece, (size_t)n, MSG_NOSIGNAL) == n;
}

static void *serve_one(void *arg)
{
    struct link *l = arg;
    struct pollfd p[2] = { { .fd = l->client, .events = POLLIN },
        { .fd = l->server, .events = POLLIN } };
    bool alive = true;

    while (alive && !proxy.stopping) {
        if (poll(p, 2, 20) <= 0)
            continue;
        if (p[1].revents != 0)
            alive = forward_replies(l);
        if (alive && p[0].revents != 0)
            alive = forward_requests(l);
    }
    usleep(SERVER_ACTS_US);
    close(l->client);
    close(l->server);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct link *links = calloc(LINKS_MAX, sizeof(*links));
    int n = 0;

    (void)arg;
    while (!proxy.stopping && n < LINKS_MAX) {
        struct pollfd p = { .fd = proxy.listener, .events = POLLIN };
        struct link *l = &links[n];
        if (poll(&p, 1, 20) <= 0)
            continue;
        l->client = accept(proxy.listener, NULL, NULL);
        l->server = connect_to_server();
        l->left = n == 0 ? proxy.messages : -1;
        pthread_create(&l->thread, NULL, serve_one, l);
        n++;
    }
    while (n > 0)
        pthread_join(links[--n].thread, NULL);
    free(links);
    return NULL;
}

static void start_proxy(int messages)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof(at);

    proxy.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(proxy.listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(proxy.listener, 16), 0);
    assert_int_equal(getsockname(proxy.listener, (struct sockaddr *)&at, &size), 0);
    proxy.port = ntohs(at.sin_port);
    proxy.messages = messages;
    proxy.has_cut = proxy.stopping = false;
    assert_int_equal(pthread_create(&proxy.thread, NULL, accept_all, NULL), 0);
}

static void stop_proxy(void)
{
    proxy.stopping = true;
    pthread_join(proxy.thread, NULL);
    close(proxy.listener);
}

static void use_proxy(void)
{
    config_override(&DATABASE_URL,
        arena_printf(shop_db.arena, "postgresql://%s@127.0.0.1:%d/%s?sslmode=disable",
            PQuser(shop_db.admin), proxy.port, PQdb(shop_db.admin)));
    config_override(&ASHLAR_DB_CONNECTIONS, "2");
}

/* --- The transactions --- */

static err insert_and_count(struct ctx *c, void *arg)
{
    int64_t n;

    TRY(insert_one(c, arg));
    return db_int(c, &SHOP_count_items, &n, NO_ARGS);
}

struct tally {
    int done, failed_without, failed_with;
};

static void run_with_cut(int messages, tx_fn *fn, struct tally *tally)
{
    struct world w = shop_world();
    err e;

    start_proxy(messages);
    use_proxy();
    pool_start();
    w.c->deadline_us = clock_monotonic_us() + SECONDS(5);
    e = tx_run(w.c, fn, &w);
    pool_stop();
    stop_proxy();
    assert_in_range(shop_items(), 0, 1);
    if (e == NULL) {
        assert_int_equal(shop_items(), 1);
        tally->done++;
    } else {
        assert_ptr_equal(e, &ERR_UNAVAILABLE);
        tally->failed_with += shop_items() == 1;
        tally->failed_without += shop_items() == 0;
    }
    testdb_close_ctx(w.c);
}

static void wherever_the_link_is_cut_the_effect_is_there_once_or_not_at_all(void **state)
{
    struct tally tally = { 0 };
    int messages = 0;

    (void)state;
    do {
        messages++;
        assert_true(messages < CUTS_MAX);
        run_with_cut(messages, insert_and_count, &tally);
    } while (proxy.has_cut);
    /* Cut while connecting, it was refused; cut before COMMIT, it was run again; cut after COMMIT
     * reached the server, the caller is told that it is unknown. */
    print_message("%d cuts: %d done, %d refused without effect, %d unknown with effect\n", messages,
        tally.done, tally.failed_without, tally.failed_with);
    assert_int_equal(tally.done + tally.failed_without + tally.failed_with, messages);
    assert_true(tally.done > 10);
    assert_true(tally.failed_with >= 1);
}

static int start(void **state)
{
    int code = shop_start(state);
    pool_stop();
    return code;
}

static int stop(void **state)
{
    pool_start();
    return shop_stop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wherever_the_link_is_cut_the_effect_is_there_once_or_not_at_all),
    };
    return cmocka_run_group_tests_name("db_cuts", tests, start, stop);
}
