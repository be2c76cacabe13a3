/* Queries of emails, one function each, and the encryption of their bodies. No rules here. */
#include "notifications_internal.h"
#include "notifications_sql.h"

#define SEAL_PURPOSE "notifications.mail"

enum { BODY_JSON_MAX = 128 * 1024, BODY_TEXT_MAX = 64 * 1024 };

static const struct field notifications__row_fields[] = {
    ID(notifications__row, id, "mail"),
    TEXT(notifications__row, to_address),
    TEXT(notifications__row, template),
    TEXT(notifications__row, subject),
    TEXT(notifications__row, sealed_body, .optional = true, .secret = true),
    TEXT(notifications__row, state),
    TIME(notifications__row, created_at),
    ID(notifications__row, person_id, "person", .optional = true),
    ID(notifications__row, item_id, "notification", .optional = true),
    TEXT(notifications__row, kind, .optional = true),
    BOOL(notifications__row, mandatory),
    BOOL(notifications__row, resend),
    INT(notifications__row, attempts),
    BOOL(notifications__row, held),
};
static SHAPE(notifications__row);

static const struct field notifications__mail_fields[] = {
    ID(notifications__mail, id, "mail", .doc = "Id of the email"),
    TEXT(notifications__mail, to, .doc = "Email address of the recipient"),
    TEXT(notifications__mail, subject, .doc = "Subject of the email"),
    TEXT(notifications__mail, text, .max = BODY_TEXT_MAX, .doc = "Body of the email as text"),
    TEXT(notifications__mail, html, .max = BODY_TEXT_MAX, .doc = "Body of the email as HTML"),
    TIME(notifications__mail, created_at, .doc = "Time at which the email was queued"),
};
static SHAPE(notifications__mail);
LIST_SHAPE(notifications__mail);

static const struct field notifications__body_fields[] = {
    TEXT(notifications__body, text, .max = BODY_TEXT_MAX),
    TEXT(notifications__body, html, .max = BODY_TEXT_MAX),
    TEXT(notifications__body, unsubscribe_url, .optional = true),
};
static SHAPE(notifications__body);

/* Bound to its row: a body copied to another row cannot be decrypted. */
static const char *seal_body(struct ctx *c, struct uuid id, const struct notifications__body *body)
{
    struct buf json;
    struct bytes sealed;

    buf_init(&json, c->arena, BODY_JSON_MAX);
    shape_render(&json, notifications__body, body);
    sealed = seal(c->arena, SEAL_PURPOSE, typeid_text(c->arena, "mail", id),
        (struct bytes){ json.data, json.size });
    return base64url_from_bytes(c->arena, sealed.data, sealed.size);
}

bool notifications__open_body(
    struct ctx *c, const struct notifications__row *row, struct notifications__body *out)
{
    struct bytes sealed, json;

    if (row->sealed_body == NULL)
        return false;
    if (!base64url_to_bytes(c->arena, row->sealed_body, strlen(row->sealed_body), &sealed))
        return false;
    if (!unseal(c->arena, SEAL_PURPOSE, typeid_text(c->arena, "mail", row->id), sealed, &json))
        return false;
    return shape_parse(c, notifications__body, json.data, json.size, out) == NULL;
}

err notifications__insert_mail(struct ctx *c, const struct notifications__new_mail *mail)
{
    const struct notifications_mail_text *mail_text = mail->mail_text;
    const struct notifications_kind *kind = mail->kind;

    return db_exec(c, &SQL_insert_mail,
        ARGS(ARG(mail->id), ARG(mail_text->to), ARG(mail_text->template), ARG(mail_text->subject),
            ARG(seal_body(c, mail->id, mail->body)), ARG(mail->person), ARG(mail->item),
            ARG(kind != NULL ? kind->name : NULL),
            ARG((bool)(kind == NULL || notifications__is_mandatory(kind))),
            ARG(mail_text->resend_when_unknown), ARG(mail->about)));
}

err notifications__adopt_mails(struct ctx *c, const char *address, struct uuid person)
{
    return db_exec(c, &SQL_adopt_mails, ARGS(ARG(address), ARG(person)));
}

err notifications__count_recent_mails(
    struct ctx *c, const struct notifications_mail_text *mail_text, int64_t *n)
{
    return db_int(
        c, &SQL_count_recent_mails, n, ARGS(ARG(mail_text->to), ARG(mail_text->template)));
}

err notifications__purge_org(struct ctx *c)
{
    return db_exec(c, &SQL_drop_held_mails, NO_ARGS);
}

err notifications__hold_org(struct ctx *c, bool held)
{
    if (held)
        return db_exec(c, &SQL_hold_org, ARGS(ARG(c->org)));
    TRY(db_exec(c, &SQL_renew_held_mails, ARGS(ARG(c->org))));
    return db_exec(c, &SQL_let_org_go, ARGS(ARG(c->org)));
}

err notifications__lock_mail(
    struct ctx *c, struct uuid id, struct notifications__row *out, bool *found)
{
    return db_maybe(c, &SQL_lock_mail, notifications__row, out, found, ARGS(ARG(id)));
}

err notifications__begin_transmission(struct ctx *c, struct uuid id, int64_t attempts, bool *begun)
{
    int64_t n;

    TRY(db_exec_count(c, &SQL_begin_transmission, &n, ARGS(ARG(id), ARG(attempts))));
    *begun = n == 1;
    return NULL;
}

err notifications__settle_mail(struct ctx *c, struct uuid id, const char *state, const char *why)
{
    return db_exec(c, &SQL_settle_mail, ARGS(ARG(id), ARG(state), ARG(why)));
}

err notifications__note_delivery(
    struct ctx *c, const struct notifications__row *row, const char *state, const char *why)
{
    return db_exec(
        c, &SQL_note_delivery, ARGS(ARG(row->id), ARG(state), ARG(why), ARG(row->attempts)));
}

err notifications__is_item_read(struct ctx *c, struct uuid person, struct uuid item, bool *out)
{
    return db_bool(c, &SQL_is_item_read, out, ARGS(ARG(person), ARG(item)));
}

/* --- Suppressed addresses --- */

struct suppression {
    const char *answer;
};
static const struct field suppression_fields[] = {
    TEXT(suppression, answer, .max = 500, .empty = true),
};
static SHAPE(suppression);

err notifications__find_suppression(struct ctx *c, const char *address, const char **answer)
{
    struct suppression row;
    bool found;

    TRY(db_maybe(c, &SQL_find_suppression, suppression, &row, &found, ARGS(ARG(address))));
    *answer = found ? row.answer : NULL;
    return NULL;
}

err notifications__suppress(struct ctx *c, const char *address, const char *answer, int days)
{
    return db_exec(c, &SQL_suppress, ARGS(ARG(address), ARG(answer), ARG(days)));
}

err notifications__lift_suppression(struct ctx *c, const char *address)
{
    return db_exec(c, &SQL_lift_suppression, ARGS(ARG(address)));
}

static const struct field notifications__open_mails_fields[] = {
    INT(notifications__open_mails, queued),
    INT(notifications__open_mails, transmitting),
    INT(notifications__open_mails, unknown),
    INT(notifications__open_mails, failed),
    INT(notifications__open_mails, oldest_s),
};
static SHAPE(notifications__open_mails);

err notifications__count_open_mails(struct ctx *c, struct notifications__open_mails *out)
{
    return db_one(c, &SQL_count_open_mails, notifications__open_mails, out, NO_ARGS);
}

static const struct field notifications__mail_trace_fields[] = {
    ID(notifications__mail_trace, id, "mail", .doc = "Id of the email"),
    TEXT(notifications__mail_trace, to_address, .doc = "Email address of the recipient"),
    TEXT(notifications__mail_trace, template, .doc = "Template of the email",
        .example = "auth.verify_email"),
    TEXT(notifications__mail_trace, state, .doc = "State of the email", .example = "sent"),
    INT(notifications__mail_trace, attempts, .doc = "Number of delivery attempts"),
    TEXT(notifications__mail_trace, why, .optional = true, .doc = "Response of the mail server"),
    TIME(notifications__mail_trace, created_at, .doc = "Time at which the email was queued"),
};
SHAPE(notifications__mail_trace);

err notifications__list_mails(struct ctx *c, const char *state, const char *to,
    const struct notifications__mail_trace **out, size_t *n)
{
    return db_list(
        c, &SQL_list_mails, notifications__mail_trace, out, n, ARGS(ARG(state), ARG(to)));
}

struct requeued {
    struct uuid org_id;
};
static const struct field requeued_fields[] = { ID(requeued, org_id, "org", .optional = true) };
static SHAPE(requeued);

err notifications__requeue_mail(struct ctx *c, struct uuid id, struct uuid *org)
{
    struct requeued row;

    TRY(db_one(c, &SQL_requeue_mail, requeued, &row, ARGS(ARG(id))));
    *org = row.org_id;
    return NULL;
}

err notifications__settle_abandoned_mails(struct ctx *c, int64_t *n)
{
    return db_exec_count(c, &SQL_settle_abandoned_mails, n, NO_ARGS);
}

err notifications__delete_old_suppressions(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_old_suppressions, gone, ARGS(ARG(most)));
}

err notifications__list_caught(
    struct ctx *c, const char *to, const struct notifications__row **rows, size_t *n)
{
    bool more; /* not read: the newest ones are enough */

    return db_some(c, &SQL_list_caught, notifications__row, rows, n, &more, ARGS(ARG(to)));
}

err notifications__forget_person(struct ctx *c, const char *address)
{
    return db_exec(c, &SQL_forget_person, ARGS(ARG(address)));
}

err notifications__delete_old_mails(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_old_mails, gone, ARGS(ARG(most)));
}
