/* The development mailbox as a page without scripts. */
#include "notifications_internal.h"

enum { PAGE_MAX = 4 * 1024 * 1024 };

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<title>Captured emails</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    "body{font:16px/1.5 sans-serif;max-width:760px;margin:32px auto;padding:0 16px;color:#1c1c1c}\n"
    "article{border:1px solid #ddd;border-radius:8px;padding:16px 24px;margin:24px 0}\n"
    "h2{font-size:18px;margin:0}pre{white-space:pre-wrap;overflow-wrap:anywhere}\n"
    ".meta{color:#5a5a5a;font-size:14px}\n"
    "iframe{width:100%;height:480px;border:1px solid #ddd;resize:both}\n"
    "</style></head>\n<body><h1>Captured emails</h1>\n"
    "<p>Nothing here left this machine. Newest first; "
    "<a href=\"?format=json\">as JSON</a>.</p>\n";

static size_t url_size(const char *at)
{
    if (!text_starts_with(at, "http://") && !text_starts_with(at, "https://"))
        return 0;
    return strcspn(at, " \t\r\n<>\"");
}

/* Plain text with clickable URLs. */
static void add_linked(struct buf *b, struct arena *a, const char *text)
{
    while (*text != '\0') {
        size_t size = url_size(text), plain = 0;

        if (size > 0) {
            const char *url = arena_strndup(a, text, size);
            buf_text(b, "<a href=\"");
            buf_html(b, url);
            buf_text(b, "\">");
            buf_html(b, url);
            buf_text(b, "</a>");
            text += size;
            continue;
        }
        while (text[plain] != '\0' && url_size(text + plain) == 0)
            plain++;
        buf_html(b, arena_strndup(a, text, plain));
        text += plain;
    }
}

static void add_mail(struct buf *b, struct arena *a, const struct notifications__mail *m)
{
    char at[INSTANT_TEXT_SIZE];

    instant_format(m->created_at, at);
    buf_text(b, "<article><h2>");
    buf_html(b, m->subject);
    buf_text(b, "</h2>\n<p class=\"meta\">to ");
    buf_html(b, m->to);
    buf_printf(b, ", %s</p>\n<pre>", at);
    add_linked(b, a, m->text);
    buf_text(b, "</pre>\n<iframe title=\"HTML version\" sandbox srcdoc=\"");
    buf_html(b, m->html);
    buf_text(b, "\"></iframe></article>\n");
}

struct content notifications__page(struct ctx *c, const struct notifications__mail_list *mails)
{
    struct buf b;

    buf_init(&b, c->arena, PAGE_MAX);
    buf_text(&b, head);
    if (mails->n_data == 0)
        buf_text(&b, "<p>No emails yet. Sign up, then reload this page.</p>\n");
    for (size_t i = 0; i < mails->n_data; i++)
        add_mail(&b, c->arena, &mails->data[i]);
    buf_text(&b, "</body></html>\n");
    return (struct content){ "text/html; charset=utf-8", b.data, b.size };
}
