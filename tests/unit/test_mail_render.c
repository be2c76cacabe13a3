/* Messages as bytes: nothing a caller passes may become a header, a recipient or a broken line. */
#include "config/load.h"
#include "config/platform_settings.h"
#include "base/ctx_open.h"
#include "mail/mime.h"
#include "mail/smtp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ashlar/arena.h>
#include <ashlar/mail.h>

static struct arena *a;
static struct ctx c;

static int begin(void **state)
{
    static const struct module *const no_modules[] = { NULL };
    char *environment[] = { strdup("ASHLAR_ENV=test"),
        strdup("ASHLAR_MAIL_FROM=Acme <hello@acme.example>"), NULL };
    struct buf problems;

    (void)state;
    a = arena_new(0);
    buf_init(&problems, a, 4096);
    assert_true(config_load(no_modules, environment, &problems));
    free(environment[0]);
    free(environment[1]);
    ctx_open(&c, a, "test");
    return 0;
}

static int end(void **state)
{
    (void)state;
    clock_fake(INSTANT_NONE);
    arena_free(a);
    return 0;
}

static char *render(const char *subject, const char *text, const char *html)
{
    return mail_render(&c, &(const struct mail){ .to = "ann@example.org",
                               .subject = subject,
                               .text = text,
                               .html = html,
                               .message_id = "n1@acme.example" });
}

static bool has(const char *message, const char *part)
{
    return strstr(message, part) != NULL;
}

static void a_plain_message_has_its_headers_and_crlf_lines(void **state)
{
    struct instant at;
    char *m;

    (void)state;
    assert_true(instant_parse("2026-11-22T08:30:05Z", 20, &at));
    clock_fake(at);
    m = render("Welcome", "Hello\nWorld", NULL);
    assert_true(has(m, "From: Acme <hello@acme.example>\r\n"));
    assert_true(has(m, "\r\nTo: ann@example.org\r\n"));
    assert_true(has(m, "\r\nSubject: Welcome\r\n"));
    assert_true(has(m, "\r\nDate: Sun, 22 Nov 2026 08:30:0"));
    assert_true(has(m, " +0000\r\n"));
    assert_true(has(m, "\r\nMessage-ID: <n1@acme.example>\r\n"));
    assert_true(has(m, "\r\nMIME-Version: 1.0\r\n"));
    assert_true(has(m, "\r\n\r\nHello\r\nWorld\r\n"));
    for (const char *p = m; (p = strchr(p, '\n')) != NULL; p++)
        assert_int_equal(p[-1], '\r');
}

static void line_breaks_in_headers_become_spaces(void **state)
{
    static const char *const subjects[] = { "Hi\r\nBcc: eve@example.org",
        "Hi\nBcc: eve@example.org", "Hi\rBcc: eve@example.org", "H\xc3\xa9\r\nBcc: eve@example.org",
        "Hi\r\n\r\nbody" };

    (void)state;
    for (size_t i = 0; i < COUNT(subjects); i++) {
        char *m = render(subjects[i], "text", NULL);
        assert_false(has(m, "\nBcc"));
        assert_false(has(m, "\rBcc"));
        assert_ptr_equal(strstr(m, "\r\n\r\n"), strstr(m, "\r\n\r\ntext"));
    }
}

static void a_message_id_or_recipient_cannot_add_a_header(void **state)
{
    char *m = mail_render(&c, &(const struct mail){ .to = "a@b.example\r\nBcc: eve@example.org",
                                  .subject = "s",
                                  .text = "t",
                                  .message_id = "x\r\nBcc: eve@example.org" });

    (void)state;
    assert_false(has(m, "\nBcc"));
}

static void subjects_in_other_scripts_are_encoded_words(void **state)
{
    char *m = render("Gr\xc3\xbc\xc3\x9f Gott", "t", NULL);

    (void)state;
    assert_true(has(m, "\r\nSubject: =?UTF-8?B?R3LDvMOfIEdvdHQ=?=\r\n"));
    /* what looks like an encoded word must not be read as one */
    assert_true(has(render("=?UTF-8?B?eA==?=", "t", NULL),
        "\r\nSubject: =?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=\r\n"));
}

static void long_subjects_fold_between_characters(void **state)
{
    char subject[301] = "", *m, *line;

    (void)state;
    for (int i = 0; i < 100; i++)
        memcpy(subject + 3 * i, "\xe2\x82\xac", 3); /* euro signs: three bytes each */
    m = render(subject, "t", NULL);
    line = strstr(m, "Subject: ");
    for (int n = 0; n < 8; n++) { /* 300 bytes at 39 a word */
        char *end_of_line = strstr(line, "\r\n");
        assert_true(end_of_line - line <= 76);
        assert_memory_equal(end_of_line - 2, "?=", 2);
        line = end_of_line + 2;
    }
    assert_memory_equal(line, "Date: ", 6);
    assert_false(has(m, "4oKs4o==")); /* half a character */
}

static void a_name_is_encoded_and_its_address_is_not(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, a, 4096);
    mime_header(&b, "From", "B\xc3\xbcro GmbH <hello@acme.example>");
    assert_string_equal(b.data, "From: =?UTF-8?B?QsO8cm8gR21iSA==?=\r\n <hello@acme.example>\r\n");
}

static const char *sender(const char *value)
{
    struct buf b;

    buf_init(&b, a, 4096);
    mime_sender(&b, "From", value);
    return b.data;
}

static void a_name_with_a_comma_is_one_sender(void **state)
{
    (void)state;
    assert_string_equal(sender("Acme <hello@acme.example>"), "From: Acme <hello@acme.example>\r\n");
    assert_string_equal(sender("hello@acme.example"), "From: hello@acme.example\r\n");
    assert_string_equal(
        sender("Acme, Inc. <hello@acme.example>"), "From: \"Acme, Inc.\" <hello@acme.example>\r\n");
    assert_string_equal(sender("\"Acme, Inc.\" <hello@acme.example>"),
        "From: \"Acme, Inc.\" <hello@acme.example>\r\n");
    assert_string_equal(
        sender("A \"B\" <hello@acme.example>"), "From: \"A \\\"B\\\"\" <hello@acme.example>\r\n");
    assert_string_equal(sender("B\xc3\xbcro, Inc. <hello@acme.example>"),
        "From: =?UTF-8?B?QsO8cm8sIEluYy4=?=\r\n <hello@acme.example>\r\n");
}

static void only_a_mailbox_between_brackets_is_a_sender(void **state)
{
    const char *at;
    size_t size;

    (void)state;
    assert_true(mime_mailbox_of("Acme, Inc. <hello@acme.example>", &at, &size));
    assert_int_equal(size, strlen("hello@acme.example"));
    assert_memory_equal(at, "hello@acme.example", size);
    assert_false(mime_mailbox_of("Acme <hello>", &at, &size));
    assert_false(mime_mailbox_of("Acme <a@b\r\nRCPT TO:x@y>", &at, &size));
    assert_false(mime_mailbox_of("Acme <a@b> and more", &at, &size));
}

static void html_comes_after_text_in_alternatives(void **state)
{
    char *m = render("s", "plain words", "<p>rich words</p>");
    char *boundary = strstr(m, "boundary=\""), *text = strstr(m, "plain words"),
         *html = strstr(m, "<p>rich words</p>");
    char mark[64];
    int n = 0;

    (void)state;
    assert_true(has(m, "Content-Type: multipart/alternative; boundary=\"=_"));
    assert_non_null(text);
    assert_true(html > text);
    snprintf(mark, sizeof mark, "--%.*s", 34, boundary + 10);
    for (char *p = m; (p = strstr(p, mark)) != NULL; p++)
        n++;
    assert_int_equal(n, 3);
}

static void quoted_printable_keeps_every_byte_and_short_lines(void **state)
{
    struct buf b;
    char longest[400];
    size_t line = 0;

    (void)state;
    buf_init(&b, a, 4096);
    mime_quoted_printable(&b, "a=b \nt\t\r\n.dot \xc3\xa9\x01");
    assert_string_equal(b.data, "a=3Db=20\r\nt=09\r\n.dot =C3=A9=01\r\n");
    buf_init(&b, a, 8192);
    memset(longest, '=', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    mime_quoted_printable(&b, longest);
    for (size_t i = 0; i < b.size; i++) {
        line = b.data[i] == '\n' ? 0 : line + 1;
        assert_true(line <= 77); /* 76 and the CR */
    }
}

static void only_one_plain_mailbox_is_a_recipient(void **state)
{
    static const char *const bad[] = { "", "a", "@b", "a@", "a@b@c", "a b@c", "a@b,c@d", "<a@b>",
        "a@b>", "a@b\r\nRCPT TO:<x@y>", "a@b\n", "a;b@c", "a@b:25", "\"a\"@b", "-oQ@b",
        "a@\xc3\xa9" };
    char longest[300];

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (mime_is_mailbox(bad[i]))
            fail_msg("\"%s\" must be refused", bad[i]);
    }
    assert_true(mime_is_mailbox("ann.o'neil+tag@mail.example.org"));
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 250, "@b.c", 5);
    assert_true(mime_is_mailbox(longest));
    memcpy(longest + 251, "@b.c", 5);
    assert_false(mime_is_mailbox(longest));
}

static void sending_is_refused_in_a_transaction_and_to_nonsense(void **state)
{
    struct mail m = { .to = "a@b\r\nx", .subject = "s", .text = "t", .message_id = "1@x" };

    (void)state;
    config_override(&ASHLAR_SMTP_URL, "smtp://127.0.0.1:1");
    assert_ptr_equal(mail_send(&c, &m, NULL), &MAIL_REFUSED);
    c.in_transaction = true;
    m.to = "a@example.org";
    assert_ptr_equal(mail_send(&c, &m, NULL), &ERR_INTERNAL);
    c.in_transaction = false;
    assert_ptr_equal(mail_send(&c, &m, NULL), &MAIL_LATER); /* nobody listens there */
}

static void only_words_about_the_mailbox_condemn_an_address(void **state)
{
    (void)state;
    assert_true(smtp_is_no_mailbox("RCPT", "550 5.1.1 no such user"));
    assert_true(smtp_is_no_mailbox("RCPT", "550 5.1.10 RESOLVER.ADR.RecipientNotFound"));
    assert_true(smtp_is_no_mailbox("RCPT", "550 no such mailbox"));
    assert_false(smtp_is_no_mailbox("RCPT", "550 5.7.1 Unable to relay"));
    assert_false(smtp_is_no_mailbox("RCPT", "550 relay not permitted"));
    assert_false(smtp_is_no_mailbox("RCPT", "552 5.2.2 mailbox full"));
    assert_false(smtp_is_no_mailbox("RCPT", "554 5.7.1 blocked"));
    assert_false(smtp_is_no_mailbox("MAIL", "550 5.1.1 who are you"));
    assert_false(smtp_is_no_mailbox("DATA", "550 no such mailbox"));
    assert_false(smtp_is_no_mailbox("RCPT", ""));
}

static void a_list_can_be_left_with_one_click(void **state)
{
    char *m = mail_render(&c, &(const struct mail){ .to = "ann@example.org",
                                  .subject = "s",
                                  .text = "t",
                                  .message_id = "1@x",
                                  .list_id = "news.acme.example",
                                  .unsubscribe_url = "https://acme.example/unsubscribe/abc" });

    (void)state;
    assert_non_null(strstr(m, "\r\nList-Id: <news.acme.example>\r\n"));
    assert_non_null(strstr(m, "\r\nList-Unsubscribe: <https://acme.example/unsubscribe/abc>\r\n"));
    assert_non_null(strstr(m, "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_message_has_its_headers_and_crlf_lines, begin, end),
        cmocka_unit_test_setup_teardown(line_breaks_in_headers_become_spaces, begin, end),
        cmocka_unit_test_setup_teardown(a_message_id_or_recipient_cannot_add_a_header, begin, end),
        cmocka_unit_test_setup_teardown(subjects_in_other_scripts_are_encoded_words, begin, end),
        cmocka_unit_test_setup_teardown(long_subjects_fold_between_characters, begin, end),
        cmocka_unit_test_setup_teardown(a_name_is_encoded_and_its_address_is_not, begin, end),
        cmocka_unit_test_setup_teardown(html_comes_after_text_in_alternatives, begin, end),
        cmocka_unit_test_setup_teardown(
            quoted_printable_keeps_every_byte_and_short_lines, begin, end),
        cmocka_unit_test_setup_teardown(a_name_with_a_comma_is_one_sender, begin, end),
        cmocka_unit_test_setup_teardown(only_a_mailbox_between_brackets_is_a_sender, begin, end),
        cmocka_unit_test_setup_teardown(only_one_plain_mailbox_is_a_recipient, begin, end),
        cmocka_unit_test_setup_teardown(
            only_words_about_the_mailbox_condemn_an_address, begin, end),
        cmocka_unit_test_setup_teardown(a_list_can_be_left_with_one_click, begin, end),
        cmocka_unit_test_setup_teardown(
            sending_is_refused_in_a_transaction_and_to_nonsense, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
