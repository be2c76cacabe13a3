/* HTTP surface of unsubscription. */
#include "notifications_internal.h"

enum { PAGE_MAX = 16 * 1024 };

struct link_in {
    const char *token;
};
static const struct field link_in_fields[] = {
    TEXT(link_in, token, .in = PATH, .format = TOKEN, .max = 400,
        .doc = "Token of the emailed link"),
};
static SHAPE(link_in);

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Mail "
    "settings</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n<style>\n"
    "body{font:16px/1.5 sans-serif;max-width:520px;margin:48px auto;padding:0 16px;color:#1c1c1c}\n"
    "button{font:inherit;background:#1f4b99;color:#fff;border:0;border-radius:6px;padding:12px "
    "20px}"
    "\n</style></head>\n<body>";

static struct content page(struct ctx *c, const char *before, const char *title, const char *after)
{
    struct buf b;

    buf_init(&b, c->arena, PAGE_MAX);
    buf_text(&b, head);
    buf_printf(&b, "<h1>");
    buf_html(&b, setting_text(&ASHLAR_PRODUCT_NAME));
    buf_printf(&b, "</h1>\n<p>%s <b>", before);
    buf_html(&b, title);
    buf_printf(&b, "</b>%s</body></html>\n", after);
    return (struct content){ "text/html; charset=utf-8", b.data, b.size };
}

/* Changes nothing: mail scanners open every link. */
HANDLER(show_unsubscribe, link_in, content)
{
    const struct notifications_kind *kind;

    TRY(notifications__read_unsubscribe(c, in->token, &kind));
    *out = page(c, "Unsubscribe from emails about", kind->title,
        "?</p>\n<form method=\"post\"><button>Unsubscribe</button></form>\n");
    return NULL;
}

HANDLER(unsubscribe, link_in, content)
{
    const struct notifications_kind *kind;

    TRY(notifications__unsubscribe(c, in->token, &kind));
    *out = page(c, "You are unsubscribed from emails about", kind->title,
        ". To subscribe again, change your notification preferences.</p>\n");
    return NULL;
}

const struct route notifications__unsubscribe_routes[] = {
    {
        .method = GET,
        .path = "/unsubscribe/{token}",
        .id = "showUnsubscribe",
        .summary = "Show the unsubscribe page",
        .doc = "It is opened by the unsubscribe link of an email. It changes nothing.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .hidden = true,
        .handler = BY(show_unsubscribe),
    },
    {
        .method = POST,
        .path = "/unsubscribe/{token}",
        .id = "unsubscribe",
        .summary = "Unsubscribe from emails of one kind",
        .doc = "One-click unsubscribe (RFC 8058).",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .any_origin = true, /* the link alone authorises, also from the page of a mail program */
        .rate = RATE_READ,  /* mail providers post for many people from few addresses */
        .idempotency = KEY_IGNORED,
        .status = 200,
        .errors = NO_ERRORS,
        .hidden = true,
        .handler = BY(unsubscribe),
    },
    { .id = NULL },
};
