/* mail_send and mail_render: one message to the submission server. Knows no template. */
#include "smtp.h"
#include "client.h"
#include "config/platform_settings.h"
#include "mime.h"
#include <ashlar/clock.h>
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/mail.h>
#include <ashlar/text.h>

enum { TIMEOUT_MS = 30000, MESSAGE_MAX = 4 * 1024 * 1024, DATE_SIZE = 40 };

const struct error_kind MAIL_REFUSED = { "mail-refused", 422,
    "The mail server refuses this message",
    "The address does not exist or does not take mail; sending again will not help." };
const struct error_kind MAIL_LATER = { "mail-later", 503,
    "The mail server cannot take the message now", "It is sent again by itself." };

const struct metric METRIC_MAILS = {
    .name = "ashlar_mails_total",
    .help = "Mails handed to the submission server, by its answer",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "sent|refused|later",
};

/* RFC 5322 section 3.3, always in UTC; the names are English whatever the locale. */
static void format_date(char *out)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t s = (time_t)(clock_now().us / 1000000);
    struct tm t;

    gmtime_r(&s, &t);
    snprintf(out, DATE_SIZE, "%.3s, %d %.3s %d %02d:%02d:%02d +0000", days + 3 * t.tm_wday,
        t.tm_mday, months + 3 * t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void add_part(struct buf *b, const char *type, const char *text)
{
    buf_printf(b,
        "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        type);
    mime_quoted_printable(b, text);
}

/* Clients show the last part they understand (RFC 2046 section 5.1.4): HTML after text. A random
 * boundary cannot be foreseen by whoever wrote the text. */
static void add_alternatives(struct ctx *c, struct buf *b, const struct mail *m)
{
    uint8_t random[16];
    const char *boundary;

    random_bytes(random, sizeof random);
    boundary = hex_from_bytes(c->arena, random, sizeof random);
    buf_printf(b, "Content-Type: multipart/alternative; boundary=\"=_%s\"\r\n\r\n--=_%s\r\n",
        boundary, boundary);
    add_part(b, "text/plain", m->text);
    buf_printf(b, "\r\n--=_%s\r\n", boundary);
    add_part(b, "text/html", m->html);
    buf_printf(b, "\r\n--=_%s--\r\n", boundary);
}

static bool render(struct ctx *c, const struct mail *m, struct buf *b)
{
    char date[DATE_SIZE];

    format_date(date);
    buf_init(b, c->arena, MESSAGE_MAX);
    mime_header(b, "From", setting_text(&ASHLAR_MAIL_FROM));
    mime_header(b, "To", m->to);
    mime_header(b, "Subject", m->subject);
    mime_header(b, "Date", date);
    mime_header(b, "Message-ID", arena_printf(c->arena, "<%s>", m->message_id));
    mime_header(b, "MIME-Version", "1.0");
    mime_header(b, "Auto-Submitted", "auto-generated"); /* RFC 3834: no out-of-office answers */
    if (m->html != NULL)
        add_alternatives(c, b, m);
    else
        add_part(b, "text/plain", m->text);
    return !buf_is_full(b);
}

char *mail_render(struct ctx *c, const struct mail *m)
{
    struct buf b;

    if (!render(c, m, &b))
        log_error(c, "mail.too_long", log_text("message_id", m->message_id));
    return b.data;
}

struct reading {
    const char *at;
    size_t left;
};

static size_t give(char *to, size_t size, size_t n, void *arg)
{
    struct reading *r = arg;
    size_t take = size * n < r->left ? size * n : r->left;

    memcpy(to, r->at, take);
    r->at += take;
    r->left -= take;
    return take;
}

/* 5xx answers to our own sign-in say nothing about the message (RFC 4954 section 6). */
static bool is_sign_in_problem(CURLcode code, long answer)
{
    return code == CURLE_LOGIN_DENIED || answer == 530 || answer == 534 || answer == 535 ||
           answer == 538;
}

/* By the server's last answer, not by the CURLcode: a refused and a deferred recipient give the
 * same code. */
static err judge(struct ctx *c, CURL *h, CURLcode code, const char *detail)
{
    long answer = 0;
    err e = &MAIL_LATER;

    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &answer);
    if (code == CURLE_OK)
        return NULL;
    if (is_sign_in_problem(code, answer))
        log_error(c, "mail.sign_in_failed", log_int("answer", answer),
            log_text("repair", "check ASHLAR_SMTP_USER and ASHLAR_SMTP_PASSWORD"));
    else if (answer >= 500 && answer <= 599)
        e = &MAIL_REFUSED;
    log_warn(c, "mail.failed", log_text("outcome", e == &MAIL_REFUSED ? "refused" : "later"),
        log_int("answer", answer), log_text("why", detail[0] ? detail : curl_easy_strerror(code)));
    return e;
}

static void set_server(CURL *h)
{
    const char *user = setting_text(&ASHLAR_SMTP_USER);
    const char *password = setting_text(&ASHLAR_SMTP_PASSWORD);
    const char *ca_file = setting_text(&ASHLAR_SMTP_CA_FILE);

    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(h, CURLOPT_URL, setting_text(&ASHLAR_SMTP_URL));
    /* Outside development a server without TLS gets nothing, not even the user name. */
    curl_easy_setopt(
        h, CURLOPT_USE_SSL, (long)(config_is_local() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (user != NULL)
        curl_easy_setopt(h, CURLOPT_USERNAME, user);
    if (password != NULL)
        curl_easy_setopt(h, CURLOPT_PASSWORD, password);
    if (ca_file != NULL)
        curl_easy_setopt(h, CURLOPT_CAINFO, ca_file);
}

static err submit(struct ctx *c, CURL *h, const struct mail *m, struct reading *message)
{
    char detail[CURL_ERROR_SIZE] = "";
    struct curl_slist *to = curl_slist_append(NULL, arena_printf(c->arena, "<%s>", m->to));
    const char *from;
    size_t from_size;
    CURLcode code;
    err e;

    if (to == NULL)
        return &MAIL_LATER;
    if (!mime_mailbox_of(setting_text(&ASHLAR_MAIL_FROM), &from, &from_size)) {
        log_error(c, "mail.sender_not_a_mailbox", log_text("repair", "set ASHLAR_MAIL_FROM"));
        curl_slist_free_all(to);
        return &MAIL_LATER;
    }
    set_server(h);
    curl_easy_setopt(h, CURLOPT_MAIL_FROM, arena_printf(c->arena, "<%.*s>", (int)from_size, from));
    curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(h, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(h, CURLOPT_READDATA, message);
    curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, detail);
    code = client_perform(h);
    e = judge(c, h, code, detail);
    curl_slist_free_all(to);
    return e;
}

bool mail_has_server(void)
{
    return setting_text(&ASHLAR_SMTP_URL) != NULL;
}

static err send_rendered(struct ctx *c, const struct mail *m)
{
    int left_ms = ctx_left_ms(c);
    struct buf b;
    CURL *h;
    err e;

    if (!mail_has_server()) {
        log_error(c, "mail.no_server", log_text("repair", "set ASHLAR_SMTP_URL"));
        return &MAIL_LATER;
    }
    if (!mime_is_mailbox(m->to) || !render(c, m, &b))
        return problem(c, &MAIL_REFUSED, NULL, "This is no mailbox, or the message is too long.");
    h = left_ms == 0 ? NULL : client_new(left_ms < TIMEOUT_MS ? left_ms : TIMEOUT_MS);
    if (h == NULL)
        return &MAIL_LATER;
    e = submit(c, h, m, &(struct reading){ b.data, b.size });
    curl_easy_cleanup(h);
    return e;
}

err mail_send(struct ctx *c, const struct mail *m)
{
    err e;

    if (c->in_transaction) {
        log_error(c, "mail.in_transaction", log_text("repair", "commit first: TX_MANUAL"));
        return &ERR_INTERNAL;
    }
    e = send_rendered(c, m);
    metric_add(&METRIC_MAILS, e == NULL ? "sent" : e == &MAIL_REFUSED ? "refused" : "later", 1);
    return e;
}
