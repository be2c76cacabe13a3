/* Mail handed to a mail server: what it says decides, and the body is wiped once it is theirs. */
#include "testkit.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "notifications_internal.h"
#include "registry.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

/* A mail server of one connection at a time. It refuses addresses that begin with "gone", and those
 * that begin with "busy" the first time. */
static struct {
    int listener;
    pthread_t thread;
    _Atomic int accepted, busy;
    char data[64 * 1024]; /* of the last message */
    char first_id[200], last_id[200];
} server;

static const char *answer_recipient(const char *line)
{
    if (strstr(line, "<gone"))
        return "550 no such mailbox\r\n";
    if (strstr(line, "<busy") && server.busy++ == 0)
        return "451 try again later\r\n";
    return "250 ok\r\n";
}

static void keep_message_id(const char *line)
{
    if (!text_starts_with(line, "Message-ID:"))
        return;
    snprintf(server.last_id, sizeof server.last_id, "%.199s", line);
    if (server.first_id[0] == '\0')
        snprintf(server.first_id, sizeof server.first_id, "%.199s", line);
}

static void read_message(FILE *peer)
{
    char line[2048];
    size_t size = 0;

    while (fgets(line, sizeof line, peer) && strcmp(line, ".\r\n") != 0) {
        keep_message_id(line);
        if (size + strlen(line) < sizeof server.data) {
            memcpy(server.data + size, line, strlen(line) + 1);
            size += strlen(line);
        }
    }
    server.accepted++;
}

static void converse(int fd)
{
    FILE *peer = fdopen(fd, "r");
    char line[2048];

    dprintf(fd, "220 test\r\n");
    while (fgets(line, sizeof line, peer)) {
        if (text_starts_with(line, "RCPT")) {
            dprintf(fd, "%s", answer_recipient(line));
        } else if (text_starts_with(line, "DATA")) {
            dprintf(fd, "354 go on\r\n");
            read_message(peer);
            dprintf(fd, "250 taken\r\n");
        } else {
            dprintf(fd, text_starts_with(line, "QUIT") ? "221 bye\r\n" : "250 ok\r\n");
        }
    }
    fclose(peer);
}

static void *serve(void *arg)
{
    int fd;

    (void)arg;
    while ((fd = accept(server.listener, NULL, NULL)) >= 0)
        converse(fd);
    return NULL;
}

static void start_server(struct t *t)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;

    memset(&server, 0, sizeof server);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server.listener, 8), 0);
    getsockname(server.listener, (struct sockaddr *)&address, &size);
    pthread_create(&server.thread, NULL, serve, NULL);
    config_override(&ASHLAR_MAIL, "smtp");
    config_override(&ASHLAR_SMTP_URL, at(t, "smtp://127.0.0.1:%d", (int)ntohs(address.sin_port)));
}

static void stop_server(void)
{
    config_override(&ASHLAR_MAIL, "catch");
    config_override(&ASHLAR_SMTP_URL, NULL);
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
}

static void sign_up(struct t *t, const char *email)
{
    POST_JSON(
        t, "/v1/auth/signup", "{'email':'%s','password':'a long pass phrase','name':'Ann'}", email);
    drain_jobs(t);
}

static const char *state_of(struct t *t)
{
    return sql_text(t, "SELECT state || ' ' || (sealed_body IS NULL) FROM notifications.mail");
}

static void a_mail_the_server_took_is_wiped(void **state)
{
    struct t *t = *state;
    start_server(t);

    sign_up(t, "ann@example.org");

    assert_int_equal(server.accepted, 1);
    assert_string_equal(state_of(t), "sent true");
    assert_non_null(strstr(server.data, "To: ann@example.org"));
    assert_non_null(strstr(server.data, "multipart/alternative"));
    stop_server();
}

static void a_refused_address_is_recorded_and_not_tried_again(void **state)
{
    struct t *t = *state;
    start_server(t);

    sign_up(t, "gone@example.org");
    advance(t, HOURS(3));
    drain_jobs(t);

    assert_int_equal(server.accepted, 0);
    assert_string_equal(state_of(t), "refused true");
    stop_server();
}

static void a_busy_server_gets_the_same_mail_later(void **state)
{
    struct t *t = *state;
    start_server(t);

    sign_up(t, "busy@example.org");
    assert_int_equal(server.accepted, 0);
    assert_string_equal(state_of(t), "queued false");
    advance(t, MINUTES(1));
    drain_jobs(t);

    assert_int_equal(server.accepted, 1);
    assert_string_equal(state_of(t), "sent true");
    stop_server();
}

static void a_mail_keeps_its_message_id_however_often_it_is_tried(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct uuid id = UUID_NIL;
    const char *row, *sealed;
    config_override(&ASHLAR_MAIL, "smtp"); /* without a server it stays queued */
    sign_up(t, "ann@example.org");
    row = sql_text(t, "SELECT id FROM notifications.mail");
    sealed = sql_text(t, "SELECT sealed_body FROM notifications.mail");
    assert_true(uuid_parse(row, strlen(row), &id));
    start_server(t);
    expect_ok(notifications__deliver(c, id));

    /* As after a crash between the server's answer and our note of it. */
    sql_run(t, "UPDATE notifications.mail SET state = 'queued', sealed_body = '%s'", sealed);
    expect_ok(notifications__deliver(c, id));

    assert_int_equal(server.accepted, 2);
    assert_string_equal(server.first_id, server.last_id);
    stop_server();
}

static void sending_without_a_server_is_refused_at_start(void **state)
{
    const struct module *m = registry_find("notifications");

    (void)state;
    assert_null(m->check(ENV_STAGING)); /* the tests' mails are caught */
    config_override(&ASHLAR_MAIL, "smtp");
    assert_non_null(strstr(m->check(ENV_STAGING), "ASHLAR_SMTP_URL is not set"));
    config_override(&ASHLAR_SMTP_URL, "smtp://mail.example:587");
    assert_null(m->check(ENV_STAGING));
    config_override(&ASHLAR_SMTP_URL, NULL);
    config_override(&ASHLAR_MAIL, "catch");
}

int main(void)
{
    return run_db_tests(sending_without_a_server_is_refused_at_start,
        a_mail_the_server_took_is_wiped, a_refused_address_is_recorded_and_not_tried_again,
        a_busy_server_gets_the_same_mail_later,
        a_mail_keeps_its_message_id_however_often_it_is_tried);
}
