/* Mail handed to a mail server: what it says decides, and the body is wiped once it is theirs. */
#include "testkit.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "notifications_internal.h"
#include "module/registry.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

/* A mail server of one connection at a time. It refuses addresses that begin with "gone", those
 * that begin with "busy" the first time, and of those that begin with "lost" it takes the message
 * and hangs up without a word. */
static struct {
    int listener;
    pthread_t thread;
    _Atomic int accepted, busy, asked;
    bool losing;
    struct t *t;
    const char *on_data; /* SQL somebody runs between DATA and its 354 */
    char before[20],
        during[20];       /* the mail's state before the 354, and with the message's first line */
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

static void note_state(char out[20])
{
    snprintf(out, 20, "%.19s",
        sql_text(server.t, "SELECT state FROM notifications.mail ORDER BY id DESC LIMIT 1"));
}

/* The test's own thread waits for this one, so its database is free. */
static void ask_for_message(int fd)
{
    server.asked++;
    note_state(server.before);
    if (server.on_data != NULL)
        sql_run(server.t, "%s", server.on_data);
    dprintf(fd, "354 go on\r\n");
}

static void read_message(FILE *peer)
{
    char line[2048];
    size_t size = 0;
    bool whole = false;

    while (fgets(line, sizeof line, peer) && !(whole = strcmp(line, ".\r\n") == 0)) {
        if (size == 0)
            note_state(server.during);
        keep_message_id(line);
        if (size + strlen(line) < sizeof server.data) {
            memcpy(server.data + size, line, strlen(line) + 1);
            size += strlen(line);
        }
    }
    server.accepted += whole;
}

static void converse(int fd)
{
    FILE *peer = fdopen(fd, "r");
    char line[2048];

    dprintf(fd, "220 test\r\n");
    while (fgets(line, sizeof line, peer)) {
        if (text_starts_with(line, "RCPT")) {
            server.losing = strstr(line, "<lost") != NULL;
            dprintf(fd, "%s", answer_recipient(line));
        } else if (text_starts_with(line, "DATA")) {
            ask_for_message(fd);
            read_message(peer);
            if (server.losing)
                break;
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
    server.t = t;
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

static err notify(struct ctx *c, void *person)
{
    const struct notifications__member_news news = { "Acme", "Bob", "member" };
    const struct notifications_audience to = { .person = *(struct uuid *)person };

    return notifications_notify(c, &NOTIFICATIONS__MEMBER_ADDED, &to, &news);
}

static struct uuid newest_mail(struct t *t)
{
    const char *text = sql_text(t, "SELECT id FROM notifications.mail ORDER BY id DESC LIMIT 1");
    struct uuid id = UUID_NIL;

    assert_true(uuid_parse(text, strlen(text), &id));
    return id;
}

static const char *newest_state(struct t *t)
{
    return sql_text(t,
        "SELECT state || ' ' || (sealed_body IS NULL AND subject = '-') FROM notifications.mail "
        "ORDER BY id DESC LIMIT 1");
}

static const char *state_of(struct t *t)
{
    return sql_text(t,
        "SELECT state || ' ' || (sealed_body IS NULL AND subject = '-') FROM notifications.mail");
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

static void a_mail_whose_answer_was_lost_is_unknown_and_not_sent_again(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct person *lost = make_person(t, .email = "lost@example.org");
    start_server(t);

    expect_ok(tx_run(c, notify, &lost->id));
    drain_jobs(t);
    advance(t, HOURS(3));
    drain_jobs(t);

    assert_int_equal(server.accepted, 1);
    assert_string_equal(newest_state(t), "unknown false");
    stop_server();
}

static void a_code_somebody_waits_for_is_asked_for_once_more(void **state)
{
    struct t *t = *state;
    start_server(t);

    sign_up(t, "lost@example.org");
    for (int i = 0; i < 5; i++) {
        advance(t, HOURS(1));
        drain_jobs(t);
    }

    assert_int_equal(server.accepted, 2);
    assert_string_equal(server.first_id, server.last_id);
    assert_string_equal(state_of(t), "unknown false");
    stop_server();
}

static void a_mail_is_transmitting_from_the_moment_the_server_asks_for_it(void **state)
{
    struct t *t = *state;
    start_server(t);

    sign_up(t, "ann@example.org");

    assert_string_equal(server.before, "queued");
    assert_string_equal(server.during, "transmitting");
    assert_string_equal(state_of(t), "sent true");
    stop_server();
}

static void a_mail_no_server_asked_for_was_never_transmitted(void **state)
{
    struct t *t = *state;
    start_server(t);
    sign_up(t, "busy@example.org"); /* deferred at RCPT */
    stop_server();
    config_override(&ASHLAR_MAIL, "smtp");
    config_override(&ASHLAR_SMTP_URL, "smtp://127.0.0.1:1"); /* and then nobody there */

    advance(t, MINUTES(1));
    drain_jobs(t);

    assert_string_equal(state_of(t), "queued false");
    assert_int_equal(sql_int(t, "SELECT attempts FROM notifications.mail"), 0);
    assert_non_null(strstr(sql_text(t, "SELECT why FROM notifications.mail"), "connect"));
    config_override(&ASHLAR_MAIL, "catch");
    config_override(&ASHLAR_SMTP_URL, NULL);
}

static void of_two_processes_that_reach_the_server_only_one_transmits(void **state)
{
    struct t *t = *state;
    start_server(t);
    server.on_data =
        "UPDATE notifications.mail SET state = 'transmitting', attempts = attempts + 1";

    sign_up(t, "ann@example.org");

    assert_int_equal(server.asked, 1);
    assert_int_equal(server.accepted, 0); /* not even an empty one */
    assert_string_equal(server.data, "");
    assert_string_equal(state_of(t), "transmitting false"); /* the other one's to settle */
    stop_server();
}

static void a_mail_whose_beginning_cannot_be_written_is_not_transmitted(void **state)
{
    struct t *t = *state;
    start_server(t);
    server.on_data = "ALTER TABLE notifications.mail RENAME TO away";

    sign_up(t, "ann@example.org");
    sql_run(t, "ALTER TABLE notifications.away RENAME TO mail");

    assert_int_equal(server.accepted, 0);
    server.on_data = NULL;
    advance(t, HOURS(1));
    drain_jobs(t);
    assert_int_equal(server.accepted, 1);
    assert_string_equal(state_of(t), "sent true");
    stop_server();
}

static void a_mail_a_dead_process_left_in_the_middle_is_unknown(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct person *ann = make_person(t, .email = "ann@example.org");
    struct uuid id;
    config_override(&ASHLAR_MAIL, "smtp"); /* without a server it stays queued */
    expect_ok(tx_run(c, notify, &ann->id));
    drain_jobs(t);
    id = newest_mail(t);
    start_server(t);
    sql_run(t, "UPDATE notifications.mail SET state = 'transmitting' WHERE state = 'queued'");

    expect_ok(notifications__deliver(c, id));
    expect_ok(notifications__deliver(c, id));

    assert_int_equal(server.accepted, 0);
    assert_string_equal(newest_state(t), "unknown false");
    stop_server();
}

static void no_mail_goes_to_an_address_that_does_not_exist_twice(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct person *gone = make_person(t, .email = "gone@example.org");
    start_server(t);

    expect_ok(tx_run(c, notify, &gone->id));
    drain_jobs(t);
    assert_string_equal(newest_state(t), "refused true");
    expect_ok(tx_run(c, notify, &gone->id));
    drain_jobs(t);

    assert_string_equal(newest_state(t), "withheld true");
    assert_non_null(strstr(
        sql_text(t, "SELECT why FROM notifications.mail ORDER BY id DESC"), "550 no such mailbox"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.item"), 2);
    stop_server();
}

static void what_no_server_takes_for_two_days_has_failed(void **state)
{
    struct t *t = *state;
    config_override(&ASHLAR_MAIL, "smtp"); /* and no server */

    sign_up(t, "ann@example.org");
    for (int hour = 0; hour < 72; hour += 6) {
        advance(t, HOURS(6));
        drain_jobs(t);
    }

    config_override(&ASHLAR_MAIL, "catch");
    assert_string_equal(state_of(t), "failed false");
}

static err send_again(struct ctx *c, void *id)
{
    return notifications__send_again(c, *(struct uuid *)id);
}

static void an_operator_sends_an_unknown_mail_after_all(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct person *lost = make_person(t, .email = "lost@example.org");
    struct uuid id;
    start_server(t);
    expect_ok(tx_run(c, notify, &lost->id));
    drain_jobs(t);
    id = newest_mail(t);

    sql_run(t, "UPDATE notifications.mail SET to_address = 'found@example.org' WHERE kind <> ''");
    expect_ok(tx_run(c, send_again, &id));
    drain_jobs(t);

    assert_string_equal(newest_state(t), "sent true");
    assert_int_equal(server.accepted, 2);
    expect_error(tx_run(c, send_again, &id), &ERR_NOT_FOUND); /* it was sent */
    stop_server();
}

static void a_notification_can_be_left_by_the_headers_of_its_mail(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct person *ann = make_person(t, .email = "ann@example.org");
    start_server(t);

    expect_ok(tx_run(c, notify, &ann->id));
    drain_jobs(t);

    assert_non_null(strstr(server.data, "List-Id: <users.member_added."));
    assert_non_null(strstr(server.data, "List-Unsubscribe: <http"));
    assert_non_null(strstr(server.data, "List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
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
        a_mail_whose_answer_was_lost_is_unknown_and_not_sent_again,
        a_code_somebody_waits_for_is_asked_for_once_more,
        a_mail_is_transmitting_from_the_moment_the_server_asks_for_it,
        a_mail_no_server_asked_for_was_never_transmitted,
        of_two_processes_that_reach_the_server_only_one_transmits,
        a_mail_whose_beginning_cannot_be_written_is_not_transmitted,
        a_mail_a_dead_process_left_in_the_middle_is_unknown,
        no_mail_goes_to_an_address_that_does_not_exist_twice,
        what_no_server_takes_for_two_days_has_failed, an_operator_sends_an_unknown_mail_after_all,
        a_notification_can_be_left_by_the_headers_of_its_mail);
}
