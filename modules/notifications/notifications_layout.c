/* One layout for every mail, as text and as HTML. */
#include "notifications_internal.h"

/* Mail texts are a few hundred bytes; names in them are limited by their shapes. */
enum { BODY_MAX = 32 * 1024 };

/* NULL: longer than BODY_MAX. A cut email might lack its link. */
static const char *lay_out_text(
    struct ctx *c, const struct notifications_mail_text *l, const char *unsubscribe_url)
{
    struct buf b;

    buf_init(&b, c->arena, BODY_MAX);
    for (size_t i = 0; l->paragraphs[i] != NULL; i++)
        buf_printf(&b, "%s\n\n", l->paragraphs[i]);
    if (l->url != NULL)
        buf_printf(&b, "%s:\n%s\n\n", l->action, l->url);
    if (l->code != NULL)
        buf_printf(&b, "Or type this code:\n\n%s\n\n", l->code);
    buf_printf(&b, "-- \n%s\n%s\n", setting_text(&ASHLAR_PRODUCT_NAME), l->footer);
    if (unsubscribe_url != NULL)
        buf_printf(&b, "Unsubscribe from this kind of email: %s\n", unsubscribe_url);
    return buf_is_full(&b) ? NULL : b.data;
}

static void add_element(struct buf *b, const char *open, const char *text, const char *close)
{
    buf_text(b, open);
    buf_html(b, text);
    buf_text(b, close);
}

static void add_action(struct buf *b, const struct notifications_mail_text *l)
{
    buf_text(b, "<p style=\"margin:24px 0\"><a href=\"");
    buf_html(b, l->url);
    add_element(b,
        "\" style=\"background:#1f4b99;color:#ffffff;padding:12px 20px;border-radius:6px;"
        "text-decoration:none;display:inline-block\">",
        l->action, "</a></p>\n");
    add_element(b,
        "<p style=\"font-size:13px;color:#5a5a5a;overflow-wrap:anywhere;word-break:break-word\">If "
        "the button does not work, open this URL:<br>",
        l->url, "</p>\n");
}

static const char *lay_out_html(
    struct ctx *c, const struct notifications_mail_text *l, const char *unsubscribe_url)
{
    struct buf b;

    buf_init(&b, c->arena, BODY_MAX);
    add_element(&b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>",
        l->subject, "</title></head>\n");
    buf_text(&b, "<body style=\"margin:0;padding:24px;background:#f4f4f2\">\n"
                 "<div style=\"max-width:520px;margin:0 auto;padding:32px;background:#ffffff;"
                 "border-radius:8px;font:16px/1.5 sans-serif;color:#1c1c1c;overflow-wrap:anywhere;"
                 "word-break:break-word\">\n");
    for (size_t i = 0; l->paragraphs[i] != NULL; i++)
        add_element(&b, "<p>", l->paragraphs[i], "</p>\n");
    if (l->url != NULL)
        add_action(&b, l);
    if (l->code != NULL)
        add_element(&b,
            "<p>Or type this code:</p>\n"
            "<p style=\"font:bold 24px monospace;letter-spacing:4px\">",
            l->code, "</p>\n");
    add_element(&b,
        "<hr style=\"border:0;border-top:1px solid #dddddd\">\n"
        "<p style=\"font-size:13px;color:#5a5a5a\">",
        setting_text(&ASHLAR_PRODUCT_NAME), "<br>");
    add_element(&b, "", l->footer, "");
    if (unsubscribe_url != NULL)
        add_element(&b, "<br><a style=\"color:#5a5a5a\" href=\"", unsubscribe_url,
            "\">Unsubscribe from this kind of email</a>");
    buf_text(&b, "</p>\n</div></body></html>\n");
    return buf_is_full(&b) ? NULL : b.data;
}

err notifications__lay_out(
    struct ctx *c, const struct notifications_mail_text *mail_text, struct notifications__body *out)
{
    const struct notifications__body body = {
        .text = lay_out_text(c, mail_text, out->unsubscribe_url),
        .html = lay_out_html(c, mail_text, out->unsubscribe_url),
        .unsubscribe_url = out->unsubscribe_url,
    };

    if (body.text == NULL || body.html == NULL) {
        log_error(c, "notifications.mail_size_exceeded", log_text("template", mail_text->template),
            log_int("most_bytes", BODY_MAX));
        return &ERR_INTERNAL;
    }
    *out = body;
    return NULL;
}
