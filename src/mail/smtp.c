/* Submission of one message to the SMTP server. */
#include "smtp.h"
#include "net/client.h"
#include "config/platform_settings.h"
#include "mime.h"
#include <ashlar/clock.h>
#include <ashlar/crypto.h>
#include <ashlar/limits.h>
#include <ashlar/log.h>
#include <ashlar/mail.h>
#include <ashlar/text.h>

enum {
    TIMEOUT_MS = 30000,
    DATE_SIZE = 40,
    COMMAND_SIZE = 5, /* a command's verb */
    ANSWER_SIZE = 201,
};

const struct error_kind MAIL_REFUSED = { "mail-refused", 422, "Message rejected by the mail server",
    "Check the email address. It does not exist or does not accept email. Sending again does not "
    "help." };
const struct error_kind MAIL_NO_MAILBOX = { "mail-no-mailbox", 422, "Email address does not exist",
    "Correct the email address. Further messages to it harm the sender's reputation." };
const struct error_kind MAIL_LATER = { "mail-later", 503, "Mail server temporarily unavailable",
    "Wait. The message is retried automatically." };

const struct error_kind MAIL_UNKNOWN = { "mail-unknown", 503, "Delivery to the mail server unknown",
    "Check whether it arrived. Sending it again may deliver it twice." };

const struct metric METRIC_MAILS = {
    .name = "ashlar_mails_total",
    .help = "Emails sent to the mail server by its response.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "sent|refused|later|unknown",
};

static const char *outcome_word(err e)
{
    if (e == NULL)
        return "sent";
    if (e == &MAIL_REFUSED || e == &MAIL_NO_MAILBOX)
        return "refused";
    return e == &MAIL_UNKNOWN ? "unknown" : "later";
}

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

/* Clients show the last part they support (RFC 2046 section 5.1.4): HTML after text. A random
 * boundary is unpredictable for the author of the text. */
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

/* Mail programs display their own button for it and send the POST without confirmation (RFC 8058
 * section 3.1). */
static void add_list(struct ctx *c, struct buf *b, const struct mail *m)
{
    if (m->list_id != NULL)
        mime_header(b, "List-Id", arena_printf(c->arena, "<%s>", m->list_id));
    if (m->unsubscribe_url == NULL)
        return;
    mime_header(b, "List-Unsubscribe", arena_printf(c->arena, "<%s>", m->unsubscribe_url));
    mime_header(b, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
}

static bool render(struct ctx *c, const struct mail *m, struct buf *b)
{
    char date[DATE_SIZE];

    format_date(date);
    buf_init(b, c->arena, LIMIT_MAIL);
    mime_sender(b, "From", setting_text(&ASHLAR_MAIL_FROM));
    mime_header(b, "To", m->to);
    mime_header(b, "Subject", m->subject);
    mime_header(b, "Date", date);
    mime_header(b, "Message-ID", arena_printf(c->arena, "<%s>", m->message_id));
    mime_header(b, "MIME-Version", "1.0");
    mime_header(b, "Auto-Submitted", "auto-generated"); /* RFC 3834: no out-of-office answers */
    add_list(c, b, m);
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
        log_error(c, "mail.size_exceeded", log_text("message_id", m->message_id));
    return b.data;
}

/* One SMTP session: unsent part of the message, last command and last response. */
struct talk {
    const char *at;
    size_t left;
    bool asked;  /* paused: the server is ready for the message, and `before` was not called yet */
    bool may_go; /* `before` returned NULL */
    char command[COMMAND_SIZE];
    char answer[ANSWER_SIZE];
    char detail[CURL_ERROR_SIZE]; /* libcurl's description of a failure */
    bool over;                    /* QUIT was sent: it and its response do not concern the
                                   * message */
};

/* libcurl calls it after the response 354 to DATA, and not before. */
static size_t give(char *to, size_t size, size_t n, void *arg)
{
    struct talk *t = arg;
    size_t take = size * n < t->left ? size * n : t->left;

    t->asked = !t->may_go;
    if (t->asked)
        return CURL_READFUNC_PAUSE;
    memcpy(to, t->at, take);
    t->at += take;
    t->left -= take;
    return take;
}

static void keep_line(char *to, size_t room, const char *line, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < size && n + 1 < room && line[i] >= ' ' && line[i] <= '~'; i++)
        to[n++] = line[i];
    to[n] = '\0';
}

/* Stores only the verb of commands, because one command contains the password. */
static int listen_in(CURL *h, curl_infotype type, char *line, size_t size, void *arg)
{
    struct talk *t = arg;

    (void)h;
    if (type == CURLINFO_HEADER_OUT && size >= 4 && memcmp(line, "QUIT", 4) == 0)
        t->over = true;
    if (t->over)
        return 0;
    if (type == CURLINFO_HEADER_OUT)
        keep_line(t->command, sizeof t->command, line, size);
    else if (type == CURLINFO_HEADER_IN)
        keep_line(t->answer, sizeof t->answer, line, size);
    return 0;
}

/* 5xx responses to the sign-in do not concern the message (RFC 4954 section 6). */
static bool is_sign_in_problem(CURLcode code, int64_t answer)
{
    return code == CURLE_LOGIN_DENIED || answer == 530 || answer == 534 || answer == 535 ||
           answer == 538;
}

/* Whether the recipient was rejected as a missing mailbox. Without an enhanced code (RFC 3463) a
 * rejected relay looks the same and would mark every address as invalid. Then the words decide. */
bool smtp_is_no_mailbox(const char *command, const char *answer)
{
    static const char no_mailbox_codes[] = "5.1.1|5.1.2|5.1.3|5.1.6|5.1.10|5.2.1";
    const char *rest = strlen(answer) > 4 ? answer + 4 : "";

    if (!text_starts_with(command, "RCPT"))
        return false;
    if (text_starts_with(rest, "5."))
        return text_is_one_of(no_mailbox_codes, rest, strcspn(rest, " "));
    return text_is_one_of("550|551|553", answer, strnlen(answer, 3)) &&
           strcasestr(rest, "relay") == NULL && strcasestr(rest, "polic") == NULL &&
           strcasestr(rest, "block") == NULL && strcasestr(rest, "spam") == NULL;
}

/* The server's last response decides, not the CURLcode: a rejected and a deferred recipient have
 * the same code. Without a response after the whole message, the result is unknown. */
static err verdict(CURLcode code, int64_t answer, const struct talk *t)
{
    if (code == CURLE_OK)
        return NULL;
    if (is_sign_in_problem(code, answer))
        return &MAIL_LATER;
    if (answer >= 500 && answer <= 599)
        return smtp_is_no_mailbox(t->command, t->answer) ? &MAIL_NO_MAILBOX : &MAIL_REFUSED;
    return t->left == 0 && (answer < 400 || answer > 499) ? &MAIL_UNKNOWN : &MAIL_LATER;
}

/* The three digits. 0: no response. */
static int64_t code_of(struct ctx *c, const char *answer)
{
    int64_t code;

    return text_to_int(arena_strndup(c->arena, answer, strnlen(answer, 3)), &code) ? code : 0;
}

/* If the server gave no reason, libcurl's description is kept. */
static err judge(struct ctx *c, CURLcode code, struct talk *t)
{
    const int64_t answer = code_of(c, t->answer);
    const err e = verdict(code, answer, t);
    const char *why = t->detail[0] != '\0' ? t->detail : curl_easy_strerror(code);

    if (e == NULL)
        return NULL;
    if (is_sign_in_problem(code, answer))
        log_error(c, "mail.sign_in_failed", log_int("answer", answer),
            log_text("repair", "check ASHLAR_SMTP_USER and ASHLAR_SMTP_PASSWORD"));
    log_warn(c, "mail.failed", log_text("outcome", outcome_word(e)), log_text("answer", t->answer),
        log_text("why", why));
    if (answer < 400)
        keep_line(t->answer, sizeof t->answer, why, strlen(why));
    return e;
}

static void set_server(CURL *h)
{
    const char *user = setting_text(&ASHLAR_SMTP_USER);
    const char *password = setting_text(&ASHLAR_SMTP_PASSWORD);
    const char *ca_file = setting_text(&ASHLAR_SMTP_CA_FILE);

    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(h, CURLOPT_URL, setting_text(&ASHLAR_SMTP_URL));
    /* Outside development a server without TLS receives nothing, not even the user name. */
    curl_easy_setopt(
        h, CURLOPT_USE_SSL, (long)(config_is_local() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (user != NULL)
        curl_easy_setopt(h, CURLOPT_USERNAME, user);
    if (password != NULL)
        curl_easy_setopt(h, CURLOPT_PASSWORD, password);
    if (ca_file != NULL)
        curl_easy_setopt(h, CURLOPT_CAINFO, ca_file);
}

static void set_talk(CURL *h, struct talk *t)
{
    curl_easy_setopt(h, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(h, CURLOPT_READDATA, t);
    curl_easy_setopt(h, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, listen_in);
    curl_easy_setopt(h, CURLOPT_DEBUGDATA, t);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, t->detail);
    curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
}

/* Runs the session up to the server's 354, calls `before`, and continues to the end. */
static err converse(
    struct ctx *c, struct client_transfer *way, const struct mail *m, struct talk *t)
{
    CURLcode code = client_go_on(way);

    if (code == CURLE_AGAIN) {
        if (m->before != NULL)
            TRY(m->before(c, m->arg));
        t->may_go = true;
        t->asked = false;
        curl_easy_pause(way->handle, CURLPAUSE_CONT);
        code = client_go_on(way);
    }
    return judge(c, code, t);
}

static err submit(struct ctx *c, CURL *h, const struct mail *m, struct talk *t)
{
    struct curl_slist *to = curl_slist_append(NULL, arena_printf(c->arena, "<%s>", m->to));
    struct client_transfer way;
    const char *from;
    size_t from_size;
    err e = &MAIL_LATER;

    if (to == NULL)
        return e;
    if (!mime_mailbox_of(setting_text(&ASHLAR_MAIL_FROM), &from, &from_size)) {
        log_error(c, "mail.sender_invalid", log_text("repair", "set ASHLAR_MAIL_FROM"));
        curl_slist_free_all(to);
        return e;
    }
    set_server(h);
    set_talk(h, t);
    curl_easy_setopt(h, CURLOPT_MAIL_FROM, arena_printf(c->arena, "<%.*s>", (int)from_size, from));
    curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
    if (client_open(&way, h, &t->asked))
        e = converse(c, &way, m, t);
    client_close(&way);
    curl_slist_free_all(to);
    return e;
}

bool mail_has_server(void)
{
    return setting_text(&ASHLAR_SMTP_URL) != NULL;
}

static err send_rendered(struct ctx *c, const struct mail *m, struct talk *t)
{
    int left_ms = ctx_left_ms(c);
    struct buf b;
    CURL *h;
    err e;

    if (!mail_has_server()) {
        log_error(c, "mail.server_missing", log_text("repair", "set ASHLAR_SMTP_URL"));
        return &MAIL_LATER;
    }
    if (!mime_is_mailbox(m->to) || !render(c, m, &b))
        return problem(
            c, &MAIL_REFUSED, NULL, "The address is not a mailbox, or the message is too long.");
    h = left_ms == 0 ? NULL : client_new(left_ms < TIMEOUT_MS ? left_ms : TIMEOUT_MS);
    if (h == NULL)
        return &MAIL_LATER;
    t->at = b.data;
    t->left = b.size;
    e = submit(c, h, m, t);
    curl_easy_cleanup(h);
    return e;
}

err mail_send(struct ctx *c, const struct mail *m, const char **answer)
{
    struct talk *t = arena_alloc(c->arena, sizeof *t);
    err e;

    if (c->in_transaction) {
        log_error(c, "mail.in_transaction_rejected", log_text("repair", "commit first: TX_MANUAL"));
        return &ERR_INTERNAL;
    }
    TRY(ctx_fits(c));
    e = send_rendered(c, m, t);
    metric_add(&METRIC_MAILS, outcome_word(e), 1);
    if (answer != NULL)
        *answer = t->answer;
    return e;
}
