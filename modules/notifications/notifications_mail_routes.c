/* HTTP surface of captured emails. Rules are in the service. */
#include "notifications_internal.h"

struct mailbox_in {
    const char *format;
    const char *to;
};
static const struct field mailbox_in_fields[] = {
    TEXT(mailbox_in, format, .in = QUERY, .one_of = "html|json", .fallback = "html",
        .optional = true, .doc = "Format of the response"),
    TEXT(mailbox_in, to, .in = QUERY, .format = EMAIL, .optional = true,
        .doc = "Recipient of the emails. Default: all recipients."),
};
static SHAPE(mailbox_in);

HANDLER(read_dev_mail, mailbox_in, content)
{
    struct notifications__mail_list mails;
    struct buf json;

    TRY(notifications__mailbox(c, in->to, &mails));
    if (!text_equal(in->format, "json")) {
        *out = notifications__page(c, &mails);
        return NULL;
    }
    buf_init(&json, c->arena, LIMIT_REPLY);
    shape_render(&json, notifications__mail_list, &mails);
    *out = (struct content){ "application/json", json.data, json.size };
    return NULL;
}

struct smoke_in {
    const char *to;
};
static const struct field smoke_in_fields[] = {
    TEXT(smoke_in, to, .in = QUERY, .format = EMAIL, .doc = "Recipient of the emails"),
};
static SHAPE(smoke_in);

HANDLER(read_smoke_mail, smoke_in, notifications__mail_list)
{
    return notifications__smoke_mailbox(c, in->to, out);
}

const struct route notifications__mail_routes[] = {
    {
        .method = GET,
        .path = "/dev/mail",
        .id = "readDevMail",
        .summary = "List captured emails",
        .doc = "The newest email is first.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_SYSTEM,
        .rate = RATE_NONE,
        .status = 200,
        .errors = NO_ERRORS,
        .only_in = ENV_LOCAL,
        .hidden = true,
        .handler = BY(read_dev_mail),
    },
    {
        .method = GET,
        .path = "/smoke/mail",
        .id = "readSmokeMail",
        .summary = "List emails captured for smoke tests",
        .doc = "The newest email is first.",
        .auth = AUTH_TOKEN,
        .token = &ASHLAR_SMOKE_TOKEN,
        .scope = SCOPE_SYSTEM,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .only_in = ENV_LOCAL | ENV_STAGING,
        .hidden = true,
        .handler = BY(read_smoke_mail),
    },
    { .id = NULL },
};
